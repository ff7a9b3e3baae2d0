import asyncio
import os
from collections.abc import Collection
from decimal import Decimal

import aiohttp

type Failure = aiohttp.ClientError | TimeoutError


def open_session() -> aiohttp.ClientSession:  # once per process, inside the running loop
    return aiohttp.ClientSession(
        os.environ["PRICES_URL"],
        timeout=aiohttp.ClientTimeout(total=5, sock_connect=1),
        connector=aiohttp.TCPConnector(limit_per_host=20),
        raise_for_status=True,
    )


async def fetch_price(session: aiohttp.ClientSession, sku: str) -> Decimal:
    async with session.get("prices", params={"sku": sku}) as answer:
        return Decimal((await answer.json())["amount"])


async def fetch_all(session: aiohttp.ClientSession, skus: Collection[str]) -> dict[str, Decimal]:
    # An order needs every price: the first failure cancels the calls that still run.
    async with asyncio.TaskGroup() as group:
        tasks = {sku: group.create_task(fetch_price(session, sku)) for sku in skus}
    return {sku: task.result() for sku, task in tasks.items()}


async def fetch_available(
    session: aiohttp.ClientSession, skus: Collection[str]
) -> tuple[dict[str, Decimal], dict[str, Failure]]:
    # A list shows what there is: failures that can be foreseen are results of their own.
    prices: dict[str, Decimal] = {}
    failures: dict[str, Failure] = {}

    async def fetch(sku: str) -> None:
        try:
            prices[sku] = await fetch_price(session, sku)
        except (aiohttp.ClientError, TimeoutError) as error:
            failures[sku] = error

    async with asyncio.TaskGroup() as group:
        for sku in skus:
            group.create_task(fetch(sku))
    return prices, failures
