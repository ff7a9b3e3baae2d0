"""A stopped worker finishes what it can within its grace and gives the rest back at once."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType
from typing import Any

import pytest

from tests.snippets.processes import until

ONE = "--concurrency=1"
SOFT = {"REMAP_SIGTERM": "SIGQUIT"}


class Mails:
    """A mail service: the second mail of each newsletter waits until it may go."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.goes_on = threading.Event()


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    class Handler(BaseHTTPRequestHandler):
        server: Any

        def do_PUT(self) -> None:
            mails = self.server.mails
            mails.asked.append(self.path.removeprefix("/newsletters/"))
            if self.path.endswith("bob"):
                mails.goes_on.wait(60)
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
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def mails(server: Any) -> Iterator[Mails]:
    server.mails = Mails()
    yield server.mails
    server.mails.goes_on.set()


@pytest.fixture(autouse=True)
def _env(monkeypatch: pytest.MonkeyPatch, store: Any, server: Any) -> None:
    monkeypatch.setenv("MAIL_URL", f"http://127.0.0.1:{server.server_port}")


def runs(snippet: ModuleType, result: Any) -> bool:
    """Ask the worker whether it knows that the task runs."""
    (active,) = snippet.app.control.inspect(limit=1, timeout=30).active().values()
    return result.id in {task["id"] for task in active}


def test_run_goes_on_where_another_stopped(snippet: ModuleType, mails: Mails, store: Any) -> None:
    mails.goes_on.set()
    assert snippet.send_newsletter(1, ["ada", "bob", "eve"]) == 3
    assert mails.asked == ["1/ada", "1/bob", "1/eve"]
    assert 604_000 < store.ttl("newsletter:1:sent") <= 604_800
    store.set("newsletter:2:sent", 2)
    assert snippet.send_newsletter(2, ["ada", "bob", "eve"]) == 3
    assert mails.asked[3:] == ["2/eve"]


def test_grace_is_shorter_than_that_of_kubernetes(snippet: ModuleType) -> None:
    assert snippet.app.conf.worker_soft_shutdown_timeout == 20


def test_what_outlasts_the_grace_goes_back_at_once_and_what_ends_within_it_is_finished(
    snippet: ModuleType, working: Any, mails: Mails, store: Any
) -> None:
    with working(ONE, env=SOFT | {"SOFT_SHUTDOWN_SECONDS": "0.7"}) as worker:
        result = snippet.send_newsletter.delay(1, ["ada", "bob", "eve"])
        waiting = snippet.send_newsletter.delay(2, ["ada"])
        until(lambda: "1/bob" in mails.asked and runs(snippet, result), 30)
        assert (store.llen("celery"), store.hlen("unacked")) == (
            1,
            1,
        )  # not fetched before its turn
        at = time.monotonic()
        worker.process.terminate()
        worker.process.wait(60)
        assert time.monotonic() - at >= 0.7
        assert "Initiating Soft Shutdown, terminating in 0.7 seconds" in worker.said
    assert (store.llen("celery"), store.hlen("unacked")) == (2, 0)
    mails.goes_on.set()

    # The grace of the other one is longer than its task needs, however busy the machine is.
    with working(ONE, env=SOFT | {"SOFT_SHUTDOWN_SECONDS": "3"}) as other:
        assert result.get(timeout=60) == 3
        assert waiting.get(timeout=60) == 1
        assert mails.asked[:3] == ["1/ada", "1/bob", "1/bob"]
        assert sorted(mails.asked[3:]) == ["1/eve", "2/ada"]

        mails.goes_on.clear()
        later = snippet.send_newsletter.apply_async((3, ["eve"]), countdown=600)
        until(lambda: store.hlen("unacked") == 1, 30)
        result = snippet.send_newsletter.delay(4, ["ada", "bob"])
        until(lambda: "4/bob" in mails.asked and runs(snippet, result), 30)
        other.process.terminate()
        other.says("Initiating Soft Shutdown")
        mails.goes_on.set()
        assert result.get(timeout=60) == 2
        assert other.process.wait(60) == 0
    # The task for later is in the queue again, and not in the hands of a worker that is gone.
    assert (store.llen("celery"), store.hlen("unacked")) == (1, 0)
    assert later.state == "PENDING"


def test_without_the_variable_the_worker_waits_without_limit(
    snippet: ModuleType, working: Any, mails: Mails
) -> None:
    with working(ONE, env={"SOFT_SHUTDOWN_SECONDS": "0.1"}) as worker:
        result = snippet.send_newsletter.delay(1, ["ada", "bob"])
        until(lambda: "1/bob" in mails.asked, 30)
        worker.process.terminate()
        worker.says("Warm shutdown")
        assert "Soft" not in worker.said
        assert worker.process.poll() is None
        mails.goes_on.set()
        assert worker.process.wait(60) == 0
    assert result.get(timeout=60) == 2


def test_signal_to_the_whole_group_kills_the_task(
    snippet: ModuleType, working: Any, mails: Mails, store: Any
) -> None:
    with working(ONE) as worker:
        snippet.send_newsletter.delay(1, ["ada", "bob"])
        until(lambda: "1/bob" in mails.asked, 30)
        os.killpg(worker.process.pid, signal.SIGTERM)
        worker.process.wait(60)
        assert "Worker exited prematurely: signal 15 (SIGTERM)" in worker.said
    # It waits for another worker because of reject_on_worker_lost.
    assert (store.llen("celery"), store.hlen("unacked")) == (1, 0)
    assert store.get("newsletter:1:sent") == b"1"
