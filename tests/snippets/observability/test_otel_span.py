"""Spans reach the collector in one trace, with attributes and errors, and none is lost."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from tests.snippets.loading import snippet_path
from tests.snippets.processes import Process, started

CALLER = "4bf92f3577b34da6a3ce929d0e0e4736"
CALLERS_SPAN = "00f067aa0ba902b7"
DECLINED, SLOW = 402, 99


class Server(ThreadingHTTPServer):
    """The collector of spans and the card service in one."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.exports: list[ExportTraceServiceRequest] = []
        self.charges: list[tuple[dict[str, int], str]] = []
        self.released = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def spans(self) -> list[Span]:
        return [
            span
            for export in self.exports
            for resource in export.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


class Handler(BaseHTTPRequestHandler):
    server: Any

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status = 200
        if self.path == "/v1/traces":
            self.server.exports.append(ExportTraceServiceRequest.FromString(body))
        else:
            asked = json.loads(body)
            self.server.charges.append((asked, self.headers["traceparent"]))
            if asked["cents"] == SLOW:
                self.server.released.wait(20)
            status = asked["cents"] if asked["cents"] == DECLINED else 200
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def served() -> Iterator[Server]:
    """Serve the snippet for a few requests, stop it, and give what arrived until then."""
    with listening() as server:
        file = snippet_path(Path(__file__))
        with service(file.parent, server) as (process, url):
            answers = pay(url)
            assert server.exports == []  # it sends after a minute here; the end comes before
            process.process.terminate()
            process.process.wait(20)
        assert answers == [
            (200, {"status": "paid"}),
            (500, None),
            (200, {"status": "pending"}),
        ]
        yield server


@contextmanager
def listening() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.released.set()
        server.shutdown()
        thread.join()


@contextmanager
def service(folder: Path, server: Server) -> Iterator[tuple[Process, str]]:
    env = {
        "CARDS_URL": server.url,
        "RELEASE": "2026.11.3",
        "OTEL_EXPORTER_OTLP_ENDPOINT": server.url,
        "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=test,service.name=other",
        "OTEL_BSP_SCHEDULE_DELAY": "60000",
    }
    command = ["uvicorn", "otel_span:app", "--port", "0", "--no-access-log"]
    with started(command, folder, env) as process:
        said = process.says("Uvicorn running on ")
        yield process, said.partition("Uvicorn running on ")[2].split()[0]


def pay(url: str) -> list[tuple[int, Any]]:
    """Pay an order that is accepted, one that is declined, and one without an answer."""
    given = []
    for number, cents in enumerate((1250, DECLINED, SLOW), 1):
        headers = {"traceparent": f"00-{CALLER}-{CALLERS_SPAN}-01"} if number == 1 else {}
        answer = httpx2.post(
            f"{url}/orders/{number}/payment", params={"cents": cents}, headers=headers, timeout=10
        )
        given.append((answer.status_code, answer.json() if answer.is_success else None))
    return given


def attributes(thing: Any) -> dict[str, Any]:
    return {
        pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in thing.attributes
    }


def charged(server: Server) -> list[Span]:
    """Give the spans of the snippet itself in the order of the orders."""
    return sorted(
        (span for span in server.spans if span.name == "charge card"),
        key=lambda span: attributes(span)["shop.order.id"],
    )


def test_every_span_names_the_service_and_its_release(served: Server) -> None:
    (found,) = {id(r): r for e in served.exports for r in e.resource_spans}.values()
    known = attributes(found.resource)
    assert known["service.name"] == "shop"
    assert known["service.version"] == "2026.11.3"
    assert known["deployment.environment.name"] == "test"
    assert "shop.payments" in {scope.scope.name for scope in found.scope_spans}


def test_span_of_ours_hangs_below_the_request_of_the_caller(served: Server) -> None:
    paid = charged(served)[0]
    by_id = {span.span_id: span for span in served.spans}
    endpoint = by_id[paid.parent_span_id]
    request = by_id[endpoint.parent_span_id]
    assert endpoint.name == "fastapi.endpoint"
    assert request.name == "POST /orders/{order_id}/payment"
    assert request.parent_span_id.hex() == CALLERS_SPAN
    assert {span.trace_id.hex() for span in (paid, endpoint, request)} == {CALLER}
    assert paid.kind == Span.SPAN_KIND_CLIENT


def test_call_to_the_card_service_carries_the_trace(served: Server) -> None:
    assert [asked for asked, _ in served.charges] == [
        {"cents": cents} for cents in (1250, DECLINED, SLOW)
    ]
    sent = [traceparent.split("-")[1:3] for _, traceparent in served.charges]
    assert sent == [[span.trace_id.hex(), span.span_id.hex()] for span in charged(served)]
    assert len({span.trace_id for span in charged(served)}) == 3


def test_attributes_say_what_was_charged(served: Server) -> None:
    assert [attributes(span) for span in charged(served)] == [
        {"shop.order.id": 1, "shop.payment.cents": 1250, "http.response.status_code": 200},
        {"shop.order.id": 2, "shop.payment.cents": 402, "http.response.status_code": 402},
        {"shop.order.id": 3, "shop.payment.cents": 99},
    ]


def test_exception_that_leaves_the_block_is_recorded(served: Server) -> None:
    paid, declined, _ = charged(served)
    assert paid.status.code == Status.STATUS_CODE_UNSET
    assert not paid.events
    assert declined.status.code == Status.STATUS_CODE_ERROR
    (event,) = declined.events
    assert event.name == "exception"
    recorded = attributes(event)
    assert recorded["exception.type"] == "httpx2.HTTPStatusError"
    assert "402" in recorded["exception.message"]
    assert "in charge" in recorded["exception.stacktrace"]


def test_exception_that_was_caught_is_recorded_too(served: Server) -> None:
    late = charged(served)[2]
    assert late.status.code == Status.STATUS_CODE_ERROR
    assert late.status.message == "no answer in time"
    (event,) = late.events
    assert attributes(event)["exception.type"] == "httpx2.ReadTimeout"
    assert 2 <= (late.end_time_unix_nano - late.start_time_unix_nano) / 1e9 < 4


def test_without_shutdown_the_last_spans_are_lost(tmp_path: Path) -> None:
    source = snippet_path(Path(__file__)).read_text("utf-8")
    assert source.count("    provider.shutdown()") == 1
    careless = source.replace("    provider.shutdown()", "    pass")
    (tmp_path / "otel_span.py").write_text(careless, "utf-8")
    with listening() as server:
        with service(tmp_path, server) as (process, url):
            httpx2.post(f"{url}/orders/1/payment", params={"cents": 1250})
            process.process.terminate()
            process.process.wait(20)
            assert "Finished server process" in process.said
        assert len(server.charges) == 1
        assert server.exports == []
