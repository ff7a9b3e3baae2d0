"""One trace goes from the HTTP request through the queue into the worker, and is not lost."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from tests.snippets.processes import Process, started, until

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
CALLER = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}


class Collector(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.spans: list[tuple[str, Span]] = []


class Handler(BaseHTTPRequestHandler):
    server: Any

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        for sent in ExportTraceServiceRequest.FromString(body).resource_spans:
            service = attributes(sent.resource)["service.name"]
            for scope in sent.scope_spans:
                self.server.spans += [(service, span) for span in scope.spans]
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


def attributes(thing: Any) -> dict[str, Any]:
    return {
        pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in thing.attributes
    }


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, valkey_url: str, collector: Collector) -> None:
    monkeypatch.setenv("REDIS_URL", valkey_url)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{collector.server_port}")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "60000")  # what comes earlier was flushed


def stop(process: Process) -> None:
    process.process.terminate()
    process.process.wait(60)


@contextmanager
def serving(folder: Path) -> Iterator[Process]:
    with started(["uvicorn", "trace_across_queue:app", "--port", "0"], folder) as api:
        api.says("Uvicorn running on ")
        yield api


def ask(api: Process, order: int) -> None:
    url = api.said.partition("Uvicorn running on ")[2].split()[0]
    answer = httpx2.post(f"{url}/orders/{order}/invoice", headers=CALLER, timeout=30)
    assert answer.status_code == 202


def in_worker(collector: Collector, order: int) -> Span:
    (span,) = (
        span
        for service, span in collector.spans
        if service == "shop-worker" and attributes(span).get("shop.order.id") == order
    )
    return span


def test_trace_of_the_caller_reaches_the_worker(
    snippet_file: Path, tmp_path: Path, collector: Collector
) -> None:
    """Ask twice through our service, and once through one that does not instrument Celery."""
    source = snippet_file.read_text("utf-8")
    assert source.count("    CeleryInstrumentor().instrument()\n") == 1
    silent = source.replace("    CeleryInstrumentor().instrument()\n", "")
    (tmp_path / snippet_file.name).write_text(silent, "utf-8")
    command = "celery -A trace_across_queue:queue worker -c 1 --loglevel INFO --without-mingle"
    with ExitStack() as running:
        worker = running.enter_context(started(command.split(), snippet_file.parent))
        ours = running.enter_context(serving(snippet_file.parent))
        other = running.enter_context(serving(tmp_path))
        worker.says(" ready.")
        ask(ours, 7)
        ask(ours, 0)
        ask(other, 8)
        until(lambda: worker.said.count("] succeeded in ") == 2, 30)
        worker.says("LookupError: no order 0")
        assert collector.spans == []
        for process in (worker, ours, other):
            stop(process)

    ran = in_worker(collector, 7)
    by_id = {span.span_id: (service, span) for service, span in collector.spans}
    chain = []
    span = ran
    while span.parent_span_id in by_id:
        assert span.trace_id.hex() == TRACE
        service, span = by_id[span.parent_span_id]
        chain.append((service, span.name))
    assert chain == [
        ("shop-api", "apply_async/trace_across_queue.send_invoice"),
        ("shop-api", "fastapi.endpoint"),
        ("shop-api", "POST /orders/{order_id}/invoice"),
    ]
    assert ran.name == "run/trace_across_queue.send_invoice"
    assert ran.kind == Span.SPAN_KIND_CONSUMER
    assert ran.status.code == Status.STATUS_CODE_UNSET

    failed = in_worker(collector, 0)
    assert failed.trace_id.hex() == TRACE
    assert failed.status.code == Status.STATUS_CODE_ERROR
    (event,) = failed.events
    assert attributes(event)["exception.message"] == "no order 0"

    apart = in_worker(collector, 8)
    assert apart.trace_id.hex() != TRACE
    assert apart.parent_span_id == b""
