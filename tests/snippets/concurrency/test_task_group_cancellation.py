"""One failure cancels the task that still runs, and undoes the one that has already succeeded."""

import asyncio
from collections.abc import Callable, Coroutine
from types import ModuleType
from typing import Any

import pytest


class OutOfStockError(Exception):
    pass


class CardRefusedError(Exception):
    pass


class Shop:
    """The stock and the bank: each call waits until told, and is kept."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.may_reserve = asyncio.Event()
        self.may_authorise = asyncio.Event()
        self.may_undo = asyncio.Event()
        self.may_undo.set()
        self.stock_error: Exception | None = None
        self.bank_error: Exception | None = None

    async def reserve(self, sku: str) -> str:
        await self.call(f"reserve {sku}", self.may_reserve, self.stock_error)
        return "R1"

    async def release(self, reservation: str) -> None:
        await self.call(f"release {reservation}", self.may_undo)

    async def authorise(self, card: str, cents: int) -> str:
        await self.call(f"authorise {card} {cents}", self.may_authorise, self.bank_error)
        return "P1"

    async def void(self, payment: str) -> None:
        await self.call(f"void {payment}", self.may_undo)

    async def call(self, what: str, may: asyncio.Event, error: Exception | None = None) -> None:
        self.log.append(f"{what}?")
        try:
            await may.wait()
        except asyncio.CancelledError:
            self.log.append(f"{what} cancelled")
            raise
        if error is not None:
            raise error
        self.log.append(what)


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async def limited() -> None:
        async with asyncio.timeout(5):
            await test()

    asyncio.run(limited())


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def placing(snippet: ModuleType, shop: Shop) -> asyncio.Task[Any]:
    return asyncio.ensure_future(snippet.place_order(shop, shop, "tea", "4111", 950))


def test_both_run_at_once_and_nothing_is_undone(snippet: ModuleType) -> None:
    async def test() -> None:
        shop = Shop()
        order = placing(snippet, shop)
        await settle()
        assert shop.log == ["reserve tea?", "authorise 4111 950?"]
        shop.may_authorise.set()
        shop.may_reserve.set()
        assert await order == ("R1", "P1")
        assert (order.result().reservation, order.result().payment) == ("R1", "P1")
        assert len(shop.log) == 4

    run(test)


def test_failure_cancels_the_task_that_still_runs(snippet: ModuleType) -> None:
    async def test() -> None:
        shop = Shop()
        shop.stock_error = OutOfStockError("tea")
        shop.may_reserve.set()
        with pytest.raises(ExceptionGroup) as failed:
            await placing(snippet, shop)
        assert failed.value.exceptions == (shop.stock_error,)
        assert shop.log[2:] == ["authorise 4111 950 cancelled"]

    run(test)


@pytest.mark.parametrize("failing", ["stock", "bank"])
def test_failure_undoes_the_task_that_has_succeeded(snippet: ModuleType, failing: str) -> None:
    async def test() -> None:
        shop = Shop()
        if failing == "bank":
            shop.bank_error = CardRefusedError()
            first, second, undone = shop.may_reserve, shop.may_authorise, "release R1"
        else:
            shop.stock_error = OutOfStockError()
            first, second, undone = shop.may_authorise, shop.may_reserve, "void P1"
        order = placing(snippet, shop)
        await settle()
        first.set()
        await settle()
        second.set()
        with pytest.raises(ExceptionGroup) as failed:
            await order
        assert [type(error) for error in failed.value.exceptions] == [
            CardRefusedError if failing == "bank" else OutOfStockError
        ]
        assert shop.log[3:] == [f"{undone}?", undone]

    run(test)


def test_plain_except_does_not_catch_what_leaves_the_group(snippet: ModuleType) -> None:
    async def test() -> None:
        shop = Shop()
        shop.stock_error = OutOfStockError()
        shop.may_reserve.set()
        caught = ""
        try:
            try:
                await placing(snippet, shop)
            except OutOfStockError:
                caught = "plain"
        except* OutOfStockError:
            caught = "star"
        assert caught == "star"

    run(test)


def test_cancelled_caller_cancels_both_and_undoes_what_was_done(snippet: ModuleType) -> None:
    async def test() -> None:
        shop = Shop()
        order = placing(snippet, shop)
        await settle()
        shop.may_reserve.set()
        await settle()
        order.cancel()
        with pytest.raises(asyncio.CancelledError):
            await order
        assert shop.log[3:] == ["authorise 4111 950 cancelled", "release R1?", "release R1"]

    run(test)


def test_second_cancellation_interrupts_the_undoing(snippet: ModuleType) -> None:
    async def test() -> None:
        shop = Shop()
        shop.may_undo.clear()
        order = placing(snippet, shop)
        await settle()
        shop.may_reserve.set()
        await settle()
        order.cancel()
        await settle()
        assert shop.log[-1] == "release R1?"
        order.cancel()
        with pytest.raises(asyncio.CancelledError):
            await order
        assert shop.log[-1] == "release R1 cancelled"

    run(test)
