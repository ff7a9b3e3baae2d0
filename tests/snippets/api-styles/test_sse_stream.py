"""A listener gets each event once, also after a break, and leaves nothing behind."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import httpx2
import pytest
import redis
import uvicorn

from tests.snippets.processes import until


@pytest.fixture(autouse=True)
def _url(monkeypatch: pytest.MonkeyPatch, valkey_url: str) -> None:
    monkeypatch.setenv("REDIS_URL", valkey_url)


@pytest.fixture
def broker(valkey_url: str) -> Iterator[Any]:
    with redis.Redis.from_url(valkey_url, decode_responses=True) as client:
        yield client


@contextmanager
def serving(app: Any, **options: Any) -> Iterator[tuple[uvicorn.Server, str]]:
    config = uvicorn.Config(app, port=0, log_config=None, log_level="info", **options)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        until(lambda: server.started, 30)
        yield server, f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@pytest.fixture
def client(snippet: ModuleType) -> Iterator[httpx2.Client]:
    with serving(snippet.app) as (_, url), httpx2.Client(base_url=url, timeout=30) as client:
        yield client


def change(client: httpx2.Client, *statuses: str, order: int = 7) -> None:
    for status in statuses:
        answer = client.post(f"/orders/{order}/status", params={"status": status})
        assert answer.status_code == 204


@contextmanager
def listening(
    client: httpx2.Client, last: str | None = None, order: int = 7
) -> Iterator[Iterator[dict[str, str]]]:
    """Give the events as they come, each as its fields."""
    headers = {"Last-Event-ID": last} if last else {}
    with client.stream("GET", f"/orders/{order}/events", headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["x-accel-buffering"] == "no"
        yield parsed(answer.iter_lines())


def parsed(lines: Iterator[str]) -> Iterator[dict[str, str]]:
    event: dict[str, str] = {}
    for line in lines:
        if line.startswith(":"):
            continue
        if line:
            name, _, value = line.partition(": ")
            event[name] = value
        elif event:
            yield event
            event = {}


def blocked(broker: Any) -> int:
    return broker.info("clients")["blocked_clients"]


def test_events_come_as_they_happen_and_the_last_ends_the_stream(
    client: httpx2.Client, broker: Any
) -> None:
    change(client, "paid")
    change(client, "sent", order=8)
    with listening(client) as events:
        first = next(events)
        assert first.pop("id")
        assert first == {"event": "status", "data": '"paid"', "retry": "2000"}
        until(lambda: blocked(broker) == 1, 30)
        change(client, "packed", "delivered")
        assert [event["data"] for event in events] == ['"packed"', '"delivered"']


def test_listener_that_comes_back_goes_on_after_its_last_event(client: httpx2.Client) -> None:
    change(client, "paid", "packed")
    with listening(client) as events:
        last = next(events)["id"]
    change(client, "sent", "delivered")
    with listening(client, last) as events:
        assert [event["data"] for event in events] == ['"packed"', '"sent"', '"delivered"']


def test_listener_that_has_the_end_is_told_to_stay_away(client: httpx2.Client) -> None:
    change(client, "delivered")
    with listening(client) as events:
        (event,) = events
    again = client.get("/orders/7/events", headers={"Last-Event-ID": event["id"]})
    assert (again.status_code, again.content) == (204, b"")
    change(client, "paid", order=8)
    with listening(client, event["id"], order=8) as events:  # an end of this order alone
        assert next(events)["data"] == '"paid"'


def test_position_that_nobody_was_given_is_refused(client: httpx2.Client) -> None:
    for last in ("$", "1", "1-2-3", "x1-1"):
        answer = client.get("/orders/7/events", headers={"Last-Event-ID": last})
        assert (last, answer.status_code) == (last, 422)


def test_client_that_goes_ends_its_wait(
    snippet: ModuleType,
    client: httpx2.Client,
    broker: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # So long a wait that it does not end by itself.
    monkeypatch.setattr(snippet, "BLOCK_MS", 110_000)
    settings = snippet.valkey.connection_pool.connection_kwargs
    monkeypatch.setitem(settings, "socket_timeout", 120)
    with listening(client), listening(client):
        until(lambda: blocked(broker) == 2, 30)
    until(lambda: blocked(broker) == 0, 30)


def test_old_events_go(client: httpx2.Client, broker: Any) -> None:
    for _ in range(103):
        broker.xadd("orders:7", {"status": "packed"})
    change(client, "sent")
    assert broker.xlen("orders:7") == 100
    assert 86_390 < broker.ttl("orders:7") <= 86_400


def test_wait_is_shorter_than_the_timeout_of_the_socket(snippet: ModuleType) -> None:
    pool = snippet.valkey.connection_pool
    assert snippet.BLOCK_MS / 1000 + 1 < pool.make_connection().socket_timeout == 5
    assert pool.max_connections == 1010


def test_open_stream_holds_up_the_stop_until_its_timeout(
    snippet: ModuleType, broker: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "uvicorn.error")
    with (
        serving(snippet.app, timeout_graceful_shutdown=1) as (server, url),
        httpx2.Client(base_url=url, timeout=30) as client,
        listening(client),
    ):
        until(lambda: blocked(broker) == 1, 30)
        server.should_exit = True
        until(lambda: "Waiting for connections to close" in caplog.text, 30)
        until(lambda: "timeout graceful shutdown exceeded" in caplog.text, 30)
