"""An event of API Gateway becomes a request and its answer, and connections outlive it."""

import asyncio
import base64
import json
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse
from mangum import Mangum

from tests.snippets.loading import loaded, snippet_path

# Mangum 0.22 asks for the current event loop as it is made and makes one if there is none.
pytestmark = pytest.mark.filterwarnings("ignore:There is no current event loop:DeprecationWarning")


@dataclass
class Context:
    aws_request_id: str = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"


@dataclass
class Rates:
    """A server of exchange rates that knows dollars, and how it was asked."""

    connections: int = 0
    asked: list[dict[str, list[str]]] = field(default_factory=list)
    url: str = ""


@pytest.fixture(autouse=True)
def rates(monkeypatch: pytest.MonkeyPatch) -> Iterator[Rates]:
    seen = Rates()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            seen.connections += 1

        def do_GET(self) -> None:
            query = parse_qs(urlsplit(self.path).query)
            seen.asked.append(query)
            body = {"USD": b"1.0875", "XXX": b"?"}.get(query["symbol"][0], b"")
            self.send_response({b"": 404, b"?": 503}.get(body, 200))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        seen.url = f"http://127.0.0.1:{server.server_address[1]}"
        monkeypatch.setenv("RATES_URL", seen.url)
        yield seen
        server.shutdown()
        thread.join()


@contextmanager
def deployed(request: pytest.FixtureRequest) -> Iterator[ModuleType]:
    """Give the snippet in an event loop of its own, which ends with the block."""
    with closing(asyncio.new_event_loop()) as loop:
        asyncio.set_event_loop(loop)
        with loaded(snippet_path(request.path)) as module:
            yield module
            loop.run_until_complete(module.rates.aclose())
        asyncio.set_event_loop(None)


@pytest.fixture
def function(request: pytest.FixtureRequest) -> Iterator[ModuleType]:
    with deployed(request) as module:
        yield module


def event(path: str, query: str = "", **further: Any) -> dict[str, Any]:
    """Give what an HTTP API (payload 2.0) sends."""
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {"Host": "api.example.com", "X-Forwarded-Proto": "https"},
        "requestContext": {
            "http": {"method": "GET", "path": path, "sourceIp": "203.0.113.9"},
            "stage": "$default",
        },
        "isBase64Encoded": False,
        **further,
    }


def test_event_is_answered(function: ModuleType, rates: Rates) -> None:
    answer = function.handler(event("/prices/USD", "euros=19.99"), Context())
    assert answer["statusCode"] == 200
    assert json.loads(answer["body"]) == {"currency": "USD", "amount": "21.74"}
    assert answer["isBase64Encoded"] is False
    assert answer["headers"]["x-request-id"] == Context().aws_request_id
    assert rates.asked == [{"base": ["EUR"], "symbol": ["USD"]}]


def test_errors_are_answers_and_the_invocation_succeeds(function: ModuleType) -> None:
    unknown = function.handler(event("/prices/EEK", "euros=1"), Context())
    assert unknown["statusCode"] == 404
    assert json.loads(unknown["body"]) == {"detail": "No rate for this currency"}
    for wrong in ("euros=0", "euros=many", ""):
        assert function.handler(event("/prices/USD", wrong), Context())["statusCode"] == 422
    broken = function.handler(event("/prices/XXX", "euros=1"), Context())
    assert (broken["statusCode"], broken["body"]) == (500, "Internal Server Error")


def test_connection_outlives_the_invocation(function: ModuleType, rates: Rates) -> None:
    assert function.rates.timeout.read == 2
    for _ in range(3):
        assert function.handler(event("/prices/USD", "euros=1"), Context())["statusCode"] == 200
    assert (len(rates.asked), rates.connections) == (3, 1)


def test_lifespan_is_off_and_would_run_in_every_invocation(function: ModuleType) -> None:
    started = 0

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        nonlocal started
        started += 1
        yield

    assert function.handler.lifespan == "off"
    automatic: Any = Mangum(FastAPI(lifespan=lifespan))
    for _ in range(3):
        automatic(event("/"), Context())
    assert started == 3


def test_named_stage_is_cut_from_the_path(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    staged = event("/prod/prices/USD", "euros=1")
    with deployed(request) as function:
        assert function.handler(staged, Context())["statusCode"] == 404
    monkeypatch.setenv("STAGE_PATH", "/prod")
    with deployed(request) as function:
        assert function.handler(staged, Context())["statusCode"] == 200


def test_client_body_and_stream_pass_through(function: ModuleType) -> None:
    @function.app.post("/echo")
    async def echo(request: Request) -> Response:
        assert request.client is not None
        assert (request.client.host, request.url.scheme) == ("203.0.113.9", "https")
        return Response(await request.body(), media_type="application/pdf")

    @function.app.get("/stream")
    async def stream() -> StreamingResponse:
        return StreamingResponse(iter(["one ", "two"]), media_type="text/plain")

    body = base64.b64encode(b"%PDF-1.7 \xff").decode()
    posted = event("/echo", body=body, isBase64Encoded=True)
    posted["requestContext"]["http"]["method"] = "POST"
    answer = function.handler(posted, Context())
    assert (answer["statusCode"], answer["body"]) == (200, body)
    assert answer["isBase64Encoded"] is True
    assert function.handler(event("/stream"), Context())["body"] == "one two"
