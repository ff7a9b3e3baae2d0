"""A task is retried with growing pauses, survives a killed process, and ends after its tries."""

import os
import random
import signal
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import psutil
import pytest
from celery.exceptions import Retry, SoftTimeLimitExceeded, WorkerLostError
from kombu.transport.redis import Channel

from tests.snippets.loading import loaded, snippet_path
from tests.snippets.partner import Partner, serving_partner
from tests.snippets.processes import Process, started, until

# Raised inside Celery: its Redis backend calls SETEX, which redis-py 8 deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:Call to deprecated setex:DeprecationWarning")
FILE = snippet_path(Path(__file__))
VISIBILITY_TIMEOUT = 300
ONE = "--concurrency=1"
TWO = "--concurrency=2"


@dataclass(frozen=True)
class Retried:
    """What goes on beside the tests, for it takes seconds: the pauses before retries."""

    snippet: ModuleType
    partner: Partner
    sent: Future[tuple[float, list[Any]]]
    """When the pool processes were killed, and the result of each of the six tasks."""


@pytest.fixture(scope="module")
def retried(valkey_url_apart: str) -> Iterator[Retried]:
    """Run a worker, kill its pool processes in the first two tasks, and send four more."""

    def send(worker: Process) -> tuple[float, list[Any]]:
        task = snippet.send_invoice
        killed, killed_at_last = task.delay(1), task.apply_async((2,), retries=8)
        until(lambda: {*partner.invoices} == {1, 2}, 30)
        # A worker that looks between the ends of the two overlooks one of them for five seconds.
        worker.process.suspend()
        for pool_process in (pool := worker.process.children()):
            pool_process.kill()
        until(lambda: all(one.status() == psutil.STATUS_ZOMBIE for one in pool), 30)
        at = time.monotonic()
        worker.process.resume()
        until(killed_at_last.ready, 60)
        slow = task.apply_async((5,), soft_time_limit=0.5)
        slow_at_last = task.apply_async((6,), soft_time_limit=0.5, retries=8)
        return at, [killed, killed_at_last, task.delay(3), task.delay(4), slow, slow_at_last]

    # By default a pool process is missed after 10 s.
    command = f"celery -A {FILE.stem} worker --without-mingle {TWO} -- worker.lost_wait=0.5"
    with (
        serving_partner() as partner,
        pytest.MonkeyPatch.context() as patch,
        ThreadPoolExecutor() as threads,
    ):
        wait = "wait"
        partner.answers = {1: [wait], 2: [wait], 3: [503, 503], 4: [422], 5: [wait], 6: [wait]}
        patch.setenv("PARTNER_URL", partner.address)
        patch.setenv("REDIS_URL", valkey_url_apart)
        with started(command.split(), FILE.parent) as worker:
            with loaded(FILE) as snippet:
                patch.undo()
            yield Retried(snippet, partner, threads.submit(send, worker))
            os.killpg(worker.process.pid, signal.SIGKILL)  # to stop takes seconds
        snippet.app.close()


@pytest.fixture(autouse=True)
def _addresses(retried: Retried, store: Any, partner: Partner) -> None:
    """Both are in the environment."""


def give_back_what_is_due(app: Any) -> None:
    """Look for messages whose visibility timeout has passed, as a worker does."""
    with app.connection_for_read() as connection:
        connection.default_channel.qos.restore_visible(interval=1)


def pause_before_retry(task: Any, number: int) -> int:
    """Run the task here as its `number`th retry and give the pause that it asks for next."""
    task.push_request(called_directly=False, id="one", args=[7], kwargs={}, retries=number)
    try:
        with pytest.raises(Retry) as asked:
            task.run(7)
    finally:
        task.pop_request()
    return asked.value.when


def test_success_is_the_receipt(snippet: ModuleType, partner: Partner) -> None:
    assert snippet.send_invoice(7) == "receipt 1"
    assert (partner.invoices, partner.keys) == ([7], ["invoice-7"])


@pytest.mark.parametrize(("number", "longest"), [(0, 1), (1, 2), (2, 4), (5, 32), (6, 60), (7, 60)])
def test_pause_is_drawn_below_a_bound_that_doubles(
    snippet: ModuleType,
    partner: Partner,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    longest: int,
) -> None:
    partner.answers[7] = [503, 503]
    monkeypatch.setattr(random, "randrange", lambda stop: stop - 1)
    assert pause_before_retry(snippet.send_invoice, number) == longest
    monkeypatch.setattr(random, "randrange", lambda _: 0)
    assert pause_before_retry(snippet.send_invoice, number) == 0


@pytest.mark.parametrize("answer", ["close", 500])
def test_network_and_server_errors_are_retried(
    snippet: ModuleType, partner: Partner, answer: int | str
) -> None:
    partner.answers[7] = [answer]
    pause_before_retry(snippet.send_invoice, 0)


def test_ninth_try_is_the_last(snippet: ModuleType, partner: Partner) -> None:
    partner.answers[7] = [503, 503]
    pause_before_retry(snippet.send_invoice, 7)
    with pytest.raises(snippet.PartnerUnavailableError, match="503"):
        snippet.send_invoice.apply((7,), retries=8, throw=True)


def test_each_limit_is_longer_than_what_it_must_outlast(snippet: ModuleType) -> None:
    task = snippet.send_invoice
    assert (task.soft_time_limit, task.time_limit) == (30, 40)
    assert task.retry_backoff_max + task.time_limit < VISIBILITY_TIMEOUT


def test_killed_worker_gives_its_task_back_after_the_visibility_timeout(
    snippet: ModuleType, working: Any, partner: Partner, store: Any, kill: Any
) -> None:
    partner.answers[7] = ["wait"]
    with working(ONE) as worker:
        result = snippet.send_invoice.delay(7)
        until(lambda: partner.invoices == [7], 30)
        waiting = [snippet.send_invoice.delay(number) for number in (8, 9)]
        # Prefetch of one: the two others stay in the broker while the first runs.
        assert (store.hlen("unacked"), store.llen("celery")) == (1, 2)
        kill(worker)
    (tag,) = store.zrange("unacked_index", 0, -1)
    store.zincrby("unacked_index", -(VISIBILITY_TIMEOUT - 30), tag)
    give_back_what_is_due(snippet.app)
    assert (store.hlen("unacked"), store.llen("celery")) == (1, 2)
    store.zincrby("unacked_index", -30, tag)
    with working(ONE):
        assert result.get(timeout=60) == "receipt 2"
        assert [other.get(timeout=60) for other in waiting] == ["receipt 1"] * 2
    assert partner.keys.count("invoice-7") == 2


def test_killed_worker_loses_its_task_without_late_acknowledgement(
    snippet_file: Path, tmp_path: Path, partner: Partner, store: Any, working: Any, kill: Any
) -> None:
    source = snippet_file.read_text("utf-8")
    assert source.count("acks_late=True") == 1
    early = tmp_path / snippet_file.name
    early.write_text(source.replace("acks_late=True", "acks_late=False"), "utf-8")
    partner.answers[7] = ["wait"]
    with working(ONE, folder=tmp_path) as worker, loaded(early) as module:
        module.send_invoice.delay(7)
        until(lambda: partner.invoices == [7], 30)
        kill(worker)
        module.app.close()
    assert not store.exists("unacked", "celery")


def test_running_worker_looks_for_lost_messages_every_100_seconds() -> None:
    assert Channel.unacked_restore_interval * Channel.unacked_restore_throttle == 100


def test_worker_tries_again_what_may_succeed_and_only_that(retried: Retried) -> None:
    partner = retried.partner
    at, results = retried.sent.result()
    killed, killed_at_last, unavailable, refused, slow, slow_at_last = results
    with pytest.raises(WorkerLostError):
        killed_at_last.get(timeout=60)
    assert unavailable.get(timeout=60) == "receipt 3"
    with pytest.raises(Exception, match="422"):
        refused.get(timeout=60)
    assert slow.get(timeout=60) != "receipt 1"
    with pytest.raises(SoftTimeLimitExceeded):
        slow_at_last.get(timeout=60)

    assert killed.get(timeout=60) == "receipt 2"
    assert partner.times(1)[1] - at >= 3
    with retried.snippet.app.connection_for_read() as connection:
        until(lambda: not connection.default_channel.client.exists("unacked"), 30)
    assert [partner.invoices.count(number) for number in range(1, 5)] == [2, 1, 3, 1]
    # On a busy machine half a second may pass before a request, or before its answer.
    assert partner.invoices.count(5) >= 2
    assert partner.invoices.count(6) <= 1
