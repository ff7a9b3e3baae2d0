"""Thousands of rows take a statement per thousand, or one COPY, and all of them or none."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

import psycopg
import pytest
from sqlalchemy import event, insert
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

START = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

type Work = Callable[[AsyncSession], Awaitable[Any]]
type InUnit = Callable[[Work], Any]


@pytest.fixture
def sent() -> list[str]:
    """Give the list that every statement is added to."""
    return []


@pytest.fixture
def in_unit(snippet: ModuleType, postgresql_url: str, sent: list[str]) -> InUnit:
    """Give what runs a coroutine in a transaction of a database that has the table."""

    async def run(work: Work) -> Any:
        engine = create_async_engine(postgresql_url)
        try:
            async with engine.begin() as connection:
                await connection.run_sync(snippet.Base.metadata.create_all)
            listen = event.listens_for(engine.sync_engine, "after_cursor_execute")
            listen(lambda *seen: sent.append(seen[2]))
            async with AsyncSession(engine) as session, session.begin():
                return await work(session)
        finally:
            await engine.dispose()

    return lambda work: asyncio.run(run(work))


def rows(number: int) -> Iterator[dict[str, Any]]:
    for n in range(number):
        value = None if n == 1 else n / 4
        yield {"sensor": f"s{n}", "taken_at": START + timedelta(seconds=n), "value": value}


def stored(url: str, query: str = "SELECT count(*) FROM readings") -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query.encode()).fetchall()


def test_ids_come_back_in_the_order_of_the_rows(
    snippet: ModuleType, in_unit: InUnit, sent: list[str], postgresql_url: str
) -> None:
    ids = in_unit(lambda session: snippet.insert_with_ids(session, rows(12_500)))
    names = dict(stored(postgresql_url, "SELECT id, sensor FROM readings"))
    assert [names[one] for one in ids] == [f"s{n}" for n in range(12_500)]
    assert len(sent) == 13
    assert all("ORDER BY sen_counter" in statement for statement in sent)


def test_rows_are_taken_batch_by_batch(
    snippet: ModuleType, in_unit: InUnit, sent: list[str]
) -> None:
    seen: list[int] = []  # statements sent before each row is taken

    def counted() -> Iterator[dict[str, Any]]:
        for row in rows(10_001):
            seen.append(len(sent))
            yield row

    in_unit(lambda session: snippet.insert_with_ids(session, counted()))
    assert seen == [0] * 5000 + [5] * 5000 + [10]


def test_copied_rows_are_the_same_rows(
    snippet: ModuleType, in_unit: InUnit, sent: list[str], postgresql_url: str
) -> None:
    in_unit(lambda session: snippet.copy(session, rows(3000)))
    found = stored(postgresql_url, "SELECT sensor, taken_at, value FROM readings ORDER BY id")
    assert found == [tuple(row.values()) for row in rows(3000)]
    assert sent == []  # nothing but the COPY, which does not pass the ORM


@pytest.mark.parametrize("way", ["insert_with_ids", "copy"])
def test_one_bad_row_takes_back_all(
    snippet: ModuleType, in_unit: InUnit, postgresql_url: str, way: str
) -> None:
    async def work(session: AsyncSession) -> None:
        bad = {"sensor": None, "taken_at": START, "value": 1.0}
        await getattr(snippet, way)(session, [*rows(6000), bad])

    with pytest.raises((IntegrityError, psycopg.errors.NotNullViolation)):
        in_unit(work)
    assert stored(postgresql_url) == [(0,)]


def test_copy_is_part_of_the_unit_of_work(
    snippet: ModuleType, in_unit: InUnit, postgresql_url: str
) -> None:
    async def work(session: AsyncSession) -> None:
        await snippet.insert_with_ids(session, rows(1))
        await snippet.copy(session, rows(2))
        await session.rollback()

    in_unit(work)
    assert stored(postgresql_url) == [(0,)]


def test_flush_for_each_row_is_a_statement_for_each(
    snippet: ModuleType, in_unit: InUnit, sent: list[str]
) -> None:
    async def work(session: AsyncSession) -> None:
        for row in rows(20):
            session.add(snippet.Reading(**row))
            await session.flush()
        assert len(sent) == 20
        session.add_all(snippet.Reading(**row) for row in rows(20))
        await session.flush()
        assert len(sent) == 21

    in_unit(work)


def test_null_begins_a_new_statement_unless_nulls_are_rendered(
    snippet: ModuleType, in_unit: InUnit, sent: list[str]
) -> None:
    async def work(session: AsyncSession) -> None:
        statement = insert(snippet.Reading).returning(snippet.Reading.id)
        await session.scalars(statement, list(rows(3)))  # the one in the middle is NULL
        assert len(sent) == 3
        assert len(await snippet.insert_with_ids(session, rows(3))) == 3
        assert len(sent) == 4

    in_unit(work)


def test_parameters_of_one_statement_are_limited(snippet: ModuleType, in_unit: InUnit) -> None:
    values = insert(snippet.Reading).values(list(rows(3)))
    assert len(values.compile().params) == 3 * 3  # all of them in one statement

    async def ask(session: AsyncSession, number: int) -> None:
        query = f"SELECT 1 WHERE 'x' IN ({', '.join(['%s'] * number)})"
        await (await session.connection()).exec_driver_sql(query, ("x",) * number)

    in_unit(lambda session: ask(session, 65_535))
    with pytest.raises(DBAPIError, match="number of parameters must be between 0 and 65535"):
        in_unit(lambda session: ask(session, 65_536))
