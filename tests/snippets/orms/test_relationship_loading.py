"""Orders with customer, lines and products are two statements, however many orders there are."""

import asyncio
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, event, inspect, select
from sqlalchemy.exc import InvalidRequestError, StatementError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session, joinedload

FILLED = """
    INSERT INTO customers (name) VALUES ('Ada'), ('Bob');
    INSERT INTO products VALUES ('t', 'Tea'), ('b', 'Bread');
    INSERT INTO orders (customer_id) SELECT 1 + mod(n, 2) FROM generate_series(1, 25) AS n;
    INSERT INTO order_lines (id, order_id, sku) SELECT 100 - id, id, 't' FROM orders;
    INSERT INTO order_lines (id, order_id, sku) SELECT 200 - id, id, 'b' FROM orders;
    UPDATE order_lines SET sku = sku WHERE id < 100
"""


@pytest.fixture
def engine(snippet: ModuleType, postgresql_url: str) -> Iterator[Engine]:
    engine = create_engine(postgresql_url)
    snippet.Base.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql(FILLED)
    yield engine
    engine.dispose()


def statements(engine: Engine) -> list[str]:
    """Give a list that every statement of the engine is added to."""
    sent: list[str] = []
    event.listen(engine, "after_cursor_execute", lambda *seen: sent.append(seen[2]))
    return sent


def newest(snippet: ModuleType, engine: Engine, **limit: int) -> tuple[list[Any], list[str]]:
    """Give the orders, read and closed, and the statements that were sent for them."""

    async def read() -> tuple[list[Any], list[str]]:
        asynchronous = create_async_engine(engine.url)
        sent = statements(asynchronous.sync_engine)
        async with AsyncSession(asynchronous) as session:
            orders = await snippet.newest_orders(session, **limit)
        await asynchronous.dispose()
        return list(orders), sent

    return asyncio.run(read())


def test_two_statements_bring_everything(snippet: ModuleType, engine: Engine) -> None:
    orders, sent = newest(snippet, engine)
    assert [order.id for order in orders] == list(range(25, 5, -1))
    for order in orders:
        assert order.customer.name == ("Bob" if order.id % 2 else "Ada")
        assert [line.product.title for line in order.lines] == ["Tea", "Bread"]
    assert len(sent) == 2
    assert all(" JOIN " in statement for statement in sent)
    assert not any("LEFT OUTER JOIN" in statement for statement in sent)


@pytest.mark.parametrize("limit", [3, 25])
def test_statements_do_not_grow_with_the_orders(
    snippet: ModuleType, engine: Engine, limit: int
) -> None:
    orders, sent = newest(snippet, engine, limit=limit)
    assert [len(order.lines) for order in orders] == [2] * limit
    assert len(sent) == 2


def test_relation_that_is_not_named_raises(snippet: ModuleType, engine: Engine) -> None:
    async def read() -> None:
        asynchronous = create_async_engine(engine.url)
        async with AsyncSession(asynchronous) as session:
            (order,) = await snippet.newest_orders(session, limit=1)
            with pytest.raises(InvalidRequestError, match="lazy='raise'"):
                _ = order.customer.orders
        await asynchronous.dispose()

    asyncio.run(read())


def test_both_sides_of_a_relation_agree_and_foreign_keys_have_an_index(
    snippet: ModuleType, engine: Engine
) -> None:
    customer, order = snippet.Customer(name="Cy"), snippet.Order()
    customer.orders.append(order)
    assert order.customer is customer
    other = snippet.Order(customer=customer)
    assert customer.orders == [order, other]
    for table, column in (("orders", "customer_id"), ("order_lines", "order_id")):
        assert [index["column_names"] for index in inspect(engine).get_indexes(table)] == [[column]]


def test_without_options_each_order_and_line_costs_a_statement(
    snippet: ModuleType, engine: Engine
) -> None:
    sent = statements(engine)
    with Session(engine) as session:
        orders = session.scalars(select(snippet.Order).limit(20)).all()
        titles = [(o.customer.name, [line.product.title for line in o.lines]) for o in orders]
    assert len(titles) == 20
    assert len(sent) == 1 + 20 + 2 + 2  # orders, lines of each, both customers, both products


def test_without_options_async_code_raises_on_access(snippet: ModuleType, engine: Engine) -> None:
    async def read() -> None:
        asynchronous = create_async_engine(engine.url)
        async with AsyncSession(asynchronous) as session:
            order = await session.get_one(snippet.Order, 1)
            with pytest.raises(StatementError, match="MissingGreenlet"):
                _ = order.lines
        await asynchronous.dispose()

    asyncio.run(read())


def test_joined_collection_repeats_its_order(snippet: ModuleType, engine: Engine) -> None:
    query = select(snippet.Order).options(joinedload(snippet.Order.lines))
    with Session(engine) as session:
        with pytest.raises(InvalidRequestError, match="unique"):
            session.scalars(query).all()
        rows = session.connection().execute(query).all()
        assert len(rows) == 50
        assert len(session.scalars(query).unique().all()) == 25
