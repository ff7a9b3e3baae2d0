"""Buyers log in once, look and buy with their token; each thing that goes wrong ends with 1."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle, repeat
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.snippets.processes import ran, started, until

SNIPPET = Path(__file__).resolve().parents[3] / "snippets/testing/locust_scenario.py"
USERS = 5


@dataclass
class Shop:
    """A service that answers as the scenario expects, but for what is changed."""

    slow: float = 0
    orders: Iterator[tuple[int, dict[str, object]]] = field(
        default_factory=lambda: repeat((201, {"id": 1}))
    )
    login: int = 200
    asked: list[tuple[str, str, str | None, object]] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)

    def answer(self, path: str, token: str | None) -> tuple[int, dict[str, object]]:
        if path == "/login":
            return self.login, {"token": "secret"}
        if token != "Bearer secret":
            return 401, {}
        if path == "/orders":
            time.sleep(self.slow)
            return next(self.orders)
        return 200, {}


@contextmanager
def serving(shop: Shop) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            size = int(self.headers.get("Content-Length", 0))
            body = json.loads(self.rfile.read(size)) if size else None
            token = self.headers.get("Authorization")
            shop.asked.append((self.command, self.path, token, body))
            status, content = shop.answer(self.path, token)
            raw = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)
            shop.answered.append(self.path)

        do_GET = do_POST  # noqa: N815  # the names that http.server calls

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 100
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@dataclass
class Run:
    code: int
    said: str
    shop: Shop
    counts: dict[str, tuple[int, int]]
    """Failures and requests for each line of the report."""


def attacked(shop: Shop, folder: Path, limit: str, enough: Callable[[Shop], bool]) -> Run:
    """Attack until it is enough; then Locust is told to stop, as its own clock starts too early."""
    folder.mkdir()
    words = ["locust", "-f", str(SNIPPET), "--headless", "-u", str(USERS), "-r", str(USERS)]
    env = {"LOADTEST_PASSWORD": "tea", "P95_LIMIT_MS": limit, "THINKING_SECONDS": "0.1"}
    with (
        serving(shop) as url,
        started([*words, "-t", "60s", "-H", url, "--json-file", "run"], folder, env) as locust,
    ):
        until(lambda: enough(shop), 30)
        locust.process.terminate()
        code = locust.process.wait(timeout=20)
        said = locust.said
    entries = json.loads((folder / "run.json").read_text("utf-8"))
    counts = {entry["name"]: (entry["num_failures"], entry["num_requests"]) for entry in entries}
    return Run(code, said, shop, counts)


def bought(shop: Shop) -> bool:
    orders = shop.answered.count("/orders")  # what still waits at the end is not in the report
    return orders >= 6 and 10 * orders > len(shop.asked) > 30


@pytest.fixture(scope="module", autouse=True)
def unasked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Future[CompletedProcess[str]]]:
    """Begin a run without users, which waits for its one second beside the others."""
    words = ["locust", "-f", str(SNIPPET), "--headless", "-u", "0", "-t", "1s"]
    command = [*words, "-H", "http://127.0.0.1:9"]
    folder = tmp_path_factory.mktemp("unasked")
    with ThreadPoolExecutor() as threads:
        yield threads.submit(ran, command, folder, {"LOADTEST_PASSWORD": "tea"})


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """Attack all shops at the same time: most of a run is waiting."""
    shops: dict[str, tuple[Shop, str, Callable[[Shop], bool]]] = {
        "good": (Shop(orders=cycle([(201, {"id": 1}), (409, {})])), "5000", bought),
        "slow": (Shop(slow=0.5), "400", bought),
        "broken": (Shop(orders=cycle([(201, {}), (500, {})])), "5000", bought),
        "closed": (Shop(login=403), "5000", lambda shop: len(shop.asked) >= USERS),
    }
    folder = tmp_path_factory.mktemp("runs")
    with ThreadPoolExecutor() as pool:
        begun = {
            name: pool.submit(attacked, shop, folder / name, limit, enough)
            for name, (shop, limit, enough) in shops.items()
        }
        return {name: future.result() for name, future in begun.items()}


def test_good_service_passes_and_sold_out_is_no_failure(runs: dict[str, Run]) -> None:
    run = runs["good"]
    assert run.code == 0, run.said
    assert [failed for failed, _ in run.counts.values()] == [0, 0, 0]
    assert run.counts["/orders"][1] > 1
    assert "limit 5000 ms" in run.said


def test_each_user_logs_in_once_and_sends_its_token(runs: dict[str, Run]) -> None:
    asked = runs["good"].shop.asked
    logins = [body for _, path, _, body in asked if path == "/login"]
    names = {f"loadtest-{number}" for number in range(1, USERS + 1)}
    assert {body["name"] for body in logins} == names
    assert len(logins) == USERS
    assert {body["password"] for body in logins} == {"tea"}
    assert {token for _, path, token, _ in asked if path != "/login"} == {"Bearer secret"}
    order = next(body for _, path, _, body in asked if path == "/orders")
    assert order == {"product": 7, "quantity": 1}


def test_products_are_one_line_of_the_report(runs: dict[str, Run]) -> None:
    counts = runs["good"].counts
    assert set(counts) == {"/login", "/products/[id]", "/orders"}
    paths = {path for _, path, _, _ in runs["good"].shop.asked if path.startswith("/products/")}
    assert {"/products/1", "/products/2", "/products/3"} <= paths
    assert counts["/products/[id]"][1] > counts["/orders"][1]


def test_slow_service_ends_with_1_though_no_request_failed(runs: dict[str, Run]) -> None:
    run = runs["slow"]
    assert [failed for failed, _ in run.counts.values()] == [0, 0, 0]
    assert run.code == 1, run.said


def test_wrong_orders_are_failures(runs: dict[str, Run]) -> None:
    run = runs["broken"]
    assert run.code == 1
    failed, sent = run.counts["/orders"]
    assert failed == sent > 1


def test_without_a_login_nobody_goes_on(runs: dict[str, Run]) -> None:
    run = runs["closed"]
    assert run.code == 1
    assert {path for _, path, _, _ in run.shop.asked} == {"/login"}


def test_run_without_a_request_ends_with_1(unasked: Future[CompletedProcess[str]]) -> None:
    done = unasked.result()
    assert done.returncode == 1
    assert "p95 0 ms, limit 300 ms, 0 requests" in done.stdout
