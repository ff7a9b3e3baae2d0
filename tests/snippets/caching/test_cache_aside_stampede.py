"""Ten callers that miss at once compute once, and a cache that is down or stuck costs no answer."""

import asyncio
import logging
import random
import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import redis
from redis.asyncio import Redis

from tests.snippets.loading import loaded
from tests.snippets.processes import until

KEY = "revenue:2026-10"
LOCK = f"lock:{KEY}"


class Query:
    """What is computed: a number that grows, once the gate is open."""

    def __init__(self) -> None:
        self.calls = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.error: Exception | None = None

    async def __call__(self) -> dict[str, int]:
        self.calls += 1
        number = self.calls
        await self.gate.wait()
        if self.error:
            raise self.error
        return {"cents": number}


@pytest.fixture(autouse=True)
def _address(monkeypatch: pytest.MonkeyPatch, valkey_url: str) -> None:
    # On a busy machine an answer may take longer than the snippet would wait.
    patient = "socket_timeout=30&socket_connect_timeout=30"
    monkeypatch.setenv("REDIS_URL", f"{valkey_url}?{patient}")


@pytest.fixture
def store(valkey_url: str) -> Iterator[Any]:
    with redis.Redis.from_url(valkey_url) as store:
        yield store


def run(module: ModuleType, steps: Callable[[Query], Awaitable[None]]) -> None:
    async def all_steps() -> None:
        await steps(Query())
        await module.cache.aclose()

    asyncio.run(all_steps())


async def called(query: Query, times: int) -> None:
    await asyncio.to_thread(until, lambda: query.calls >= times, 30)


def test_ten_misses_compute_once(
    snippet: ModuleType, store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    sleep = asyncio.sleep

    async def noted(seconds: float) -> None:
        pauses.append(seconds)
        await sleep(seconds)

    async def steps(query: Query) -> None:
        monkeypatch.setattr(asyncio, "sleep", noted)
        query.gate.clear()
        waiting = [asyncio.ensure_future(snippet.cached(KEY, query)) for _ in range(10)]
        await called(query, 1)
        assert 10_000 < store.pttl(LOCK) <= 20_000
        await asyncio.to_thread(until, lambda: len(pauses) >= 30, 30)
        query.gate.set()
        assert await asyncio.gather(*waiting) == [{"cents": 1}] * 10
        assert await snippet.cached(KEY, query) == {"cents": 1}
        assert query.calls == 1
        assert {*pauses} == {0.05}  # between two looks at the value
        assert not store.exists(LOCK)
        assert await snippet.cached(key="revenue:2026-11", compute=query) == {"cents": 2}

    run(snippet, steps)


@pytest.mark.parametrize(("pick", "seconds"), [(min, 540), (max, 660)])
def test_expiry_is_drawn_around_ten_minutes(
    snippet: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    store: Any,
    pick: Callable[[float, float], float],
    seconds: int,
) -> None:
    monkeypatch.setattr(random, "uniform", pick)

    async def steps(query: Query) -> None:
        await snippet.cached(KEY, query)

    run(snippet, steps)
    assert seconds - 60 < store.pttl(KEY) / 1000 <= seconds


def test_nothing_found_is_an_answer_too(snippet: ModuleType) -> None:
    calls = []

    async def nothing() -> None:
        calls.append(1)

    async def steps(_: Query) -> None:
        assert await snippet.cached(KEY, nothing) is None
        assert await snippet.cached(KEY, nothing) is None

    run(snippet, steps)
    assert len(calls) == 1


def test_error_reaches_its_caller_and_frees_the_lock(snippet: ModuleType, store: Any) -> None:
    async def steps(query: Query) -> None:
        query.error = ValueError("no such month")
        with pytest.raises(ValueError, match="no such month"):
            await snippet.cached(KEY, query)
        assert store.keys() == []
        query.error = None
        assert await snippet.cached(KEY, query) == {"cents": 2}

    run(snippet, steps)


def test_value_stored_between_look_and_lock_is_taken(
    snippet: ModuleType, monkeypatch: pytest.MonkeyPatch, store: Any
) -> None:
    lock = snippet.cache.lock

    def late(*args: Any, **options: Any) -> Any:
        late = lock(*args, **options)
        acquire = late.acquire

        async def after_the_last_holder(**options: Any) -> bool:
            store.set(KEY, '{"cents": 99}')
            return await acquire(**options)

        late.acquire = after_the_last_holder
        return late

    monkeypatch.setattr(snippet.cache, "lock", late)

    async def steps(query: Query) -> None:
        assert await snippet.cached(KEY, query) == {"cents": 99}
        assert query.calls == 0

    run(snippet, steps)
    assert not store.exists(LOCK)


def test_limits(snippet: ModuleType) -> None:
    assert snippet.cached.__kwdefaults__ == {"ttl": 600, "longest": 20, "patience": 5}


def test_patience_with_a_stuck_holder_ends(
    snippet: ModuleType, caplog: pytest.LogCaptureFixture
) -> None:
    async def steps(query: Query) -> None:
        query.gate.clear()
        stuck = asyncio.ensure_future(snippet.cached(KEY, query))
        await called(query, 1)
        start = time.monotonic()
        waiting = asyncio.ensure_future(snippet.cached(KEY, query, patience=0.3))
        await called(query, 2)
        assert 0.3 <= time.monotonic() - start < 4  # by default 5
        query.gate.set()
        assert (await stuck, await waiting) == ({"cents": 1}, {"cents": 2})

    run(snippet, steps)
    assert caplog.messages == [f"{KEY} is computed without the cache: TimeoutError()"]


def test_holder_beyond_its_time_leaves_the_lock_of_the_next(
    snippet: ModuleType, store: Any
) -> None:
    async def steps(query: Query) -> None:
        query.gate.clear()
        slow = asyncio.ensure_future(snippet.cached(KEY, query, longest=0.2))
        await called(query, 1)
        second = Query()
        second.gate.clear()
        waiting = asyncio.ensure_future(snippet.cached(KEY, second))
        await called(second, 1)
        query.gate.set()
        await slow
        assert store.exists(LOCK)
        second.gate.set()
        await waiting
        assert not store.exists(LOCK)

    run(snippet, steps)


def test_without_a_server_each_caller_computes(
    snippet_file: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setattr(random, "uniform", max)  # the longest pauses, if there were any

    async def steps(query: Query) -> None:
        start = time.monotonic()
        assert await module.cached(KEY, query) == {"cents": 1}
        assert await module.cached(KEY, query) == {"cents": 2}
        assert time.monotonic() - start < 4  # and not the patience of each

    with loaded(snippet_file) as module:
        run(module, steps)
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 2


def test_client_by_host_would_keep_the_caller_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "uniform", max)  # the longest pauses

    async def get() -> None:
        async with Redis(host="127.0.0.1", port=1) as client, asyncio.timeout(0.5):
            await client.get(KEY)

    with pytest.raises(TimeoutError):
        asyncio.run(get())


def test_silent_server_costs_much_less_than_the_patience(
    snippet_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("REDIS_URL", f"redis://127.0.0.1:{silent.getsockname()[1]}/0")

        async def steps(query: Query) -> None:
            start = time.monotonic()
            assert await module.cached(KEY, query) == {"cents": 1}
            assert 0.3 < time.monotonic() - start < 4

        with loaded(snippet_file) as module:
            limits = module.cache.connection_pool.connection_kwargs
            assert (limits["socket_connect_timeout"], limits["socket_timeout"]) == (0.2, 0.2)
            run(module, steps)


def test_value_deleted_while_it_is_computed_comes_back(snippet: ModuleType, store: Any) -> None:
    async def steps(query: Query) -> None:
        query.gate.clear()
        late = asyncio.ensure_future(snippet.cached(KEY, query))
        await called(query, 1)
        store.delete(KEY)
        query.gate.set()
        await late
        assert await snippet.cached(KEY, query) == {"cents": 1}

    run(snippet, steps)
