"""A worker that is told to stop finishes its job, takes no other, and ends in time or says so."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from types import ModuleType
from typing import Any, ClassVar

import pytest
from redis import Redis

from tests.snippets.processes import Process, started, until

type Start = Callable[[], AbstractContextManager[Process]]


class Mail(BaseHTTPRequestHandler):
    """Answers once the test says so."""

    asked: ClassVar[list[tuple[str, bytes, str | None]]] = []
    may_answer: ClassVar[Event] = Event()
    status: ClassVar[int] = 202

    def do_POST(self) -> None:  # the name that http.server calls
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.asked.append((self.path, body, self.headers["Idempotency-Key"]))
        self.may_answer.wait(60)
        self.send_response(Mail.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # as in http.server
        pass


@pytest.fixture
def mail_url() -> Iterator[str]:
    Mail.asked.clear()
    Mail.may_answer.clear()
    Mail.status = 202
    with ThreadingHTTPServer(("127.0.0.1", 0), Mail) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        Mail.may_answer.set()
        server.shutdown()


@pytest.fixture
def queue(valkey_url: str) -> Iterator[Redis]:
    with Redis.from_url(valkey_url, decode_responses=True) as queue:
        yield queue


@pytest.fixture
def env(valkey_url: str, mail_url: str) -> dict[str, str]:
    return {"REDIS_URL": valkey_url, "MAIL_URL": mail_url}


@pytest.fixture
def start(snippet_file: Path, tmp_path: Path, env: dict[str, str]) -> Start:
    return lambda: started([sys.executable, snippet_file], tmp_path, env)


def waits(queue: Redis) -> int:
    """How often a worker has asked for a job, and got one or none."""
    return queue.info("commandstats").get("cmdstat_blmove", {"calls": 0})["calls"]


def end_wait(queue: Redis) -> None:
    """Let the waiting worker hear that its second went by without a job."""
    (waiting,) = [client["id"] for client in queue.client_list() if client["cmd"] == "blmove"]
    queue.client_unblock(int(waiting))


def lists(queue: Redis) -> tuple[Any, Any]:
    return queue.lrange("reminders", 0, -1), queue.lrange("reminders:running", 0, -1)


def test_jobs_are_done_in_order_and_an_idle_worker_ends(start: Start, queue: Redis) -> None:
    Mail.may_answer.set()
    queue.rpush("reminders", "A1")
    before = waits(queue)
    with start() as worker:
        worker.says("Sent A1")
        until(lambda: waits(queue) >= before + 2, 30)  # a second went by without a job
        queue.rpush("reminders", "A2")
        worker.says("Sent A2")
        assert Mail.asked == [
            ("/v1/reminders", b'{"invoice":"A1"}', "reminder-A1"),
            ("/v1/reminders", b'{"invoice":"A2"}', "reminder-A2"),
        ]
        assert lists(queue) == ([], [])
        worker.process.send_signal(signal.SIGTERM)
        worker.says("Stopping after the job in hand")
        end_wait(queue)
        assert worker.process.wait(30) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_job_in_hand_is_finished_and_no_other_is_begun(
    start: Start, queue: Redis, number: signal.Signals
) -> None:
    queue.rpush("reminders", "A1", "A2")
    with start() as worker:
        until(lambda: Mail.asked, 30)
        assert lists(queue) == (["A2"], ["A1"])
        worker.process.send_signal(number)
        worker.says("Stopping after the job in hand")
        assert worker.process.poll() is None
        Mail.may_answer.set()
        assert worker.process.wait(30) == 0
        assert "Sent A1" in worker.said
    assert len(Mail.asked) == 1
    assert lists(queue) == (["A2"], [])


def test_grace_is_shorter_than_that_of_the_platform(snippet: ModuleType) -> None:
    assert snippet.GRACE == 20


def test_job_that_outlasts_the_grace_is_cut_off_and_kept(
    start: Start, queue: Redis, env: dict[str, str]
) -> None:
    env["GRACE_SECONDS"] = "0.2"
    queue.rpush("reminders", "A1")
    with start() as worker:
        until(lambda: Mail.asked, 30)
        worker.process.send_signal(signal.SIGTERM)
        assert worker.process.wait(30) == 1
        assert "CancelledError" in worker.said
    assert lists(queue) == ([], ["A1"])


def test_killed_worker_leaves_its_job_in_the_second_list(start: Start, queue: Redis) -> None:
    queue.rpush("reminders", "A1")
    with start() as worker:
        until(lambda: Mail.asked, 30)
        worker.process.kill()
        worker.process.wait(30)
    assert lists(queue) == ([], ["A1"])


def test_failing_job_ends_the_worker_with_an_error_and_is_kept(start: Start, queue: Redis) -> None:
    Mail.status = 500
    Mail.may_answer.set()
    queue.rpush("reminders", "A1")
    with start() as worker:
        assert worker.process.wait(30) == 1
        assert "HTTPStatusError" in worker.said
    assert lists(queue) == ([], ["A1"])
