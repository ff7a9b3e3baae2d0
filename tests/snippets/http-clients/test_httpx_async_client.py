"""One client serves all requests; a silent carrier ends as a 504, its error as a 502."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from threading import Event, Thread
from types import ModuleType
from typing import Any, ClassVar

import httpx2
import pytest
from fastapi.testclient import TestClient

from tests.snippets.processes import until

BODY = b'{"status": "delivered", "town": "Leeds"}'
LATE = "The carrier did not answer in time"


class Carrier(BaseHTTPRequestHandler):
    """Answers by the shipment's number and keeps what it was asked."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # a body would wait 40 ms for the client to confirm the head
    asked: ClassVar[list[str]] = []
    tokens: ClassVar[list[str | None]] = []
    connections: ClassVar[set[Any]] = set()
    finished: ClassVar[Event] = Event()

    def do_GET(self) -> None:  # the name that http.server calls
        self.asked.append(self.path)
        self.tokens.append(self.headers["Authorization"])
        self.connections.add(self.client_address)
        match self.path.rpartition("/")[2]:
            case "AA000000404":
                self.answer(404, b"{}")
            case "AA000000500":
                self.answer(500, BODY)
            case "AA000000302":
                self.answer(302, BODY)
            case "AA000000007":
                self.answer(200, b'{"status": "delivered"}')
            case "AA000000001":
                self.finished.wait(30)  # silence
                self.close_connection = True
            case "AA000000002":
                self.trickle()
            case "AA000000003":
                self.close_connection = True  # hangs up without a word
            case _:
                self.answer(200, BODY)

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Location", "/v1/elsewhere")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def trickle(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.close_connection = True
        end = time.monotonic() + 30
        while time.monotonic() < end and not self.finished.wait(0.05):
            try:
                self.wfile.write(b" ")
            except OSError:
                return

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # as in http.server
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 64


@pytest.fixture(autouse=True)
def _carrier(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for kept in (Carrier.asked, Carrier.tokens, Carrier.connections):
        kept.clear()
    Carrier.finished.clear()
    with Server(("127.0.0.1", 0), Carrier) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        monkeypatch.setenv("CARRIER_URL", f"http://127.0.0.1:{server.server_port}/v1")
        monkeypatch.setenv("CARRIER_TOKEN", "s3cret")
        yield
        Carrier.finished.set()
        server.shutdown()


@contextmanager
def serving(snippet: ModuleType) -> Iterator[TestClient]:
    with TestClient(snippet.app) as client:
        yield client


@pytest.fixture
def client(snippet: ModuleType) -> Iterator[TestClient]:
    with serving(snippet) as client:
        yield client


def test_answer_is_read_with_token_below_the_base_url(client: TestClient) -> None:
    answer = client.get("/shipments/GB123456789")
    assert (answer.status_code, answer.json()) == (200, {"status": "delivered", "town": "Leeds"})
    assert Carrier.asked == ["/v1/shipments/GB123456789"]
    assert Carrier.tokens == ["Bearer s3cret"]


def test_requests_share_one_connection(client: TestClient) -> None:
    for _ in range(5):
        client.get("/shipments/GB123456789")
    assert (len(Carrier.asked), len(Carrier.connections)) == (5, 1)


def test_client_per_call_connects_each_time(client: TestClient) -> None:
    address = f"http://127.0.0.1:{client.app_state['carrier'].base_url.port}/v1/shipments/GB1"
    for _ in range(5):
        httpx2.get(address)
    assert (len(Carrier.asked), len(Carrier.connections)) == (5, 5)


@pytest.mark.parametrize(
    ("number", "status", "detail"),
    [
        pytest.param("AA000000404", 404, "No such shipment", id="unknown"),
        pytest.param("AA000000500", 502, "The carrier answered with an error", id="error"),
        pytest.param("AA000000302", 502, "The carrier answered with an error", id="redirect"),
        pytest.param("AA000000007", 502, "The carrier answered with an error", id="other-shape"),
        pytest.param("AA000000003", 502, "The carrier answered with an error", id="hang-up"),
    ],
)
def test_answer_that_is_no_shipment_is_told_apart(
    client: TestClient, number: str, status: int, detail: str
) -> None:
    answer = client.get(f"/shipments/{number}")
    assert (answer.status_code, answer.json()) == (status, {"detail": detail})
    assert Carrier.asked == [f"/v1/shipments/{number}"]


@pytest.mark.parametrize(
    "number", ["GB12345678", "gb123456789", "GB123456789%2F..", "1GB123456789"]
)
def test_number_of_another_form_never_reaches_the_carrier(client: TestClient, number: str) -> None:
    assert client.get(f"/shipments/{number}").status_code in {404, 422}
    assert Carrier.asked == []


def test_silence_is_504_by_the_read_timeout(
    snippet: ModuleType, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snippet, "DEADLINE", 60)
    client.app_state["carrier"].timeout = httpx2.Timeout(0.3)
    start = time.monotonic()
    answer = client.get("/shipments/AA000000001")
    assert 0.3 <= time.monotonic() - start < 20
    assert (answer.status_code, answer.json()) == (504, {"detail": LATE})


def test_trickle_outlasts_the_read_timeout_and_is_504_by_the_deadline(
    snippet: ModuleType, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert snippet.DEADLINE == 4
    monkeypatch.setattr(snippet, "DEADLINE", 1.5)
    client.app_state["carrier"].timeout = httpx2.Timeout(1)
    start = time.monotonic()
    answer = client.get("/shipments/AA000000002")
    assert 1.5 <= time.monotonic() - start < 20
    assert (answer.status_code, answer.json()) == (504, {"detail": LATE})


def test_full_pool_is_504_before_the_carrier_is_asked(
    snippet: ModuleType, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snippet, "DEADLINE", 60)
    client.app_state["carrier"].timeout = httpx2.Timeout(60, pool=0.5)  # silence goes on
    answers: Queue[httpx2.Response] = Queue()

    def ask() -> None:
        answers.put(client.get("/shipments/AA000000001"))

    with ThreadPoolExecutor(24) as threads:
        start = time.monotonic()
        for _ in range(24):
            threads.submit(ask)
        try:
            refused = [answers.get(timeout=30) for _ in range(4)]
            assert time.monotonic() - start >= 0.5
            assert {answer.status_code for answer in refused} == {504}
            until(lambda: len(Carrier.asked) >= 20, 30)
            assert answers.empty()
            assert len(Carrier.asked) == 20
        finally:
            Carrier.finished.set()


def test_limits_are_those_of_the_text(client: TestClient) -> None:
    carrier = client.app_state["carrier"]
    assert carrier.timeout == httpx2.Timeout(connect=1.0, read=2.0, write=2.0, pool=0.5)
    assert carrier._transport._pool._max_keepalive_connections == 10


def test_token_goes_to_any_absolute_address(client: TestClient) -> None:
    carrier = client.app_state["carrier"]
    assert client.portal is not None
    client.portal.call(carrier.get, f"http://localhost:{carrier.base_url.port}/elsewhere/GB1")
    assert (Carrier.asked, Carrier.tokens) == (["/elsewhere/GB1"], ["Bearer s3cret"])


def test_client_is_closed_with_the_application(snippet: ModuleType) -> None:
    with serving(snippet) as client:
        carrier = client.app_state["carrier"]
        assert not carrier.is_closed
    assert carrier.is_closed
