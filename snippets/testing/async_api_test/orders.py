import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, TypedDict

import anyio
from anyio.abc import TaskGroup
from anyio.lowlevel import checkpoint
from fastapi import FastAPI, HTTPException, Request
from pydantic import BaseModel, Field

log = logging.getLogger(__name__)


class Order(BaseModel):
    sku: str
    quantity: Annotated[int, Field(ge=1)]


class State(TypedDict):
    stock: dict[str, int]
    lock: anyio.Lock
    tasks: TaskGroup


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[State]:
    async with anyio.create_task_group() as tasks:  # its end waits for receipts under way
        yield {"stock": {"tea": 3}, "lock": anyio.Lock(), "tasks": tasks}


app = FastAPI(lifespan=lifespan)


async def mail_receipt(order: Order) -> None:
    await checkpoint()  # the mail server
    log.info("receipt for %d %s", order.quantity, order.sku)


@app.post("/orders", status_code=201)
async def place_order(order: Order, request: Request) -> dict[str, int]:
    shop = request.state
    async with shop.lock:  # other requests run while the payment is awaited
        left: int = shop.stock.get(order.sku, 0) - order.quantity
        if left < 0:
            raise HTTPException(409, "Out of stock")
        await checkpoint()  # the payment
        shop.stock[order.sku] = left
    shop.tasks.start_soon(mail_receipt, order)
    return {"left": left}
