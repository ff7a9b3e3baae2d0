"""Only pages of ours with a valid token are heard, and only for as long as the token holds."""

import asyncio
import json
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import jwt
import pytest
import uvicorn
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.snippets.loading import loaded, snippet_path
from tests.snippets.processes import until

OURS = "https://app.example.com"
KEY = "k" * 32
Connect = Callable[..., ClientConnection]


@pytest.fixture(scope="module")
def snippet() -> Iterator[ModuleType]:
    """Give the snippet, imported once, for one server."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JWT_KEY", KEY)
        with loaded(snippet_path(Path(__file__))) as module:
            yield module


@contextmanager
def serving(app: Any, **options: Any) -> Iterator[tuple[uvicorn.Server, int]]:
    config = uvicorn.Config(app, port=0, log_config=None, log_level="warning", **options)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        until(lambda: server.started, 30)
        yield server, listener.getsockname()[1]
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def server(snippet: ModuleType) -> Iterator[tuple[uvicorn.Server, int]]:
    with serving(snippet.app) as running:
        yield running


@pytest.fixture
def connected(
    server: tuple[uvicorn.Server, int], caplog: pytest.LogCaptureFixture
) -> Iterator[Connect]:
    running, port = server
    address = f"ws://127.0.0.1:{port}/orders/live"
    yield lambda origin=OURS: connect(address, origin=origin, open_timeout=30)
    until(lambda: not running.server_state.tasks, 30)
    assert [r.message for r in caplog.records if r.levelno >= logging.ERROR] == []


def token(account: str = "7", seconds: float = 300, **changed: Any) -> str:
    claims = {"sub": account, "aud": "live-orders", "exp": time.time() + seconds, **changed}
    present = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(present, changed.get("key", KEY), changed.get("algorithm", "HS256"))


def say(client: ClientConnection, **message: Any) -> dict[str, Any]:
    client.send(json.dumps(message))
    return json.loads(client.recv(timeout=30))


def closed(client: ClientConnection) -> tuple[int, str]:
    """Wait until the server closes, and give its code and reason."""
    with pytest.raises(ConnectionClosedError) as ended:
        list(iter(lambda: client.recv(timeout=30), None))  # past what it said before
    assert ended.value.rcvd is not None
    return ended.value.rcvd.code, ended.value.rcvd.reason


def test_page_with_a_token_is_heard(connected: Connect) -> None:
    with connected() as client:
        welcome = say(client, token=token())
        assert welcome["account"] == "7"
        assert welcome["until"] == pytest.approx(time.time() + 300, abs=5)
        assert say(client, watch=12) == {"watching": 12}


@pytest.mark.parametrize("origin", ["https://evil.example", None])
def test_foreign_page_gets_403_and_no_connection(connected: Connect, origin: str | None) -> None:
    with pytest.raises(InvalidStatus) as refused:
        connected(origin=origin)
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize(
    "bad",
    [
        {"seconds": -1},
        {"aud": "invoices"},
        {"aud": None},
        {"exp": None},
        {"sub": None},
        {"key": "x" * 32},
        {"key": "k" * 64, "algorithm": "HS512"},
        {"key": None, "algorithm": "none"},
    ],
    ids=str,
)
def test_token_that_is_not_valid_closes_with_4401(connected: Connect, bad: dict[str, Any]) -> None:
    with connected() as client:
        client.send(json.dumps({"token": token(**bad)}))
        assert closed(client) == (4401, "a valid token is needed")


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ('{"watch": 12}', "not understood"),
        ('{"token": 7}', "not understood"),
        ("[]", "not understood"),
        ("hello", "not text, or not JSON"),
        (b'{"watch": 12}', "not text, or not JSON"),
    ],
)
def test_anything_before_a_token_closes_with_1008(
    connected: Connect, message: str | bytes, reason: str
) -> None:
    with connected() as client:
        client.send(message)
        assert closed(client) == (1008, reason)


def test_server_that_gives_both_kinds_is_understood(snippet: ModuleType) -> None:
    """ASGI allows `text: None` beside `bytes`; Uvicorn leaves it out."""
    received: list[dict[str, Any]] = [
        {"type": "websocket.connect"},
        {"type": "websocket.receive", "bytes": b"{}", "text": None},
    ]
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return received.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "websocket",
        "path": "/orders/live",
        "headers": [(b"origin", OURS.encode())],
        "query_string": b"",
        "subprotocols": [],
    }
    asyncio.run(snippet.app(scope, receive, send))
    assert [message["type"] for message in sent] == ["websocket.accept", "websocket.close"]
    assert sent[-1]["code"] == 1008


def test_client_that_says_nothing_is_let_go(
    connected: Connect, snippet: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert snippet.PATIENCE == 5
    monkeypatch.setattr(snippet, "PATIENCE", 0.3)
    with connected() as client:
        began = time.monotonic()
        assert closed(client) == (4401, "a valid token is needed")
        assert time.monotonic() - began > 0.2


def put_clock_forward(snippet: ModuleType, patch: pytest.MonkeyPatch, seconds: float) -> None:
    """Let tokens end so much earlier: PyJWT cuts `exp` to whole seconds, so a short one is none."""
    patch.setattr(snippet, "time", SimpleNamespace(time=lambda: time.time() + seconds))
    patch.setattr(snippet, "PATIENCE", 60)


def test_connection_ends_with_its_token(
    connected: Connect, snippet: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_clock_forward(snippet, monkeypatch, 299.5)
    with connected() as client:
        began = time.monotonic()
        client.send(json.dumps({"token": token()}))
        assert closed(client) == (4401, "a valid token is needed")
        assert time.monotonic() - began > 0.4


def test_new_token_prolongs_the_connection(
    connected: Connect, snippet: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_clock_forward(snippet, monkeypatch, 298)
    with connected() as client:
        say(client, token=token())
        say(client, token=token(seconds=600))
        with pytest.raises(TimeoutError):
            client.recv(timeout=2.2)
        assert say(client, watch=12) == {"watching": 12}


def test_token_of_another_account_does_not_take_over(connected: Connect) -> None:
    with connected() as client:
        say(client, token=token("7"))
        client.send(json.dumps({"token": token("8")}))
        assert closed(client) == (4401, "token of another account")


def test_client_that_no_longer_answers_pings_is_let_go(
    snippet: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With shorter times than the 20 s and 20 s that Uvicorn has by default."""
    monkeypatch.setattr(snippet, "PATIENCE", 60)
    config = uvicorn.Config(snippet.app)
    assert (config.ws_ping_interval, config.ws_ping_timeout) == (20, 20)
    assert config.ws_max_size == 16 * 1024 * 1024
    request = (
        "GET /orders/live HTTP/1.1\r\nHost: shop\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Origin: {OURS}\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    options = {"ws_ping_interval": 0.2, "ws_ping_timeout": 0.2}
    with (
        serving(snippet.app, **options) as (server, port),
        socket.create_connection(("127.0.0.1", port), timeout=30) as silent,
    ):
        silent.sendall(request.encode())
        assert silent.recv(1000).startswith(b"HTTP/1.1 101 ")
        until(lambda: not server.server_state.tasks, 30)
