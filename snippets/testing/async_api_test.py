import logging
from collections.abc import AsyncIterator

import anyio
import pytest
from httpx2 import ASGITransport, AsyncClient
from orders import app
from starlette.types import Receive, Scope, Send

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"  # else each test runs on Trio too, wherever that is installed


@pytest.fixture
async def client() -> AsyncIterator[AsyncClient]:
    async with app.router.lifespan_context(app) as state:  # ASGITransport does not run it

        async def started(scope: Scope, receive: Receive, send: Send) -> None:
            await app({**scope, "state": dict(state or {})}, receive, send)  # as servers do

        transport = ASGITransport(app=started)
        async with AsyncClient(transport=transport, base_url="http://test") as client:
            yield client


async def test_order_takes_from_the_stock(client: AsyncClient) -> None:
    placed = await client.post("/orders", json={"sku": "tea", "quantity": 2})
    assert (placed.status_code, placed.json()) == (201, {"left": 1})


async def test_five_buyers_share_three_items(client: AsyncClient) -> None:
    statuses = []

    async def buy() -> None:
        answer = await client.post("/orders", json={"sku": "tea", "quantity": 1})
        statuses.append(answer.status_code)

    async with anyio.create_task_group() as buyers:
        for _ in range(5):
            buyers.start_soon(buy)
    assert sorted(statuses) == [201, 201, 201, 409, 409]


async def test_receipt_is_mailed(client: AsyncClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="orders")
    await client.post("/orders", json={"sku": "tea", "quantity": 2})
    await anyio.wait_all_tasks_blocked()  # instead of a sleep
    assert caplog.messages == ["receipt for 2 tea"]


@pytest.mark.parametrize("quantity", [0, -1, "many"])
async def test_wrong_quantity_is_refused(client: AsyncClient, quantity: object) -> None:
    refused = await client.post("/orders", json={"sku": "tea", "quantity": quantity})
    assert refused.status_code == 422
    assert refused.json()["detail"][0]["loc"] == ["body", "quantity"]
