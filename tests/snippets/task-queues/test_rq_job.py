"""A job runs in a process of its own, is retried after a pause, ends in time, and is cleaned up."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from rq.job import Job
from rq.serializers import JSONSerializer

from tests.snippets.loading import loaded, snippet_path
from tests.snippets.partner import Partner, serving_partner
from tests.snippets.processes import Process, started, until

FILE = snippet_path(Path(__file__))
COMMAND = "rq worker mail --serializer json"


@contextmanager
def running(url: str, *options: str) -> Iterator[Process]:
    """Run RQ's worker of the queue until a block ends, and kill it then."""
    with started([*COMMAND.split(), "--url", url, *options], FILE.parent) as worker:
        yield worker
        os.killpg(worker.process.pid, signal.SIGKILL)


@dataclass(frozen=True)
class Retried:
    """What goes on beside the tests, for it takes seconds: a pause, and a job's time limit."""

    snippet: ModuleType
    partner: Partner
    jobs: list[str]
    slow: str


@pytest.fixture(scope="module")
def retried(valkey_url_apart: str) -> Iterator[Retried]:
    """Run a worker with a scheduler for three invoices, and for one that takes too long."""
    with serving_partner() as partner, pytest.MonkeyPatch.context() as patch:
        partner.answers = {1: [503], 2: [422], 4: ["wait"]}
        patch.setenv("PARTNER_URL", partner.address)
        patch.setenv("REDIS_URL", valkey_url_apart)
        with running(valkey_url_apart, "--with-scheduler"):
            with loaded(FILE) as snippet:
                patch.undo()
            jobs = [snippet.enqueue_invoice(number) for number in (1, 2, 3)]
            slow = snippet.queue.enqueue(snippet.send_invoice, 4, job_timeout=2).id
            yield Retried(snippet, partner, jobs, slow)
        snippet.queue.connection.close()


@pytest.fixture(autouse=True)
def _addresses(retried: Retried, partner: Partner, store: Any) -> None:
    """Both are in the environment."""


@contextmanager
def working(url: str) -> Iterator[Process]:
    with running(url) as worker:
        worker.says("Listening on mail")
        yield worker


def job_of(snippet: ModuleType, number: str) -> Job:
    return Job.fetch(number, connection=snippet.queue.connection, serializer=JSONSerializer)


def state(snippet: ModuleType, number: str) -> str:
    return job_of(snippet, number).get_status().value


def test_without_a_scheduler_a_retry_waits_for_ever(
    snippet: ModuleType, valkey_url: str, partner: Partner, store: Any
) -> None:
    partner.answers = {1: [503]}
    job = snippet.enqueue_invoice(1)
    with working(valkey_url):
        # Long overdue; the status is written first, and the time next.
        until(lambda: store.zadd("rq:scheduled:mail", {job: 0}, xx=True, ch=True) == 1, 30)
        assert state(snippet, job) == "scheduled"
        after = snippet.enqueue_invoice(2)
        until(lambda: state(snippet, after) == "finished", 30)
    assert partner.invoices == [1, 2]
    assert state(snippet, job) == "scheduled"


def test_killed_process_of_a_job_counts_as_a_failed_try(
    snippet: ModuleType, valkey_url: str, partner: Partner
) -> None:
    partner.answers = {1: ["wait"]}
    job = snippet.enqueue_invoice(1)
    with working(valkey_url) as worker:
        until(lambda: partner.times(1), 30)
        (own,) = worker.process.children()
        own.kill()
        # The status is written first, and the worker is killed next.
        until(lambda: job_of(snippet, job).retries_left == 3, 30)
    assert state(snippet, job) == "scheduled"


def test_job_carries_its_limits(snippet: ModuleType) -> None:
    job = job_of(snippet, snippet.enqueue_invoice(1))
    assert (job.timeout, job.ttl, job.result_ttl, job.failure_ttl) == (30, 86_400, 3600, 604_800)
    assert (job.retries_left, job.retry_intervals) == (4, [2, 30, 300, 3600])
    assert job.data.startswith(b'["rq_job.send_invoice"')


def test_only_what_may_pass_raises(snippet: ModuleType, partner: Partner) -> None:
    partner.answers = {1: [499, 500]}
    assert snippet.send_invoice(1) == "refused with 499"
    with pytest.raises(snippet.PartnerUnavailableError, match="500"):
        snippet.send_invoice(1)
    assert snippet.send_invoice(1) == "receipt 3"
    assert partner.keys[0] == "invoice-1"


def test_worker_with_scheduler_tries_again_after_a_pause(retried: Retried) -> None:
    snippet, partner, jobs, slow = retried.snippet, retried.partner, retried.jobs, retried.slow
    until(lambda: all(state(snippet, job) == "finished" for job in jobs), 60)
    until(lambda: state(snippet, slow) == "failed", 30)
    results = [job_of(snippet, job).return_value() for job in jobs]
    assert results == ["receipt 2", "refused with 422", "receipt 1"]
    first, second = partner.times(1)
    assert second - first >= 1  # a second off: the scheduler counts in whole ones
    assert [len(partner.times(number)) for number in (2, 3, 4)] == [1, 1, 1]
    assert "JobTimeoutException" in str(job_of(snippet, slow).latest_result().exc_string)
    assert 3300 < snippet.queue.connection.ttl(f"rq:job:{jobs[0]}") <= 3600
