"""An order is stored with its stock or not at all, and the pool outlives killed connections."""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AsyncExitStack
from pathlib import Path
from types import ModuleType

import psycopg
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError, InvalidRequestError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm.exc import DetachedInstanceError

from tests.snippets.loading import snippet_path
from tests.snippets.processes import until

OURS = "application_name = 'orders' AND datname = current_database()"


@pytest.fixture(autouse=True)
def url(monkeypatch: pytest.MonkeyPatch, postgresql_url: str) -> str:
    monkeypatch.setenv("DATABASE_URL", postgresql_url)
    return postgresql_url


@pytest.fixture(autouse=True)
def _tables(url: str, snippet: ModuleType) -> None:
    engine = create_engine(url)
    snippet.Base.metadata.create_all(engine)
    engine.dispose()
    assert sql(url, "INSERT INTO products VALUES ('tea', 10) RETURNING stock") == [(10,)]


def sql(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(statement.encode()).fetchall()


def stored(url: str) -> tuple[object, list[tuple[object, ...]]]:
    """Give the stock of tea and the orders."""
    ((stock,),) = sql(url, "SELECT stock FROM products")
    return stock, sql(url, "SELECT sku, quantity FROM orders ORDER BY id")


def kill_connections(url: str) -> int:
    """Let the server end the snippet's connections; give how many there were."""
    kill = f"SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity WHERE {OURS}"
    killed = sql(url, kill)
    assert all(row == (True,) for row in killed)
    return len(killed)


def run[T](snippet: ModuleType, work: Callable[[], Awaitable[T]]) -> T:
    async def within_lifespan() -> T:
        async with snippet.lifespan(None), asyncio.timeout(60):
            return await work()

    return asyncio.run(within_lifespan())


def changed(old: str, new: str) -> ModuleType:
    """Give the snippet with one text replaced."""
    source = snippet_path(Path(__file__)).read_text("utf-8")
    assert source.count(old) == 1
    module = ModuleType("changed")
    exec(source.replace(old, new), module.__dict__)
    return module


@pytest.fixture(scope="module", autouse=True)
def given_up() -> Iterator[Future[float]]:
    """Ask a server that does not answer, beside the other tests; give the seconds it took."""

    def seconds() -> float:
        began = time.monotonic()
        with pytest.raises(OperationalError, match="timeout expired"):
            run(waiting, lambda: waiting.get_order(1))
        return time.monotonic() - began

    with socket.create_server(("127.0.0.1", 0)) as silent, ThreadPoolExecutor() as threads:
        address = f"postgresql://x@127.0.0.1:{silent.getsockname()[1]}/x"
        waiting = changed('os.environ["DATABASE_URL"]', repr(address))
        yield threads.submit(seconds)


async def fill_pool(snippet: ModuleType, number: int, stack: AsyncExitStack) -> None:
    for _ in range(number):
        session = await stack.enter_async_context(snippet.new_session())
        await session.execute(text("SELECT 1"))


def test_order_and_stock_are_committed_and_readable_afterwards(
    snippet: ModuleType, url: str
) -> None:
    order = run(snippet, lambda: snippet.place_order("tea", 3))
    assert (order.id, order.sku, order.quantity) == (1, "tea", 3)
    assert stored(url) == (7, [("tea", 3)])
    found = run(snippet, lambda: snippet.get_order(1))
    assert (found.sku, found.quantity) == ("tea", 3)
    assert run(snippet, lambda: snippet.get_order(2)) is None


@pytest.mark.parametrize(
    ("sku", "quantity"),
    [
        pytest.param("tea", 11, id="more-than-there-is"),
        pytest.param("tea", 0, id="nothing"),
        pytest.param("coffee", 1, id="unknown"),
    ],
)
def test_failing_unit_of_work_is_taken_back_whole(
    snippet: ModuleType, url: str, sku: str, quantity: int
) -> None:
    with pytest.raises(IntegrityError):
        run(snippet, lambda: snippet.place_order(sku, quantity))
    assert stored(url) == (10, [])


def test_only_the_ordered_product_loses_stock_down_to_its_last_piece(
    snippet: ModuleType, url: str
) -> None:
    sql(url, "INSERT INTO products VALUES ('coffee', 5) RETURNING sku")
    run(snippet, lambda: snippet.place_order("coffee", 5))
    assert sql(url, "SELECT * FROM products ORDER BY sku") == [("coffee", 0), ("tea", 10)]


def test_pool_recovers_after_its_connections_were_killed(snippet: ModuleType, url: str) -> None:
    async def work() -> None:
        async with AsyncExitStack() as stack:
            await fill_pool(snippet, 4, stack)
        assert snippet.engine.pool.checkedin() == 4
        assert kill_connections(url) == 4
        await asyncio.gather(*(snippet.place_order("tea", 1) for _ in range(8)))

    run(snippet, work)
    assert stored(url) == (2, [("tea", 1)] * 8)


def test_dead_connection_is_handed_out_without_the_ping(url: str) -> None:
    unchecked = changed("pool_pre_ping=True", "pool_pre_ping=False")

    async def work() -> None:
        await unchecked.place_order("tea", 1)
        assert kill_connections(url) == 1
        with pytest.raises(OperationalError):
            await unchecked.place_order("tea", 1)

    run(unchecked, work)
    assert stored(url) == (9, [("tea", 1)])


def test_connection_that_dies_in_use_fails_its_unit_of_work_only(
    snippet: ModuleType, url: str
) -> None:
    async def broken() -> None:
        async with snippet.new_session.begin() as session:
            session.add(snippet.Order(sku="tea", quantity=1))
            await session.flush()
            assert kill_connections(url) == 1
            await session.execute(text("SELECT 1"))

    async def work() -> None:
        with pytest.raises(OperationalError):
            await broken()
        await snippet.place_order("tea", 2)

    run(snippet, work)
    assert stored(url) == (8, [("tea", 2)])


def test_eleventh_session_waits_and_fails(snippet: ModuleType) -> None:
    assert snippet.engine.pool.timeout() == 2
    hasty = changed("pool_timeout=2", "pool_timeout=0.2")

    async def work() -> float:
        async with AsyncExitStack() as stack:
            await fill_pool(hasty, 10, stack)
            began = time.monotonic()
            with pytest.raises(PoolTimeoutError):
                await fill_pool(hasty, 1, stack)
            waited = time.monotonic() - began
        assert hasty.engine.pool.checkedin() == 5
        return waited

    assert 0.19 < run(hasty, work) < 20  # the default would wait for 30 s


def test_connection_is_replaced_after_half_an_hour(
    snippet: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)

    async def connection() -> object:
        async with snippet.new_session() as session:
            return await session.scalar(text("SELECT pg_backend_pid()"))

    async def work() -> None:
        nonlocal now
        first = await connection()
        now += 1800
        assert await connection() == first
        now += 1
        assert await connection() != first

    run(snippet, work)


def test_server_ends_what_hangs(snippet: ModuleType) -> None:
    async def settings() -> list[object]:
        names = ["statement_timeout", "idle_in_transaction_session_timeout", "application_name"]
        async with snippet.new_session() as session:
            return [await session.scalar(text(f"SHOW {name}")) for name in names]

    assert run(snippet, settings) == ["5s", "10s", "orders"]


def test_server_that_does_not_answer_is_given_up_after_two_seconds(
    snippet: ModuleType, given_up: Future[float]
) -> None:
    async def parameters() -> dict[str, str]:
        async with snippet.engine.connect() as connection:
            raw = await connection.get_raw_connection()
            given: dict[str, str] = raw.driver_connection.info.get_parameters()
            return given

    assert run(snippet, parameters)["connect_timeout"] == "2"
    assert 1.9 < given_up.result() < 60  # the default would wait for 130 s


def test_shutdown_closes_every_connection(snippet: ModuleType, url: str) -> None:
    run(snippet, lambda: snippet.place_order("tea", 1))
    until(lambda: not sql(url, f"SELECT pid FROM pg_stat_activity WHERE {OURS}"), 30)


def test_committed_order_is_unreadable_if_it_expires(url: str) -> None:
    expiring = changed(", expire_on_commit=False", "")
    order = run(expiring, lambda: expiring.place_order("tea", 1))
    assert stored(url) == (9, [("tea", 1)])
    with pytest.raises(DetachedInstanceError):
        _ = order.id


def test_session_refuses_a_second_task(snippet: ModuleType) -> None:
    async def work() -> None:
        async with snippet.new_session() as session:
            both = [session.scalar(text("SELECT pg_sleep(0.1)")) for _ in range(2)]
            results = await asyncio.gather(*both, return_exceptions=True)
        assert [type(result) for result in results if result] == [InvalidRequestError]

    run(snippet, work)
