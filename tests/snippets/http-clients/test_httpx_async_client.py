"""One client serves all requests; a silent carrier ends as a 504, its error as a 502."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from types import ModuleType
from typing import Any, ClassVar

import httpx2
import pytest
from fastapi.testclient import TestClient

BODY = b'{"status": "delivered", "town": "Leeds"}'


class Carrier(BaseHTTPRequestHandler):
    """Answers by the shipment's number and keeps what it was asked."""

    protocol_version = "HTTP/1.1"
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
                self.finished.wait(10)  # silence
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
        while not self.finished.wait(0.2):
            try:
                self.wfile.write(b" ")
            except OSError:
                return

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # as in http.server
        pass


@pytest.fixture(autouse=True)
def _carrier(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for kept in (Carrier.asked, Carrier.tokens, Carrier.connections):
        kept.clear()
    Carrier.finished.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Carrier) as server:
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
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


def test_silence_and_trickle_are_504_each_at_its_own_limit(client: TestClient) -> None:
    def timed(number: str) -> tuple[int, str, float]:
        start = time.monotonic()
        answer = client.get(f"/shipments/{number}")
        return answer.status_code, answer.json()["detail"], time.monotonic() - start

    with ThreadPoolExecutor() as threads:
        silent, trickling = threads.map(timed, ["AA000000001", "AA000000002"])
    assert silent[:2] == trickling[:2] == (504, "The carrier did not answer in time")
    assert 2 <= silent[2] < 4  # the read timeout
    assert 4 <= trickling[2] < 10  # the deadline: each byte came in time


def test_full_pool_is_504_before_the_carrier_is_asked(client: TestClient) -> None:
    with ThreadPoolExecutor(24) as threads:
        answers = list(threads.map(client.get, ["/shipments/AA000000001"] * 24))
    assert {answer.status_code for answer in answers} == {504}
    assert len(Carrier.asked) == 20


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
