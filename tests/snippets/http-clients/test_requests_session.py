"""Each call has a timeout, idempotent ones are repeated as the server asks, and no cookie stays."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from types import ModuleType
from typing import Any, ClassVar

import pytest
import requests
from urllib3.util import Retry


class Partner(BaseHTTPRequestHandler):
    """Answers with the planned statuses, then with an invoice."""

    protocol_version = "HTTP/1.1"
    planned: ClassVar[list[int]] = []
    retry_after: ClassVar[list[str]] = []
    asked: ClassVar[list[tuple[str, str | None, str | None]]] = []
    connections: ClassVar[set[Any]] = set()
    finished: ClassVar[Event] = Event()

    def do_GET(self) -> None:  # the name that http.server calls
        self.asked.append((self.path, self.headers["Authorization"], self.headers["Cookie"]))
        self.connections.add(self.client_address)
        if self.path.endswith("/0"):
            self.finished.wait(10)
            self.close_connection = True
            return
        self.send_response(self.planned.pop(0) if self.planned else 200)
        if self.retry_after:
            self.send_header("Retry-After", self.retry_after.pop(0))
        body = b'{"number": 7}'
        self.send_header("Set-Cookie", "customer=ada; Path=/")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815  # the name that http.server calls

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # as in http.server
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 64


@pytest.fixture(autouse=True)
def url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for kept in (Partner.planned, Partner.retry_after, Partner.asked, Partner.connections):
        kept.clear()
    Partner.finished.clear()
    with Server(("127.0.0.1", 0), Partner) as server:
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setenv("PARTNER_URL", url)
        monkeypatch.setenv("PARTNER_TOKEN", "s3cret")
        yield url
        Partner.finished.set()
        server.shutdown()


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Give the seconds that were waited before retries, without waiting."""
    kept: list[float] = []
    monkeypatch.setattr("urllib3.util.retry.time.sleep", kept.append)
    return kept


@pytest.fixture
def session(snippet: ModuleType, url: str) -> Iterator[requests.Session]:
    with snippet.PartnerSession() as session:
        yield session


def test_invoice_is_read_with_the_token(snippet: ModuleType, session: requests.Session) -> None:
    assert snippet.read_invoice(session, 7) == {"number": 7}
    assert Partner.asked == [("/invoices/7", "Bearer s3cret", None)]


def test_connection_is_kept_and_cookies_are_not(
    snippet: ModuleType, session: requests.Session
) -> None:
    for _ in range(3):
        snippet.read_invoice(session, 7)
    assert [cookie for _, _, cookie in Partner.asked] == [None] * 3
    assert len(Partner.connections) == 1


def test_plain_session_sends_the_cookie_of_the_one_before(url: str) -> None:
    with requests.Session() as plain:
        for _ in range(2):
            plain.get(url, timeout=5)
    assert [cookie for _, _, cookie in Partner.asked] == [None, "customer=ada"]


def test_waits_grow_after_a_first_retry_at_once(
    snippet: ModuleType, session: requests.Session, waits: list[float]
) -> None:
    Partner.planned[:] = [502, 503, 504]
    assert snippet.read_invoice(session, 7) == {"number": 7}
    assert len(Partner.asked) == 4
    assert 0.4 <= waits[0] < 0.6
    assert 0.8 <= waits[1] < 1.0
    assert len(waits) == 2


def test_waits_differ(snippet: ModuleType, session: requests.Session, waits: list[float]) -> None:
    for _ in range(5):
        Partner.planned[:] = [502, 502]
        snippet.read_invoice(session, 7)
    assert len(set(waits)) == 5


@pytest.mark.parametrize(
    ("asked_for", "seconds"), [("3", 3), ("10", 10), ("3600", 10)], ids=["3", "10", "an-hour"]
)
def test_server_decides_the_wait_up_to_ten_seconds(
    snippet: ModuleType,
    session: requests.Session,
    waits: list[float],
    asked_for: str,
    seconds: float,
) -> None:
    Partner.planned[:] = [429]
    Partner.retry_after[:] = [asked_for]
    snippet.read_invoice(session, 7)
    assert waits == [seconds]


def test_fourth_refusal_is_an_http_error(
    snippet: ModuleType, session: requests.Session, waits: list[float]
) -> None:
    Partner.planned[:] = [503] * 9
    with pytest.raises(requests.HTTPError) as failed:
        snippet.read_invoice(session, 7)
    assert failed.value.response.status_code == 503
    assert len(Partner.asked) == 4


@pytest.mark.parametrize("status", [400, 404, 500])
def test_other_status_is_an_answer(
    snippet: ModuleType, session: requests.Session, status: int
) -> None:
    Partner.planned[:] = [status]
    with pytest.raises(requests.HTTPError):
        snippet.read_invoice(session, 7)
    assert len(Partner.asked) == 1


def test_post_is_made_once(session: requests.Session, url: str) -> None:
    Partner.planned[:] = [503]
    assert session.post(f"{url}/invoices", json={}).status_code == 503
    assert len(Partner.asked) == 1


def test_other_hosts_have_no_retries_and_get_the_token(session: requests.Session, url: str) -> None:
    Partner.planned[:] = [503]
    assert session.get(url.replace("127.0.0.1", "localhost")).status_code == 503
    assert [token for _, token, _ in Partner.asked] == ["Bearer s3cret"]


def test_silence_ends_and_is_no_requests_timeout(
    snippet: ModuleType,
    session: requests.Session,
    waits: list[float],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert snippet.TIMEOUT == (1.0, 5.0)
    monkeypatch.setattr(snippet, "TIMEOUT", (1.0, 0.2))
    start = time.monotonic()
    with pytest.raises(requests.ConnectionError, match="Read timed out") as failed:
        snippet.read_invoice(session, 0)
    assert not isinstance(failed.value, requests.Timeout)
    assert 4 * 0.2 <= time.monotonic() - start < 15
    assert (len(Partner.asked), len(waits)) == (4, 2)


def test_call_may_have_its_own_timeout(session: requests.Session, url: str) -> None:
    start = time.monotonic()
    with pytest.raises(requests.Timeout):
        session.post(f"{url}/0", timeout=0.2)
    assert time.monotonic() - start < 5


def test_pool_of_one_connection_per_thread(session: requests.Session, url: str) -> None:
    adapter: Any = session.get_adapter(f"{url}/invoices")
    assert (adapter._pool_maxsize, adapter._pool_block) == (20, True)
    with ThreadPoolExecutor(25) as threads:
        list(threads.map(session.get, [f"{url}/invoices/{number}" for number in range(1, 51)]))
    assert len(Partner.connections) <= 20


def test_longest_wait_is_five_seconds(snippet: ModuleType) -> None:
    assert snippet.RETRIES.backoff_max == 5
    assert Retry().retry_after_max == 6 * 60 * 60  # without the setting
