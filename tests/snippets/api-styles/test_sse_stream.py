"""A listener gets each event once, also after a break, and leaves nothing behind."""

import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx2
import pytest
import redis
import uvicorn

from tests.snippets.loading import snippet_path
from tests.snippets.processes import Process, started, until

COMMAND = ["uvicorn", "sse_stream:app", "--port", "0", "--timeout-graceful-shutdown", "1"]


@contextmanager
def serving(valkey_url: str) -> Iterator[tuple[Process, str]]:
    folder = snippet_path(Path(__file__)).parent
    with started(COMMAND, folder, {"REDIS_URL": valkey_url}) as server:
        said = server.says("Uvicorn running on ")
        yield server, said.partition("Uvicorn running on ")[2].split()[0]


@pytest.fixture(autouse=True)
def _url(monkeypatch: pytest.MonkeyPatch, valkey_url: str) -> None:
    monkeypatch.setenv("REDIS_URL", valkey_url)


@pytest.fixture
def broker(valkey_url: str) -> Iterator[Any]:
    with redis.Redis.from_url(valkey_url, decode_responses=True) as client:
        yield client


@pytest.fixture
def client(snippet: ModuleType) -> Iterator[httpx2.Client]:
    server = uvicorn.Server(uvicorn.Config(snippet.app, port=0, log_level="warning"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        until(lambda: server.started)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with httpx2.Client(base_url=url, timeout=5) as client:
            yield client
        server.should_exit = True
        thread.join()


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
        until(lambda: blocked(broker) == 1)
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


@pytest.mark.parametrize("last", ["$", "1", "1-2-3", "x1-1"])
def test_position_that_nobody_was_given_is_refused(client: httpx2.Client, last: str) -> None:
    answer = client.get("/orders/7/events", headers={"Last-Event-ID": last})
    assert answer.status_code == 422


def test_client_that_goes_ends_its_wait(client: httpx2.Client, broker: Any) -> None:
    with listening(client), listening(client):
        until(lambda: blocked(broker) == 2)
    until(lambda: blocked(broker) == 0, seconds=2)  # before the wait would end by itself


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


def test_open_stream_holds_up_the_stop_until_its_timeout(valkey_url: str, broker: Any) -> None:
    with serving(valkey_url) as (server, url), httpx2.Client(base_url=url) as client:
        with listening(client):
            until(lambda: blocked(broker) == 1)
            server.process.send_signal(signal.SIGTERM)
            server.says("Waiting for connections to close")
            server.says("timeout graceful shutdown exceeded", 5)
        assert server.process.wait(5) is not None
