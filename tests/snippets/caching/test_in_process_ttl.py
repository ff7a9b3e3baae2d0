"""Threads that miss together fetch once, for a minute; what they get cannot be changed."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx2
import pytest
from cachetools import TTLCache

from tests.snippets.processes import until


class Rates:
    """A server whose rate grows with each request."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.failing = False
        self.open = threading.Event()
        self.open.set()


@pytest.fixture(autouse=True)
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Rates]:
    rates = Rates()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            rates.paths.append(self.path)
            body = json.dumps({"USD": len(rates.paths)}).encode()
            rates.open.wait(60)
            self.send_response(503 if rates.failing else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 32  # five by default: the others of ten would try again in a second

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        monkeypatch.setenv("RATES_URL", f"http://127.0.0.1:{server.server_port}")
        yield rates
        rates.open.set()
        server.shutdown()
        thread.join()


def ten_at_once(module: ModuleType, server: Rates, fetches: int) -> list[Any]:
    server.open.clear()
    with ThreadPoolExecutor(10) as pool:
        asked = [pool.submit(module.rates, "EUR") for _ in range(10)]
        until(lambda: len(server.paths) >= fetches, 30)
        server.open.set()
        return [one.result()["USD"] for one in asked]


def test_threads_that_miss_together_fetch_once(snippet: ModuleType, server: Rates) -> None:
    assert ten_at_once(snippet, server, 1) == [1] * 10
    assert snippet.rates("EUR")["USD"] == 1
    assert snippet.rates("GBP")["USD"] == 2
    assert server.paths == ["/EUR", "/GBP"]
    info = snippet.rates.cache_info()
    assert (info.hits + info.misses, info.maxsize, info.currsize) == (12, 256, 2)


def test_lock_instead_of_the_condition_lets_each_thread_fetch(
    snippet_file: Path, server: Rates
) -> None:
    source = snippet_file.read_text("utf-8")
    assert source.count("condition=loading") == 1
    module = ModuleType("locked")
    exec(source.replace("condition=loading", "lock=Condition()"), vars(module))
    ten_at_once(module, server, 10)
    assert len(server.paths) == 10


def test_rate_lives_for_a_minute(
    snippet: ModuleType, server: Rates, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = snippet.rates.cache
    assert isinstance(cache, TTLCache)
    now = cache.timer()
    monkeypatch.setattr(cache._TimedCache__timer, "_Timer__timer", lambda: now)  # type: ignore[attr-defined]
    assert snippet.rates("EUR")["USD"] == 1
    now += 59
    assert snippet.rates("EUR")["USD"] == 1
    now += 1
    assert snippet.rates("EUR")["USD"] == 2


def test_changed_rate_is_fetched_again_and_alone(snippet: ModuleType, server: Rates) -> None:
    snippet.rates("EUR")
    snippet.rates("GBP")
    snippet.rates_changed("EUR")
    snippet.rates_changed("CHF")
    assert (snippet.rates("EUR")["USD"], snippet.rates("GBP")["USD"]) == (3, 2)


def test_error_is_raised_and_not_kept(snippet: ModuleType, server: Rates) -> None:
    server.failing = True
    with pytest.raises(httpx2.HTTPStatusError, match="503"):
        snippet.rates("EUR")
    server.failing = False
    assert snippet.rates("EUR")["USD"] == 2


def test_caller_cannot_change_what_others_get(snippet: ModuleType) -> None:
    with pytest.raises(TypeError, match="does not support item assignment"):
        snippet.rates("EUR")["USD"] = 0
