"""Four scans run at once, the next waits a second at most, and the web keeps its threads."""

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event, Lock
from types import ModuleType

import httpx2
import pytest
from anyio import fail_after
from fastapi import FastAPI
from fastapi.testclient import TestClient

from tests.snippets.processes import until


class Gate:
    """A clock whose sleepers wait until it opens, and are counted."""

    def __init__(self) -> None:
        self.open = Event()
        self.lock = Lock()
        self.inside = self.most = 0
        self.asked: list[float] = []

    def sleep(self, seconds: float) -> None:
        with self.lock:
            self.asked.append(seconds)
            self.inside += 1
            self.most = max(self.most, self.inside)
        self.open.wait(60)
        with self.lock:
            self.inside -= 1


@pytest.fixture
def gate(snippet: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    gate = Gate()
    monkeypatch.setattr(snippet, "time", gate)
    yield gate
    gate.open.set()


@pytest.fixture
def client(snippet: ModuleType, gate: Gate) -> Iterator[TestClient]:
    with TestClient(snippet.app) as client:
        yield client
        gate.open.set()  # or the application would wait for its threads


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(120) as threads:
        yield threads


def scans(
    threads: ThreadPoolExecutor, client: TestClient, number: int
) -> list[Future[httpx2.Response]]:
    return [threads.submit(client.post, f"/scans/{n}") for n in range(number)]


def test_document_is_scanned(client: TestClient, gate: Gate) -> None:
    gate.open.set()
    answer = client.post("/scans/7")
    assert (answer.status_code, answer.json()) == (200, "document 7 is clean")


def test_four_scans_run_at_once(
    snippet: ModuleType,
    client: TestClient,
    gate: Gate,
    threads: ThreadPoolExecutor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(snippet, "fail_after", lambda _: fail_after(60))  # nobody is refused here
    answers = scans(threads, client, 10)
    until(lambda: gate.inside == 4, 30)
    assert client.get("/health").json() == "ok"
    gate.open.set()
    assert [answer.result().status_code for answer in answers] == [200] * 10
    assert (gate.most, len(gate.asked)) == (4, 10)


def test_scan_without_a_place_is_503_after_a_second_and_one_that_runs_goes_on(
    client: TestClient, gate: Gate, threads: ThreadPoolExecutor
) -> None:
    running = scans(threads, client, 4)
    until(lambda: gate.inside == 4, 30)
    start = time.monotonic()
    refused = client.post("/scans/5")
    assert 0.9 < time.monotonic() - start < 10
    assert (refused.status_code, refused.json()) == (503, {"detail": "All scanners are busy"})
    assert refused.headers["Retry-After"] == "5"
    gate.open.set()  # all four are beyond their second
    assert [answer.result().status_code for answer in running] == [200] * 4
    assert client.post("/scans/6").status_code == 200


def blocking(app: FastAPI, gate: Gate) -> None:
    @app.get("/blocking")
    def block() -> None:
        gate.sleep(0)


def run_at_once(client: TestClient, gate: Gate, threads: ThreadPoolExecutor, expected: int) -> None:
    """Check that so many of 110 `def` handlers run while the others wait, without an error."""
    answers = [threads.submit(client.get, "/blocking") for _ in range(110)]
    until(lambda: gate.inside >= expected, 30)
    time.sleep(0.3)  # there is nothing to wait for: no further one begins
    gate.open.set()
    assert {answer.result().status_code for answer in answers} == {200}
    assert gate.most == expected


def test_hundred_handlers_run_at_once(
    snippet: ModuleType, client: TestClient, gate: Gate, threads: ThreadPoolExecutor
) -> None:
    blocking(snippet.app, gate)
    run_at_once(client, gate, threads, 100)


def test_forty_run_at_once_unless_the_limit_is_set(threads: ThreadPoolExecutor) -> None:
    app, gate = FastAPI(), Gate()
    blocking(app, gate)
    with TestClient(app) as client:
        run_at_once(client, gate, threads, 40)


def test_scan_begins_while_all_web_threads_are_taken(
    snippet: ModuleType, client: TestClient, gate: Gate, threads: ThreadPoolExecutor
) -> None:
    blocking(snippet.app, gate)
    taken = [threads.submit(client.get, "/blocking") for _ in range(100)]
    until(lambda: gate.inside == 100, 30)
    health = threads.submit(client.get, "/health")
    scan = threads.submit(client.post, "/scans/7")
    until(lambda: gate.inside == 101, 30)
    assert gate.asked[-1] == 0.2
    assert not health.done()  # a `def` handler waits for the others
    gate.open.set()
    assert {answer.result().status_code for answer in [*taken, health, scan]} == {200}


def test_dependency_that_is_a_def_waits_for_a_web_thread(
    snippet: ModuleType, client: TestClient, gate: Gate, threads: ThreadPoolExecutor
) -> None:
    blocking(snippet.app, gate)
    scanners = client.app_state["scanners"]
    snippet.app.dependency_overrides[snippet.get_scanners] = lambda: scanners
    taken = [threads.submit(client.get, "/blocking") for _ in range(100)]
    until(lambda: gate.inside == 100, 30)
    scan = threads.submit(client.post, "/scans/7")
    time.sleep(0.5)  # there is nothing to wait for: nothing happens
    assert gate.inside == 100
    gate.open.set()
    assert {answer.result().status_code for answer in [*taken, scan]} == {200}
