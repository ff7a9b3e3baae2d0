"""However many orders are asked for, their customers are fetched by one query, anew each time."""

import asyncio
import re
from collections.abc import Iterator
from functools import partial
from types import ModuleType
from typing import Any

import asyncpg
import pytest
from fastapi.testclient import TestClient
from strawberry.dataloader import DataLoader
from strawberry.exceptions import WrongNumberOfResultsReturned

SCHEMA = """
CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL);
INSERT INTO customers VALUES (3, 'Cleo'), (1, 'Ada'), (2, 'Ben');
INSERT INTO orders SELECT n, 3 - n % 3 FROM generate_series(1, 120) n;
UPDATE orders SET customer_id = 9 WHERE id = 5;
"""
ASKED = "query($first: Int) { orders(first: $first) { id customer { id name } } }"


async def execute(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(sql)
    await connection.close()


@pytest.fixture
def queries(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note each query that a connection of the pool sends."""
    noted: list[str] = []

    async def listen(connection: Any) -> None:
        connection.add_query_logger(lambda record: noted.append(record.query))

    monkeypatch.setattr(asyncpg, "create_pool", partial(asyncpg.create_pool, init=listen))
    return noted


@pytest.fixture
def client(
    snippet: ModuleType, postgresql_url: str, monkeypatch: pytest.MonkeyPatch, queries: list[str]
) -> Iterator[TestClient]:
    monkeypatch.setenv("DATABASE_URL", postgresql_url)
    asyncio.run(execute(postgresql_url, SCHEMA))
    with TestClient(snippet.app) as client:
        queries.clear()
        yield client


def orders(client: TestClient, first: int | None = None) -> list[dict[str, Any]]:
    variables = {} if first is None else {"first": first}
    answer = client.post("/graphql", json={"query": ASKED, "variables": variables}).json()
    assert "errors" not in answer
    return answer["data"]["orders"]


def tables(queries: list[str]) -> list[str]:
    """Give the tables of ours that were read; asyncpg asks for types and cleans up besides."""
    return re.findall(r" FROM (orders|customers) ", " ".join(queries))


@pytest.mark.parametrize("first", [1, 30, 100])
def test_two_queries_answer_for_any_number_of_orders(
    client: TestClient, queries: list[str], first: int
) -> None:
    assert len(orders(client, first)) == first
    assert sorted(tables(queries)) == ["customers", "orders"]


def test_each_order_gets_its_own_customer(client: TestClient) -> None:
    found = orders(client, 6)
    names = [order["customer"] and order["customer"]["name"] for order in found]
    assert names == ["Ben", "Ada", "Cleo", "Ben", None, "Cleo"]
    assert [order["id"] for order in found] == ["1", "2", "3", "4", "5", "6"]
    assert found[0]["customer"]["id"] == "2"


def test_number_of_orders_has_bounds(client: TestClient) -> None:
    assert len(orders(client)) == 20
    assert len(orders(client, 500)) == 100
    assert orders(client, -1) == []
    assert orders(client, 0) == []


def test_next_request_sees_what_changed(
    client: TestClient, postgresql_url: str, queries: list[str]
) -> None:
    assert orders(client, 1)[0]["customer"]["name"] == "Ben"
    asyncio.run(execute(postgresql_url, "UPDATE customers SET name = 'Bea' WHERE id = 2"))
    assert orders(client, 1)[0]["customer"]["name"] == "Bea"
    assert tables(queries).count("customers") == 2


def test_page_is_not_served(client: TestClient) -> None:
    assert client.get("/graphql", headers={"Accept": "text/html"}).status_code == 404


def test_rows_in_any_order_reach_the_wrong_key() -> None:
    """What goes_wrong says of a load function that returns the rows as they come."""

    async def as_they_come(ids: list[int]) -> list[str]:
        return [{1: "Ada", 2: "Ben"}[one] for one in sorted(ids) if one < 3]

    async def run() -> None:
        loader = DataLoader(as_they_come)
        assert await loader.load_many([2, 1]) == ["Ada", "Ben"]
        with pytest.raises(WrongNumberOfResultsReturned):
            await DataLoader(as_they_come).load_many([1, 9])

    asyncio.run(run())


def test_loader_that_lives_longer_gives_old_answers_and_awaits_in_a_row_do_not_batch() -> None:
    async def run() -> None:
        names, asked = {1: "Ada", 2: "Ben"}, []

        async def load(ids: list[int]) -> list[str]:
            asked.append(ids)
            return [names[one] for one in ids]

        loader = DataLoader(load)
        assert [await loader.load(1), await loader.load(2)] == ["Ada", "Ben"]
        assert asked == [[1], [2]]
        names[1] = "Ann"
        assert await loader.load(1) == "Ada"

    asyncio.run(run())


def test_one_exception_fails_the_whole_batch() -> None:
    async def load(ids: list[int]) -> list[int]:
        return [100 // one for one in ids]

    async def run() -> None:
        loader = DataLoader(load)
        found = await asyncio.gather(loader.load(5), loader.load(0), return_exceptions=True)
        assert [type(one) for one in found] == [ZeroDivisionError] * 2

    asyncio.run(run())
