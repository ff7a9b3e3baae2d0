import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel
from pymongo import ASCENDING, DESCENDING, AsyncMongoClient, ReturnDocument
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import DuplicateKeyError

type Orders = AsyncCollection[dict[str, Any]]

WITHOUT_ID = {"_id": False}


class Order(BaseModel):
    number: str
    customer: str
    cents: int  # no Decimal: the driver refuses it
    placed_at: datetime
    status: Literal["open", "paid"] = "open"


@asynccontextmanager
async def open_orders() -> AsyncIterator[Orders]:
    async with AsyncMongoClient[dict[str, Any]](
        os.environ["MONGODB_URL"],
        tz_aware=True,  # or datetimes come back without their zone
        timeoutMS=3_000,  # for each operation: finding a server, waiting, retries
    ) as client:
        orders = client.get_default_database()["orders"]
        await orders.create_index("number", unique=True)
        await orders.create_index([("customer", ASCENDING), ("placed_at", DESCENDING)])
        yield orders


async def place(orders: Orders, order: Order) -> bool:
    try:
        await orders.insert_one(order.model_dump())
    except DuplicateKeyError:
        return False  # the same order, sent twice
    return True


async def pay(orders: Orders, number: str) -> Order | None:
    # Condition and change in one step: of two payments at once only one finds it open.
    document = await orders.find_one_and_update(
        {"number": number, "status": "open"},
        {"$set": {"status": "paid"}},
        projection=WITHOUT_ID,
        return_document=ReturnDocument.AFTER,
    )
    return None if document is None else Order.model_validate(document)


async def newest_orders(orders: Orders, customer: str, limit: int = 50) -> list[Order]:
    cursor = orders.find({"customer": customer}, WITHOUT_ID).sort("placed_at", DESCENDING)
    return [Order.model_validate(document) async for document in cursor.limit(limit)]
