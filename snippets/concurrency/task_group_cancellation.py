import asyncio
from contextlib import AsyncExitStack
from typing import NamedTuple, Protocol


class Stock(Protocol):
    async def reserve(self, sku: str) -> str: ...
    async def release(self, reservation: str) -> None: ...


class Bank(Protocol):
    async def authorise(self, card: str, cents: int) -> str: ...
    async def void(self, payment: str) -> None: ...


class Order(NamedTuple):
    reservation: str
    payment: str


async def place_order(stock: Stock, bank: Bank, sku: str, card: str, cents: int) -> Order:
    async with AsyncExitStack() as undo:

        async def reserve() -> str:
            reservation = await stock.reserve(sku)
            undo.push_async_callback(stock.release, reservation)
            return reservation

        async def authorise() -> str:
            payment = await bank.authorise(card, cents)
            undo.push_async_callback(bank.void, payment)
            return payment

        async with asyncio.TaskGroup() as group:  # the first failure cancels the other task
            reservation = group.create_task(reserve())
            payment = group.create_task(authorise())

        undo.pop_all()  # both succeeded, and nothing is undone
    return Order(reservation.result(), payment.result())
