"""A price is fetched once for many callers, early while it is hot, and again after its tag."""

import asyncio
import json
import pickle
import random
import re
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx2
import pytest
import redis
import time_machine
from cashews import Cache
from cashews.exceptions import UnSecureDataError
from redis.asyncio import Redis

from tests.snippets.processes import until

# cashews calls a method of redis-py that has been renamed.
pytestmark = pytest.mark.filterwarnings("ignore:Call to deprecated close:DeprecationWarning")
PRICE = "early:v2:price:a"
LIST = "price-list:eu"


class Pricing:
    """A server whose prices grow by one cent with each request."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.failing = False
        self.open = threading.Event()
        self.open.set()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        self.paths.append(request.path)
        body = json.dumps({"cents": len(self.paths)}).encode()
        self.open.wait(60)
        request.send_response(503 if self.failing else 200)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)


@pytest.fixture
def pricing(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pricing]:
    pricing = Pricing()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            pricing.answer(self)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        monkeypatch.setenv("PRICING_URL", f"http://127.0.0.1:{server.server_port}")
        yield pricing
        pricing.open.set()
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def _addresses(monkeypatch: pytest.MonkeyPatch, valkey_url: str, pricing: Pricing) -> None:
    monkeypatch.setenv("REDIS_URL", valkey_url)
    monkeypatch.setenv("CACHE_SECRET", "correct horse")


@pytest.fixture
def store(valkey_url: str) -> Iterator[Any]:
    with redis.Redis.from_url(valkey_url) as store:
        yield store


def run(cache: Cache, steps: Callable[[], Awaitable[None]]) -> None:
    async def all_steps() -> None:
        await steps()
        await cache.close()

    asyncio.run(all_steps())


@pytest.fixture
def snippet(snippet: ModuleType) -> ModuleType:
    return patient(snippet)


def patient(module: ModuleType) -> ModuleType:
    """Let it wait for an answer that a busy machine gives late."""
    backend = module.cache._get_backend("any")
    limits = {"socket_timeout": 0.2, "socket_connect_timeout": 0.2}
    assert backend._kwargs.items() >= limits.items()
    backend._kwargs.update(dict.fromkeys(limits, 30))
    return module


def variant(snippet_file: Path, old: str = "", new: str = "") -> ModuleType:
    """Give the snippet, or one that was changed, as another process would have it."""
    source = snippet_file.read_text("utf-8")
    assert not old or source.count(old) == 1
    module = ModuleType("variant")
    exec(source.replace(old, new) if old else source, vars(module))
    return module


@pytest.fixture
def sets(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give the keys that are written from now on, a lock with each attempt to take it."""
    keys: list[str] = []
    execute = Redis.execute_command

    async def noted(self: Redis, command: str, *args: Any, **options: Any) -> Any:
        if command == "SET":
            keys.append(args[0])
        return await execute(self, command, *args, **options)

    monkeypatch.setattr(Redis, "execute_command", noted)
    return keys


async def seconds_of_sets(sets: list[str], number: int) -> float:
    """Give how long it takes until so many further attempts at the lock have come."""
    start, before = time.monotonic(), len(sets)
    await eventually(lambda: len(sets) >= before + number)
    return time.monotonic() - start


async def eventually(holds: Callable[[], object]) -> None:
    await asyncio.to_thread(until, holds, 30)


def test_callers_of_a_cold_price_share_one_fetch(snippet: ModuleType, pricing: Pricing) -> None:
    async def steps() -> None:
        assert await asyncio.gather(*[snippet.price("a") for _ in range(10)]) == [1] * 10
        assert await snippet.price("a") == 1
        assert await snippet.price("b") == 2

    run(snippet.cache, steps)
    assert pricing.paths == ["/prices/a", "/prices/b"]


def test_hot_price_is_renewed_while_the_old_one_is_served(
    snippet: ModuleType, pricing: Pricing, store: Any
) -> None:
    start = datetime(2026, 11, 21, 12, tzinfo=UTC)

    async def steps() -> None:
        with time_machine.travel(start, tick=False) as clock:
            await snippet.price("a")
            clock.shift(timedelta(minutes=5))
            assert await snippet.price("a") == 1
            assert len(pricing.paths) == 1
            clock.shift(timedelta(seconds=1))
            pricing.open.clear()
            assert await asyncio.gather(*[snippet.price("a") for _ in range(10)]) == [1] * 10
            assert await snippet.price("a") == 1
            await eventually(lambda: len(pricing.paths) == 2)
            pricing.open.set()
            await eventually(lambda: not store.exists(f"{PRICE}:lock"))
            assert await snippet.price("a") == 2

    run(snippet.cache, steps)
    assert len(pricing.paths) == 2


@pytest.mark.parametrize(("pick", "seconds"), [(min, 540), (max, 660)])
def test_expiry_is_drawn_around_ten_minutes(
    snippet: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    store: Any,
    pick: Callable[[float, float], float],
    seconds: int,
) -> None:
    monkeypatch.setattr(random, "uniform", pick)

    async def steps() -> None:
        await snippet.price("a")
        await snippet.price_list("eu")

    run(snippet.cache, steps)
    for key in (PRICE, LIST):
        assert seconds - 60 < store.ttl(key) <= seconds


def test_one_process_computes_a_cold_list_and_the_others_wait(
    snippet_file: Path, pricing: Pricing, store: Any, sets: list[str]
) -> None:
    processes = [patient(variant(snippet_file)) for _ in range(4)]

    async def steps() -> None:
        pricing.open.clear()
        waiting = [
            asyncio.ensure_future(each.price_list("eu")) for each in processes for _ in range(5)
        ]
        await eventually(lambda: pricing.paths)
        (lock,) = store.keys("locked:*")
        assert 10_000 < store.pttl(lock) <= 20_000
        assert await seconds_of_sets(sets, 30) > 0.4  # three processes, each twenty a second
        pricing.open.set()
        assert await asyncio.gather(*waiting) == [{"cents": 1}] * 20
        assert pricing.paths == ["/price-lists/eu"]
        before = len(sets)
        assert await processes[0].price_list("eu") == {"cents": 1}
        assert len(sets) == before
        for each in processes:
            await each.cache.close()

    asyncio.run(steps())


def test_option_lock_asks_without_a_pause_and_locks_for_hits_too(
    snippet_file: Path, pricing: Pricing, sets: list[str]
) -> None:
    text = snippet_file.read_text("utf-8")
    found = re.search(
        r"^@cache\(ttl=ten_minutes, key=\"price-list.*?(?=^async def)",
        text,
        re.MULTILINE | re.DOTALL,
    )
    assert found is not None
    option = '@cache(ttl="20s", key="price-list:{region}", lock=True)\n'
    processes = [patient(variant(snippet_file, found[0], option)) for _ in range(2)]

    async def steps() -> None:
        pricing.open.clear()
        waiting = [asyncio.ensure_future(each.price_list("eu")) for each in processes]
        await eventually(lambda: pricing.paths)
        await seconds_of_sets(sets, 500)  # one alone, so without a pause
        pricing.open.set()
        assert await asyncio.gather(*waiting) == [{"cents": 1}] * 2
        before = len(sets)
        assert await processes[0].price_list("eu") == {"cents": 1}
        assert len(sets) == before + 1
        for each in processes:
            await each.cache.close()

    asyncio.run(steps())


def test_tag_takes_back_what_carries_it(snippet: ModuleType, pricing: Pricing, store: Any) -> None:
    async def read() -> list[Any]:
        return [
            await snippet.price("a"),
            await snippet.price("b"),
            (await snippet.price_list("eu"))["cents"],
        ]

    async def steps() -> None:
        assert await read() == [1, 2, 3]
        await snippet.price_changed("a")
        assert await read() == [4, 2, 3]
        await snippet.prices_changed()
        assert await read() == [5, 6, 7]

    run(snippet.cache, steps)


def test_short_lived_key_shortens_the_life_of_its_tag(snippet: ModuleType, store: Any) -> None:
    async def steps() -> None:
        await snippet.price("a")
        await snippet.cache.set("other", 1, expire="1s", tags=["prices"])
        until(lambda: not store.exists("_tag:prices"), 30)
        await snippet.prices_changed()
        assert await snippet.price("a") == 1

    run(snippet.cache, steps)


def test_fetch_under_way_brings_the_old_price_back(snippet: ModuleType, pricing: Pricing) -> None:
    async def steps() -> None:
        pricing.open.clear()
        late = asyncio.ensure_future(snippet.price("a"))
        await eventually(lambda: pricing.paths)
        await snippet.price_changed("a")
        pricing.open.set()
        await late
        assert await snippet.price("a") == 1

    run(snippet.cache, steps)


def test_error_is_raised_and_not_kept(snippet: ModuleType, pricing: Pricing) -> None:
    async def steps() -> None:
        pricing.failing = True
        with pytest.raises(httpx2.HTTPStatusError, match="503"):
            await snippet.price("a")
        pricing.failing = False
        assert await snippet.price("a") == 2

    run(snippet.cache, steps)


def test_dead_server_costs_a_fetch_and_a_log_entry_each(
    snippet_file: Path,
    pricing: Pricing,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    snippet = variant(snippet_file)

    async def steps() -> None:
        assert [await snippet.price("a"), await snippet.price("a")] == [1, 2]
        assert (await snippet.price_list("eu"))["cents"] == 3

    run(snippet.cache, steps)
    assert "redis: can not execute command: GET" in caplog.messages


def test_server_that_does_not_answer_is_left_soon(
    snippet_file: Path, pricing: Pricing, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        monkeypatch.setenv("REDIS_URL", f"redis://127.0.0.1:{port}/0")
        snippet = variant(snippet_file)

        async def steps() -> None:
            start = time.monotonic()
            await snippet.cache.get("any")
            assert 0.15 < time.monotonic() - start < 10

        run(snippet.cache, steps)


def test_only_signed_values_are_read(snippet: ModuleType, pricing: Pricing, store: Any) -> None:
    async def steps() -> None:
        assert await snippet.price("a") == 1
        assert store.get(PRICE).startswith(b"sha256:")
        store.set(PRICE, pickle.dumps([datetime.max.replace(tzinfo=UTC), 99]))
        assert await snippet.price("a") == 2
        store.set(PRICE, store.get(PRICE)[:-1] + b"!")
        with pytest.raises(UnSecureDataError):
            await snippet.price("a")

    run(snippet.cache, steps)


def test_json_has_no_place_for_the_time_that_early_notes(
    snippet_file: Path, pricing: Pricing
) -> None:
    snippet = variant(snippet_file, 'digestmod="sha256"', 'pickle_type="json"')

    async def steps() -> None:
        with pytest.raises(TypeError, match="datetime is not JSON serializable"):
            await snippet.price("a")

    run(snippet.cache, steps)
