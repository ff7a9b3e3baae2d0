"""A stopped worker finishes what it can within its grace and gives the rest back at once."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import redis

from tests.snippets.processes import Process, started, until

COMMAND = "celery -A celery_graceful_shutdown worker -c 1 --loglevel INFO --without-mingle"
SOFT = {"REMAP_SIGTERM": "SIGQUIT", "SOFT_SHUTDOWN_SECONDS": "1.5"}


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
                mails.goes_on.wait(20)
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
def _env(monkeypatch: pytest.MonkeyPatch, valkey_url: str, server: Any) -> None:
    monkeypatch.setenv("REDIS_URL", valkey_url)
    monkeypatch.setenv("MAIL_URL", f"http://127.0.0.1:{server.server_port}")


@pytest.fixture
def store(valkey_url: str) -> Iterator[Any]:
    with redis.Redis.from_url(valkey_url) as client:
        yield client


@contextmanager
def working(snippet_file: Path, env: dict[str, str]) -> Iterator[Process]:
    with started(COMMAND.split(), snippet_file.parent, env) as worker:
        worker.says(" ready.")
        yield worker


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


def test_task_that_ends_within_the_grace_is_finished(
    snippet: ModuleType, snippet_file: Path, mails: Mails, store: Any
) -> None:
    with working(snippet_file, SOFT) as worker:
        later = snippet.send_newsletter.apply_async((3, ["eve"]), countdown=600)
        until(lambda: store.hlen("unacked") == 1)
        result = snippet.send_newsletter.delay(1, ["ada", "bob"])
        until(lambda: "1/bob" in mails.asked)
        worker.process.terminate()
        worker.says("Initiating Soft Shutdown, terminating in 1.5 seconds")
        mails.goes_on.set()
        assert result.get(timeout=10) == 2
        assert worker.process.wait(20) == 0
    # The task for later is in the queue again, and not in the hands of a worker that is gone.
    assert (store.llen("celery"), store.hlen("unacked")) == (1, 0)
    assert later.state == "PENDING"


def test_task_that_outlasts_the_grace_goes_back_at_once_and_is_finished_by_another(
    snippet: ModuleType, snippet_file: Path, mails: Mails, store: Any
) -> None:
    with working(snippet_file, SOFT) as worker:
        result = snippet.send_newsletter.delay(1, ["ada", "bob", "eve"])
        until(lambda: "1/bob" in mails.asked)
        waiting = snippet.send_newsletter.delay(2, ["ada"])
        at = time.monotonic()
        worker.process.terminate()
        worker.process.wait(20)
        assert time.monotonic() - at >= 1.5
    assert (store.llen("celery"), store.hlen("unacked")) == (2, 0)
    mails.goes_on.set()
    with working(snippet_file, SOFT):
        assert result.get(timeout=10) == 3
        assert waiting.get(timeout=10) == 1
    assert mails.asked[:3] == ["1/ada", "1/bob", "1/bob"]
    assert sorted(mails.asked[3:]) == ["1/eve", "2/ada"]


def test_without_the_variable_the_worker_waits_without_limit(
    snippet: ModuleType, snippet_file: Path, mails: Mails
) -> None:
    with working(snippet_file, {"SOFT_SHUTDOWN_SECONDS": "0.1"}) as worker:
        result = snippet.send_newsletter.delay(1, ["ada", "bob"])
        until(lambda: "1/bob" in mails.asked)
        worker.process.terminate()
        worker.says("Warm shutdown")
        assert "Soft" not in worker.said
        assert worker.process.poll() is None
        mails.goes_on.set()
        assert worker.process.wait(20) == 0
    assert result.get(timeout=10) == 2


def test_signal_to_the_whole_group_kills_the_task(
    snippet: ModuleType, snippet_file: Path, mails: Mails, store: Any
) -> None:
    with working(snippet_file, {}) as worker:
        snippet.send_newsletter.delay(1, ["ada", "bob"])
        until(lambda: "1/bob" in mails.asked)
        os.killpg(worker.process.pid, signal.SIGTERM)
        worker.process.wait(20)
        assert "Worker exited prematurely: signal 15 (SIGTERM)" in worker.said
    # It waits for another worker because of reject_on_worker_lost.
    assert (store.llen("celery"), store.hlen("unacked")) == (1, 0)
    assert store.get("newsletter:1:sent") == b"1"
