"""Every line is one JSON object; those of a request carry its id, whoever wrote them."""

import json
import logging
import logging.config
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from types import ModuleType
from typing import Any

import pytest
import structlog
from fastapi.testclient import TestClient
from starlette.responses import StreamingResponse
from starlette.websockets import WebSocketDisconnect
from uvicorn.config import LOGGING_CONFIG


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    yield
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    logging.basicConfig(handlers=[], force=True)


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> StringIO:
    """Give what is written to the terminal, errors too."""
    terminal = StringIO()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setattr(sys, "stderr", terminal)
    return terminal


@pytest.fixture
def client(snippet: ModuleType, said: StringIO) -> Iterator[TestClient]:
    logging.config.dictConfig(LOGGING_CONFIG)  # as Uvicorn does before it imports the application
    snippet.configure_logging()
    logging.getLogger("httpx2").setLevel(logging.WARNING)  # the client of this test
    with TestClient(snippet.app, raise_server_exceptions=False) as client:
        yield client


def lines(said: StringIO) -> list[dict[str, Any]]:
    """Give the lines that were logged since the last time."""
    written = said.getvalue().splitlines()
    said.seek(0)
    said.truncate()
    return [json.loads(line) for line in written]


def test_lines_of_a_request_carry_its_id_and_what_was_bound(
    client: TestClient, said: StringIO
) -> None:
    answer = client.post("/orders/7/pay")
    started, request = lines(said)
    assert started["event"] == "payment started"
    assert (started["provider"], started["level"], started["logger"]) == ("card", "info", "shop")
    assert started["request_id"] == request["request_id"] == answer.headers["x-request-id"]
    assert started["path"] == "/orders/7/pay"
    assert started["order_id"] == request["order_id"] == 7
    assert {key: request[key] for key in ("event", "method", "path", "status")} == {
        "event": "request",
        "method": "POST",
        "path": "/orders/7/pay",
        "status": 200,
    }


def test_times_are_in_utc(client: TestClient, said: StringIO) -> None:
    client.post("/orders/7/pay")
    for line in lines(said):
        written = datetime.fromisoformat(line["timestamp"])
        assert written.utcoffset() == timedelta(0)
        assert abs(datetime.now(UTC) - written) < timedelta(minutes=1)


def test_next_request_has_another_id_and_nothing_of_the_first(
    client: TestClient, said: StringIO
) -> None:
    structlog.contextvars.bind_contextvars(user="somebody before")
    client.post("/orders/7/pay")
    first = lines(said)[-1]
    client.get("/nowhere", headers={"X-Request-Id": "mine"})
    (second,) = lines(said)
    assert second["status"] == 404
    assert second["request_id"] not in {first["request_id"], "mine"}
    assert "order_id" not in second
    assert "user" not in first


def test_line_of_a_library_is_json_with_the_id(
    snippet: ModuleType, client: TestClient, said: StringIO
) -> None:
    async def call() -> None:
        logging.getLogger("library").warning("retrying %s of %d", "charge", 3)

    snippet.app.add_api_route("/call", call)
    answer = client.get("/call")
    library, _ = lines(said)
    assert (library["event"], library["level"]) == ("retrying charge of 3", "warning")
    assert library["logger"] == "library"
    assert library["request_id"] == answer.headers["x-request-id"]


def test_exception_is_an_object_without_local_variables(
    snippet: ModuleType, client: TestClient, said: StringIO
) -> None:
    async def sign_in() -> None:
        password = "hunter2"
        raise RuntimeError(len(password))

    snippet.app.add_api_route("/sign-in", sign_in)
    assert client.get("/sign-in").status_code == 500
    (line,) = lines(said)
    assert (line["level"], line["status"], line["path"]) == ("error", 500, "/sign-in")
    assert line["method"] == "GET"
    (raised,) = line["exception"]
    assert (raised["exc_type"], raised["exc_value"]) == ("RuntimeError", "7")
    assert raised["frames"][-1]["name"] == "sign_in"
    assert "hunter2" not in json.dumps(line)
    assert "locals" not in raised["frames"][-1]


def test_stream_that_fails_adds_a_second_line(
    snippet: ModuleType, client: TestClient, said: StringIO
) -> None:
    async def rows() -> AsyncIterator[str]:
        yield "order 1"
        raise RuntimeError

    async def export() -> StreamingResponse:
        return StreamingResponse(rows())

    snippet.app.add_api_route("/export", export)
    client.get("/export")
    begun, broken = lines(said)
    assert (begun["status"], broken["status"]) == (200, 500)
    assert begun["request_id"] == broken["request_id"]


def test_ready_made_tracebacks_would_show_local_variables() -> None:
    """What goes_wrong says."""

    def sign_in() -> None:
        password = "hunter2"
        raise RuntimeError(len(password))

    try:
        sign_in()
    except RuntimeError as error:
        event = structlog.processors.dict_tracebacks(None, "error", {"exc_info": error})
    assert "hunter2" in json.dumps(event)


def test_uvicorn_writes_each_line_once_and_no_access_log(
    client: TestClient, said: StringIO
) -> None:
    logging.getLogger("uvicorn.error").info("Application startup complete.")
    logging.getLogger("uvicorn.access").info('%s - "%s"', "127.0.0.1", "GET / HTTP/1.1")
    (line,) = lines(said)
    assert line["event"] == "Application startup complete."


def test_debug_lines_are_left_out_and_what_json_lacks_is_written_as_text(
    snippet: ModuleType, client: TestClient, said: StringIO
) -> None:
    snippet.log.debug("not said")
    snippet.log.info("said", when=datetime(2026, 11, 21, tzinfo=UTC))
    (line,) = lines(said)
    assert (line["event"], line["when"]) == ("said", "2026-11-21 00:00:00+00:00")


def test_sockets_pass_through(snippet: ModuleType, client: TestClient, said: StringIO) -> None:
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/nowhere"):
        pytest.fail("accepted")
    assert lines(said) == []
