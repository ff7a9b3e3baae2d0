"""A stopped worker finishes what it can within its grace and gives the rest back at once."""

import json
import os
import signal
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.snippets.loading import loaded, snippet_path
from tests.snippets.processes import Process, started, until

FILE = snippet_path(Path(__file__))
SOFT = {"REMAP_SIGTERM": "SIGQUIT"}
GRACES: dict[str, dict[str, str]] = {
    "1": SOFT | {"SOFT_SHUTDOWN_SECONDS": "0.7"},
    # Longer than the task needs, however busy the machine is.
    "2": SOFT | {"SOFT_SHUTDOWN_SECONDS": "1.2"},
    "3": {"SOFT_SHUTDOWN_SECONDS": "0.1"},
    "4": {},
}
"""The environment of each worker, by its queue, which is the number of its newsletter."""
ENDING = {"2": "Initiating Soft Shutdown", "3": "Warm shutdown"}
"""What the workers say of which the task may end then."""
GROUP = "4"
"""The worker of which every process gets the signal."""


class Mails:
    """A mail service: the second mail of each newsletter waits until it may go."""

    def __init__(self) -> None:
        self.asked: dict[str, list[str]] = defaultdict(list)
        self.goes_on: dict[str, threading.Event] = defaultdict(threading.Event)


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    class Handler(BaseHTTPRequestHandler):
        server: Any

        def do_PUT(self) -> None:
            mails = self.server.mails
            _, _, number, to = self.path.split("/")
            mails.asked[number].append(to)
            if to == "bob":
                mails.goes_on[number].wait(60)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        mails: Mails

        def handle_error(self, *_: Any) -> None:
            pass  # a client that was killed

    with Server(("127.0.0.1", 0), Handler) as server:
        server.mails = Mails()
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        for goes_on in server.mails.goes_on.values():
            goes_on.set()
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def mails(server: Any) -> Mails:
    return server.mails


@pytest.fixture(autouse=True)
def _env(monkeypatch: pytest.MonkeyPatch, store: Any, server: Any) -> None:
    monkeypatch.setenv("MAIL_URL", f"http://127.0.0.1:{server.server_port}")


@dataclass(frozen=True)
class Shop:
    """The snippet with a database, in which each of its workers has a queue of its own."""

    snippet: ModuleType
    store: Any

    def send(self, number: str, *recipients: str, **options: Any) -> Any:
        """Send the task for a newsletter, into the queue of the same number if none is named."""
        arguments = (int(number), recipients)
        options = {"queue": number} | options
        return self.snippet.send_newsletter.apply_async(arguments, **options)

    def held(self, number: str) -> tuple[int, int]:
        """Give how many tasks wait in the queue, and how many of it a worker has."""
        routes = [json.loads(message)[2] for message in self.store.hvals("unacked")]
        return self.store.llen(number), routes.count(number)

    def running(self, numbers: Iterable[str]) -> set[str]:
        """Ask the workers which tasks they know to run; one that is just ready may not hear it."""
        nodes = [f"{number}@{socket.gethostname()}" for number in numbers]
        active = self.snippet.app.control.inspect(nodes, timeout=2).active() or {}
        return {task["id"] for tasks in active.values() for task in tasks}


@contextmanager
def working(number: str, env: dict[str, str]) -> Iterator[Process]:
    """Run a worker of the queue; it is killed at the end if it is still there."""
    command = f"celery -A {FILE.stem} worker --loglevel INFO --concurrency 1 --without-mingle"
    named = ["--queues", number, "--hostname", f"{number}@%h"]
    with started([*command.split(), *named], FILE.parent, env) as worker:
        yield worker
        with suppress(ProcessLookupError):
            os.killpg(worker.process.pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def env(server: Any, valkey_url_apart: str) -> dict[str, str]:
    return {"REDIS_URL": valkey_url_apart, "MAIL_URL": f"http://127.0.0.1:{server.server_port}"}


@pytest.fixture(scope="module")
def shop(env: dict[str, str]) -> Iterator[Shop]:
    import redis  # noqa: PLC0415  # a proof counts what is imported

    with pytest.MonkeyPatch.context() as patch:
        for name, value in env.items():
            patch.setenv(name, value)
        with loaded(FILE) as snippet:
            pass
    with redis.Redis.from_url(env["REDIS_URL"]) as store:
        yield Shop(snippet, store)
    snippet.app.close()


@dataclass(frozen=True)
class Stopped:
    """A worker that got SIGTERM while it ran a task, and how many seconds it took to end."""

    worker: Process
    result: Any
    other: Any
    """The result of a task that waits in its queue, or in the worker until its time."""
    seconds: Future[float]


def stop(
    workers: dict[str, Process], shop: Shop, mails: Mails, threads: Executor
) -> dict[str, Stopped]:
    """Give each worker a task, and SIGTERM once all run theirs."""
    others = {}
    if "2" in workers:
        others["2"] = shop.send("6", "eve", queue="2", countdown=600)
        until(lambda: shop.held("2") == (0, 1), 30)
    results = {number: shop.send(number, "ada", "bob", "eve") for number in workers}
    if "1" in workers:
        others["1"] = shop.send("5", "ada", queue="1")
    ids = {result.id for result in results.values()}
    until(lambda: shop.running(workers) == ids, 30)
    until(lambda: all("bob" in mails.asked[number] for number in workers), 30)
    if "1" in workers:
        assert shop.held("1") == (1, 1)  # not fetched before its turn
    at = time.monotonic()

    def seconds(worker: Process) -> float:
        until(lambda: worker.process.poll() is not None, 60)
        return time.monotonic() - at

    for number, worker in workers.items():
        kill = os.killpg if number == GROUP else os.kill
        kill(worker.process.pid, signal.SIGTERM)
    for number in workers.keys() & ENDING.keys():
        workers[number].says(ENDING[number])
        assert workers[number].process.poll() is None
        mails.goes_on[number].set()
    return {
        number: Stopped(
            worker, results[number], others.get(number), threads.submit(seconds, worker)
        )
        for number, worker in workers.items()
    }


@pytest.fixture(scope="module", autouse=True)
def stopped(env: dict[str, str], mails: Mails, request: Any) -> Iterator[dict[str, Stopped]]:
    """Run the four workers and stop them, two while the others start."""
    with ThreadPoolExecutor() as threads, ExitStack() as stack:

        def start(*numbers: str) -> dict[str, Process]:
            return {
                number: stack.enter_context(working(number, env | GRACES[number]))
                for number in numbers
            }

        slow = start("1", "2")
        shop = request.getfixturevalue("shop")  # imported while they start
        for worker in slow.values():
            worker.says(" ready.")
        quick = start("3", "4")
        found = stop(slow, shop, mails, threads)
        for worker in quick.values():
            worker.says(" ready.")
        yield found | stop(quick, shop, mails, threads)


def test_run_goes_on_where_another_stopped(snippet: ModuleType, mails: Mails, store: Any) -> None:
    mails.goes_on["8"].set()
    assert snippet.send_newsletter(8, ["ada", "bob", "eve"]) == 3
    assert mails.asked["8"] == ["ada", "bob", "eve"]
    assert 604_000 < store.ttl("newsletter:8:sent") <= 604_800
    store.set("newsletter:9:sent", 2)
    assert snippet.send_newsletter(9, ["ada", "bob", "eve"]) == 3
    assert mails.asked["9"] == ["eve"]


def test_grace_is_shorter_than_that_of_kubernetes(snippet: ModuleType) -> None:
    assert snippet.app.conf.worker_soft_shutdown_timeout == 20


def test_signal_to_the_whole_group_kills_the_task(shop: Shop, stopped: dict[str, Stopped]) -> None:
    stopping = stopped["4"]
    stopping.seconds.result()
    assert "Worker exited prematurely: signal 15 (SIGTERM)" in stopping.worker.said
    # It waits for another worker because of reject_on_worker_lost.
    assert shop.held("4") == (1, 0)
    assert shop.store.get("newsletter:4:sent") == b"1"


def test_what_outlasts_the_grace_goes_back_at_once(
    shop: Shop, env: dict[str, str], mails: Mails, stopped: dict[str, Stopped]
) -> None:
    stopping = stopped["1"]
    assert stopping.seconds.result() >= 0.7
    assert "Initiating Soft Shutdown, terminating in 0.7 seconds" in stopping.worker.said
    assert shop.held("1") == (2, 0)
    assert mails.asked["1"] == ["ada", "bob"]
    mails.goes_on["1"].set()
    with working("1", env):
        assert stopping.result.get(timeout=60) == 3
        assert stopping.other.get(timeout=60) == 1
    assert mails.asked["1"][2:] == ["bob", "eve"]
    assert mails.asked["5"] == ["ada"]


def test_without_the_variable_the_worker_waits_without_limit(
    stopped: dict[str, Stopped],
) -> None:
    stopping = stopped["3"]
    assert "Soft" not in stopping.worker.said
    stopping.seconds.result()
    assert stopping.worker.process.returncode == 0
    assert stopping.result.get(timeout=60) == 3


def test_what_ends_within_the_grace_is_finished(shop: Shop, stopped: dict[str, Stopped]) -> None:
    stopping = stopped["2"]
    assert stopping.result.get(timeout=60) == 3
    stopping.seconds.result()
    assert stopping.worker.process.returncode == 0
    # The task for later is in the queue again, and not in the hands of a worker that is gone.
    assert shop.held("2") == (1, 0)
    assert stopping.other.state == "PENDING"
