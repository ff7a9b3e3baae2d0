"""Pages neither repeat nor miss a row while others insert, and an index serves every page."""

import asyncio
import json
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

type Work = Callable[[AsyncSession], Awaitable[Any]]
type InSession = Callable[[Work], Any]

FILLED = """
    INSERT INTO invoices (account_id, issued_at)
    SELECT 1 + n / 25, timestamptz '2026-01-31 12:00Z' - interval '1 hour' * (n / 4)
    FROM generate_series(0, 27) AS n
"""
NEW = "INSERT INTO invoices (account_id) VALUES (1)"


@pytest.fixture
def in_session(snippet: ModuleType, postgresql_url: str) -> InSession:
    """Give what runs a coroutine in a session; account 1 has 25 invoices, four of each time."""

    async def run(work: Work) -> Any:
        engine = create_async_engine(postgresql_url)
        try:
            async with engine.begin() as connection:
                await connection.run_sync(snippet.Base.metadata.create_all)
                await connection.execute(text(FILLED))
            async with AsyncSession(engine) as session, session.begin():
                return await work(session)
        finally:
            await engine.dispose()

    return lambda work: asyncio.run(run(work))


def test_pages_hold_each_row_once_while_others_insert(
    snippet: ModuleType, in_session: InSession
) -> None:
    async def work(session: AsyncSession) -> None:
        newest_first = (
            select(snippet.Invoice.id)
            .filter_by(account_id=1)
            .order_by(snippet.Invoice.issued_at.desc(), snippet.Invoice.id.desc())
        )
        expected = list(await session.scalars(newest_first))
        seen: list[int] = []
        cursor, sizes = None, []
        while True:
            page = await snippet.newest_invoices(session, 1, cursor, size=6)
            seen += [invoice.id for invoice in page.invoices]
            sizes.append(len(page.invoices))
            await session.execute(text(NEW))  # would shift every OFFSET by one
            if (cursor := page.next_cursor) is None:
                break
        assert sizes == [6, 6, 6, 6, 1]
        assert seen == expected
        first = await snippet.newest_invoices(session, 1, size=5)
        assert not {invoice.id for invoice in first.invoices} & set(seen)

    in_session(work)


def test_offset_repeats_a_row_after_an_insert(snippet: ModuleType, in_session: InSession) -> None:
    async def work(session: AsyncSession) -> None:
        ordered = select(snippet.Invoice.id).order_by(snippet.Invoice.issued_at.desc(), "id")
        first = list(await session.scalars(ordered.limit(6)))
        await session.execute(text(NEW))
        second = list(await session.scalars(ordered.limit(6).offset(6)))
        assert second[0] == first[-1]

    in_session(work)


def test_full_last_page_has_no_next(snippet: ModuleType, in_session: InSession) -> None:
    async def work(session: AsyncSession) -> None:
        page = await snippet.newest_invoices(session, 1, size=25)
        assert (len(page.invoices), page.next_cursor) == (25, None)
        page = await snippet.newest_invoices(session, 1, size=24)
        assert (len(page.invoices), page.next_cursor is None) == (24, False)
        page = await snippet.newest_invoices(session, 3)
        assert (len(page.invoices), page.next_cursor) == (0, None)
        await session.execute(text(FILLED))
        await session.execute(text(FILLED))
        page = await snippet.newest_invoices(session, 1)
        assert (len(page.invoices), page.next_cursor is None) == (50, False)

    in_session(work)


def b64(value: object) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "?",
        "abc",
        b64(7),
        b64([7, 7]),
        b64(["yesterday", 7]),
        b64(["2026-11-21T12:00:00Z"]),
        b64(["2026-11-21T12:00:00Z", None]),
        b64(["2026-11-21T12:00:00Z", "x"]),
        b64(["2026-11-21T12:00:00Z", 0]),
        b64(["2026-11-21T12:00:00Z", 2**31]),
    ],
)
def test_broken_cursor_is_an_error_of_its_own(snippet: ModuleType, cursor: str) -> None:
    with pytest.raises(snippet.CursorError):
        snippet.decode(cursor)


def test_cursor_keeps_microseconds_and_can_stand_in_a_url(snippet: ModuleType) -> None:
    at = snippet.datetime.fromisoformat("2026-11-21T12:00:00.123456+05:30")
    for number in (*range(1, 200), 2**31 - 1):
        cursor = snippet.encode(snippet.Invoice(issued_at=at, id=number))
        assert snippet.decode(cursor) == (at, number)
        assert not {"+", "/"} & set(cursor)


def test_index_serves_the_page_without_a_sort(snippet: ModuleType, in_session: InSession) -> None:
    async def work(session: AsyncSession) -> None:
        await session.execute(text(FILLED.replace("25", "9999").replace("27", "9999")))
        await session.execute(text("ANALYZE invoices"))
        page = await snippet.newest_invoices(session, 1, size=6)
        sent: list[tuple[str, Any]] = []
        connection = (await session.connection()).sync_connection
        event.listen(connection, "after_cursor_execute", lambda *seen: sent.append(seen[2:4]))
        await snippet.newest_invoices(session, 1, page.next_cursor, size=6)
        ((statement, values),) = sent
        explained = await (await session.connection()).exec_driver_sql(
            f"EXPLAIN {statement}", values
        )
        plan = "\n".join(line for (line,) in explained)
        assert "Scan Backward using ix_invoices_page" in plan
        assert "ROW(issued_at, id) < ROW(" in plan.split("Index Cond")[1]
        assert "Sort" not in plan
        pair = "issued_at < '2026-01-20' OR issued_at = '2026-01-20' AND id < 7"
        by_parts = f"""EXPLAIN SELECT * FROM invoices WHERE account_id = 1 AND ({pair})
            ORDER BY issued_at DESC, id DESC LIMIT 7"""
        plan = "\n".join(await session.scalars(text(by_parts)))
        assert "issued_at" in plan.split("Filter:")[1]  # read from the start and thrown away

    in_session(work)
