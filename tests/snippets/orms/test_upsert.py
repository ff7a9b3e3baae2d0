"""New prices are inserted, newer ones replace, older ones change nothing and are not returned."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from tests.snippets.loading import snippet_path

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

type Test = Callable[[AsyncEngine], Awaitable[None]]


def run(module: ModuleType, url: str, test: Test) -> None:
    """Run the test on an engine whose database has the table."""

    async def on_engine() -> None:
        engine = create_async_engine(url)
        try:
            async with engine.begin() as connection:
                await connection.run_sync(module.Base.metadata.create_all)
            async with asyncio.timeout(60):
                await test(engine)
        finally:
            await engine.dispose()

    asyncio.run(on_engine())


def row(sku: str, cents: int, minutes: float = 0) -> dict[str, Any]:
    return {"sku": sku, "cents": cents, "changed_at": NOON + timedelta(minutes=minutes)}


async def store(module: ModuleType, engine: AsyncEngine, *rows: dict[str, Any]) -> dict[str, int]:
    """Store the rows in a transaction and give the prices that were written."""
    async with AsyncSession(engine) as session, session.begin():
        written = await module.store_prices(session, iter(rows))
        return {price.sku: price.cents for price in written}


async def stored(engine: AsyncEngine) -> list[tuple[Any, ...]]:
    async with engine.connect() as connection:
        query = "SELECT sku, cents, changed_at FROM prices ORDER BY sku"
        return [tuple(found) for found in await connection.exec_driver_sql(query)]


def test_new_rows_are_inserted_and_newer_ones_replace(
    snippet: ModuleType, postgresql_url: str
) -> None:
    async def test(engine: AsyncEngine) -> None:
        assert await store(snippet, engine, row("tea", 300), row("milk", 90)) == {
            "tea": 300,
            "milk": 90,
        }
        written = await store(snippet, engine, row("tea", 320, 1), row("bread", 250))
        assert written == {"tea": 320, "bread": 250}
        assert await stored(engine) == [
            ("bread", 250, NOON),
            ("milk", 90, NOON),
            ("tea", 320, NOON + timedelta(minutes=1)),
        ]

    run(snippet, postgresql_url, test)


def test_older_and_repeated_rows_change_nothing_and_are_not_returned(
    snippet: ModuleType, postgresql_url: str
) -> None:
    async def test(engine: AsyncEngine) -> None:
        await store(snippet, engine, row("tea", 300))
        assert await store(snippet, engine, row("tea", 1, -1)) == {}
        assert await store(snippet, engine, row("tea", 2, 0)) == {}
        assert await store(snippet, engine) == {}
        assert await stored(engine) == [("tea", 300, NOON)]

    run(snippet, postgresql_url, test)


def test_newest_of_several_rows_of_one_sku_wins(snippet: ModuleType, postgresql_url: str) -> None:
    async def test(engine: AsyncEngine) -> None:
        rows = (row("tea", 1), row("tea", 3, 2), row("tea", 2, 1))
        assert await store(snippet, engine, *rows) == {"tea": 3}
        twice = [row("tea", 4, 3), row("tea", 5, 4)]
        insertion = snippet.insert(snippet.Price).values(twice)
        upsert = insertion.on_conflict_do_update(
            index_elements=["sku"], set_={"cents": insertion.excluded.cents}
        )
        async with engine.begin() as connection:
            with pytest.raises(ProgrammingError, match="cannot affect row a second time"):
                await connection.execute(upsert)

    run(snippet, postgresql_url, test)


def test_thousand_rows_are_one_statement(snippet: ModuleType, postgresql_url: str) -> None:
    async def test(engine: AsyncEngine) -> None:
        sent: list[str] = []
        event.listen(engine.sync_engine, "after_cursor_execute", lambda *seen: sent.append(seen[2]))
        written = await store(snippet, engine, *(row(f"{n:04}", n) for n in range(1000)))
        assert written == {f"{n:04}": n for n in range(1000)}
        assert len(sent) == 1

    run(snippet, postgresql_url, test)


def test_object_in_the_session_shows_the_new_price(
    snippet: ModuleType, postgresql_url: str
) -> None:
    async def test(engine: AsyncEngine) -> None:
        await store(snippet, engine, row("tea", 300))
        async with AsyncSession(engine) as session, session.begin():
            held = await session.get_one(snippet.Price, "tea")
            before = held.stored_at
            (written,) = await snippet.store_prices(session, [row("tea", 320, 1)])
            assert written is held
            assert held.cents == 320
            assert held.stored_at > before
        async with AsyncSession(engine) as session, session.begin():
            changed = await session.get_one(snippet.Price, "tea")
            before = changed.stored_at
            changed.cents = 330
            await session.flush()
            await session.refresh(changed)
            assert changed.stored_at > before  # an UPDATE by the ORM is where onupdate runs

    run(snippet, postgresql_url, test)


def changed(request: pytest.FixtureRequest, old: str, new: str) -> ModuleType:
    """Give the snippet with one text replaced."""
    source = snippet_path(request.path).read_text("utf-8")
    assert source.count(old) == 1
    module = ModuleType("changed")
    exec(source.replace(old, new), module.__dict__)
    return module


async def store_at_once(module: ModuleType, engine: AsyncEngine) -> list[object]:
    """Store three prices twice at once, in opposite orders that meet at the one in the middle."""
    rows = [row(sku, 1) for sku in ("bread", "milk", "tea")]
    await store(module, engine, *rows)
    ours = "datname = current_database() AND wait_event_type = 'Lock'"
    waiting = f"SELECT count(*) FROM pg_stat_activity WHERE {ours}"
    async with engine.connect() as lock, engine.connect() as watch:
        await lock.exec_driver_sql("SELECT 1 FROM prices WHERE sku = 'milk' FOR UPDATE")
        orders = [rows, rows[::-1]]
        newer = [[row(one["sku"], 2, 1 + n) for one in order] for n, order in enumerate(orders)]
        both = [asyncio.ensure_future(store(module, engine, *order)) for order in newer]
        while (await watch.exec_driver_sql(waiting)).scalar() != 2:
            await watch.rollback()  # each transaction sees the activity as it was at its start
        await lock.rollback()
        return await asyncio.gather(*both, return_exceptions=True)


def test_imports_at_once_do_not_deadlock(snippet: ModuleType, postgresql_url: str) -> None:
    async def test(engine: AsyncEngine) -> None:
        outcomes = await store_at_once(snippet, engine)
        assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
        assert {at for _, _, at in await stored(engine)} == {NOON + timedelta(minutes=2)}

    run(snippet, postgresql_url, test)


def test_stored_at_stays_without_being_set(
    request: pytest.FixtureRequest, postgresql_url: str
) -> None:
    text = '"stored_at": func.now(),'
    forgetful = changed(request, text, "")

    async def test(engine: AsyncEngine) -> None:
        async with AsyncSession(engine) as session:
            async with session.begin():
                (price,) = await forgetful.store_prices(session, [row("tea", 1)])
                first = price.stored_at
            async with session.begin():
                (price,) = await forgetful.store_prices(session, [row("tea", 2, 1)])
                assert (price.cents, price.stored_at) == (2, first)

    run(forgetful, postgresql_url, test)


def test_opposite_orders_deadlock(request: pytest.FixtureRequest, postgresql_url: str) -> None:
    unordered = changed(request, "sorted(newest)]", "newest]")

    async def test(engine: AsyncEngine) -> None:
        outcomes = await store_at_once(unordered, engine)
        (error,) = [outcome for outcome in outcomes if isinstance(outcome, OperationalError)]
        assert "deadlock detected" in str(error)

    run(unordered, postgresql_url, test)
