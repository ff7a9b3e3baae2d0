"""Events arrive at once, and those of the time away too: the row is kept, the call is a hint."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from types import ModuleType

import psycopg
import pytest
from psycopg import AsyncConnection

TABLE = "CREATE TABLE events (id bigserial PRIMARY KEY, body text NOT NULL)"
KILL = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
LISTENING = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
    "AND pid <> pg_backend_pid() AND state = 'idle' AND query = 'COMMIT'"
)


@pytest.fixture(autouse=True)
def _database(postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", postgresql_url)
    with psycopg.connect(postgresql_url) as connection:
        connection.execute(TABLE)


class Listener:
    """A running listener and what it heard."""

    def __init__(self, snippet: ModuleType) -> None:
        self.snippet = snippet
        self.heard: asyncio.Queue[str] = asyncio.Queue()

    async def next(self) -> str:
        async with asyncio.timeout(25):  # less than it waits without a call
            return await self.heard.get()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.snippet.listen(self.heard.put))
        yield
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


@pytest.fixture
def run(postgresql_url: str) -> Callable[[Callable[[AsyncConnection], Awaitable[None]]], None]:
    """Give what runs a test with a connection of the publisher."""

    def run_connected(test: Callable[[AsyncConnection], Awaitable[None]]) -> None:
        async def limited() -> None:
            async with (
                asyncio.timeout(60),
                await AsyncConnection.connect(postgresql_url, autocommit=True) as connection,
            ):
                await test(connection)

        asyncio.run(limited())

    return run_connected


Run = Callable[[Callable[[AsyncConnection], Awaitable[None]]], None]


async def number(connection: AsyncConnection, query: str) -> int:
    cursor = await connection.execute(query.encode())
    row = await cursor.fetchone()
    assert row is not None
    return int(row[0])


def test_events_arrive_at_once_and_in_order(snippet: ModuleType, run: Run) -> None:
    async def test(connection: AsyncConnection) -> None:
        listener = Listener(snippet)
        async with listener.running():
            for event in ("order 1 paid", "order 2 paid"):
                await snippet.publish(connection, event)
                assert await listener.next() == event
            async with connection.transaction():
                for event in ("three", "four"):
                    await snippet.publish(connection, event)
            assert [await listener.next(), await listener.next()] == ["three", "four"]
        assert await number(connection, "SELECT count(*) FROM events") == 0

    run(test)


def test_event_of_a_transaction_that_is_undone_never_arrives(snippet: ModuleType, run: Run) -> None:
    async def test(connection: AsyncConnection) -> None:
        listener = Listener(snippet)
        async with listener.running():
            with pytest.raises(psycopg.errors.DivisionByZero):
                await undone(connection)
            await snippet.publish(connection, "kept")
            assert await listener.next() == "kept"

    async def undone(connection: AsyncConnection) -> None:
        async with connection.transaction():
            await snippet.publish(connection, "undone")
            await connection.execute("SELECT 1 / 0")

    run(test)


def test_events_of_the_time_away_are_read_from_the_table(
    snippet: ModuleType, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snippet, "PAUSE", 0.2)

    async def test(connection: AsyncConnection) -> None:
        listener = Listener(snippet)
        await snippet.publish(connection, "before the start")
        async with listener.running():
            assert await listener.next() == "before the start"
            while await number(connection, "SELECT count(*) FROM events"):
                pass  # until its transaction has ended: cut before, the event would come again
            await number(connection, KILL)
            await snippet.publish(connection, "while away")
            assert await listener.next() == "while away"
            await snippet.publish(connection, "afterwards")
            assert await listener.next() == "afterwards"

    run(test)


def test_row_without_a_call_is_found_by_the_poll(
    snippet: ModuleType, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snippet, "POLL", 0.2)

    async def test(connection: AsyncConnection) -> None:
        listener = Listener(snippet)
        async with listener.running():
            while not await number(connection, LISTENING):
                pass
            await connection.execute("INSERT INTO events (body) VALUES ('silent')")
            assert await listener.next() == "silent"

    run(test)


def test_event_whose_handler_fails_stays(snippet: ModuleType, run: Run) -> None:
    async def fail(event: str) -> None:
        message = f"no printer for {event}"
        raise RuntimeError(message)

    async def test(connection: AsyncConnection) -> None:
        await snippet.publish(connection, "invoice 7")
        with pytest.raises(RuntimeError, match="invoice 7"):
            await snippet.listen(fail)
        assert await number(connection, "SELECT count(*) FROM events") == 1

    run(test)


def test_two_listeners_share_the_events(snippet: ModuleType, run: Run, postgresql_url: str) -> None:
    async def test(connection: AsyncConnection) -> None:
        await snippet.publish(connection, "one")
        await snippet.publish(connection, "two")
        seen: list[str] = []

        async def note(event: str) -> None:
            seen.append(event)

        async def meanwhile(event: str) -> None:
            seen.append(event)
            async with await AsyncConnection.connect(postgresql_url, autocommit=True) as other:
                assert await snippet.take(other, note)  # skips the locked event
                assert not await snippet.take(other, note)

        assert await snippet.take(connection, meanwhile)
        assert seen == ["one", "two"]

    run(test)


def test_lost_database_is_logged_and_tried_again(
    snippet: ModuleType, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert (snippet.POLL, snippet.PAUSE) == (30, 1)
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1:1/nowhere")

    async def test() -> None:
        async with asyncio.timeout(30), Listener(snippet).running():
            start = time.monotonic()
            while len(caplog.messages) < 2:  # noqa: ASYNC110  # the log has no event
                await asyncio.sleep(0.01)
            assert time.monotonic() - start > 0.9

    asyncio.run(test())
    assert all("Lost the database, trying again: " in message for message in caplog.messages)


def test_bare_notification_is_lost_while_nobody_listens(postgresql_url: str) -> None:
    with psycopg.connect(postgresql_url, autocommit=True) as sender:
        sender.execute("NOTIFY events, 'order 1 paid'")
        with psycopg.connect(postgresql_url, autocommit=True) as listener:
            listener.execute("LISTEN events")
            for _ in range(3):
                sender.execute("NOTIFY events, 'order 2 paid'")
            (heard, *_) = [*listener.notifies(timeout=30, stop_after=3)]
        assert heard.payload == "order 2 paid"
        sender.execute("SELECT pg_notify('events', repeat('x', 7999))")
        with pytest.raises(psycopg.errors.InvalidParameterValue, match="payload string too long"):
            sender.execute("SELECT pg_notify('events', repeat('x', 8000))")


def test_equal_calls_of_a_transaction_are_one(postgresql_url: str) -> None:
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        connection.execute("LISTEN events")
        with connection.transaction():
            connection.execute("NOTIFY events, 'same'")
            connection.execute("NOTIFY events, 'same'")
        connection.execute("NOTIFY events, 'last'")
        heard = [note.payload for note in connection.notifies(timeout=30, stop_after=2)]
    assert heard == ["same", "last"]
