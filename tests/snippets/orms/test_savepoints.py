"""A refused row is reported and taken back alone; other errors take back the whole import."""

import asyncio
from collections.abc import Awaitable, Callable
from types import ModuleType
from typing import Any

import psycopg
import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DataError, IntegrityError, InvalidRequestError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

GOOD = [{"number": "2026-1", "cents": 100}, {"number": "2026-2", "cents": 1}]
TWIN = {"number": "2026-1", "cents": 700}
FREE = {"number": "2026-3", "cents": 0}
LAST = {"number": "2026-4", "cents": 50}

type InUnit = Callable[[Callable[[AsyncSession], Awaitable[Any]]], Any]


@pytest.fixture
def in_unit(snippet: ModuleType, postgresql_url: str) -> InUnit:
    """Give what runs a coroutine in a transaction of a database that has the table."""

    async def run(work: Callable[[AsyncSession], Awaitable[Any]]) -> Any:
        engine = create_async_engine(postgresql_url)
        try:
            async with engine.begin() as connection:
                await connection.run_sync(snippet.Base.metadata.create_all)
            async with AsyncSession(engine) as session, session.begin():
                return await work(session)
        finally:
            await engine.dispose()

    return lambda work: asyncio.run(run(work))


def stored(url: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT number, cents FROM invoices ORDER BY number").fetchall()


def test_bad_rows_are_reported_and_the_others_stored(
    snippet: ModuleType, in_unit: InUnit, postgresql_url: str
) -> None:
    rows = [*GOOD, TWIN, FREE, LAST]
    report = in_unit(lambda session: snippet.import_invoices(session, iter(rows)))
    assert report.stored == 3
    assert report.refused == {3: "invoices_pkey", 4: "ck_invoices_cents"}
    assert stored(postgresql_url) == [("2026-1", 100), ("2026-2", 1), ("2026-4", 50)]


@pytest.mark.parametrize(
    ("row", "error"),
    [
        pytest.param({"number": "2026-9", "cents": None}, IntegrityError, id="missing"),
        pytest.param({"number": "2026-9", "cents": 2**31}, DataError, id="too-large"),
        pytest.param({"number": "2026-9", "vat": 19}, TypeError, id="unknown"),
    ],
)
def test_other_errors_take_back_the_whole_import(
    snippet: ModuleType,
    in_unit: InUnit,
    postgresql_url: str,
    row: dict[str, Any],
    error: type[Exception],
) -> None:
    with pytest.raises(error):
        in_unit(lambda session: snippet.import_invoices(session, [*GOOD, row, LAST]))
    assert stored(postgresql_url) == []


def test_import_is_one_transaction_of_its_caller(
    snippet: ModuleType, in_unit: InUnit, postgresql_url: str
) -> None:
    async def work(session: AsyncSession) -> None:
        report = await snippet.import_invoices(session, GOOD)
        assert report.stored == 2
        await session.rollback()

    in_unit(work)
    assert stored(postgresql_url) == []


def test_reports_do_not_share_their_lines(snippet: ModuleType) -> None:
    snippet.Report().refused[1] = "ck_invoices_cents"
    assert snippet.Report() == snippet.Report(stored=0, refused={})


def test_row_that_fails_without_a_savepoint_loses_what_came_before(
    snippet: ModuleType, in_unit: InUnit, postgresql_url: str
) -> None:
    async def work(session: AsyncSession) -> None:
        session.add(snippet.Invoice(**GOOD[0]))
        await session.flush()
        session.add(snippet.Invoice(**FREE))
        with pytest.raises(IntegrityError):
            await session.flush()
        with pytest.raises(InvalidRequestError, match="closed transaction"):
            await session.scalar(text("SELECT 1"))

    in_unit(work)
    assert stored(postgresql_url) == []


def test_error_caught_inside_of_the_block_leaves_the_session_unusable(
    snippet: ModuleType, in_unit: InUnit, postgresql_url: str
) -> None:
    async def inside(session: AsyncSession) -> None:
        async with session.begin_nested():
            session.add(snippet.Invoice(**FREE))
            with pytest.raises(IntegrityError):
                await session.flush()
            await session.scalar(text("SELECT 1"))

    async def work(session: AsyncSession) -> None:
        with pytest.raises(InvalidRequestError, match="closed transaction"):
            await inside(session)
        session.add(snippet.Invoice(**LAST))

    in_unit(work)
    assert stored(postgresql_url) == [("2026-4", 50)]


def test_savepoint_costs_two_statements_more(snippet: ModuleType, in_unit: InUnit) -> None:
    async def work(session: AsyncSession) -> list[str]:
        sent: list[str] = []
        connection = (await session.connection()).sync_connection
        event.listen(connection, "after_cursor_execute", lambda *seen: sent.append(seen[2]))
        await snippet.import_invoices(session, [LAST])
        return [statement.split()[0] for statement in sent]

    assert in_unit(work) == ["SAVEPOINT", "INSERT", "RELEASE"]
