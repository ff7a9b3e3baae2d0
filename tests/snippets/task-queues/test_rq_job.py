"""A job runs in a process of its own, is retried after a pause, ends in time, and is cleaned up."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import redis
from rq.job import Job
from rq.serializers import JSONSerializer

from tests.snippets.partner import Partner, serving_partner
from tests.snippets.processes import Process, started, until

COMMAND = "rq worker mail --serializer json"


@pytest.fixture(autouse=True)
def partner(monkeypatch: pytest.MonkeyPatch, valkey_url: str) -> Iterator[Partner]:
    with serving_partner() as partner:
        monkeypatch.setenv("PARTNER_URL", partner.address)
        monkeypatch.setenv("REDIS_URL", valkey_url)
        yield partner


@pytest.fixture
def store(valkey_url: str) -> Iterator[Any]:
    with redis.Redis.from_url(valkey_url) as store:
        yield store


@contextmanager
def working(snippet_file: Path, url: str, *options: str) -> Iterator[Process]:
    command = [*COMMAND.split(), "--url", url, *options]
    with started(command, snippet_file.parent) as worker:
        worker.says("Listening on mail")
        yield worker


def job_of(snippet: ModuleType, number: str) -> Job:
    return Job.fetch(number, connection=snippet.queue.connection, serializer=JSONSerializer)


def state(snippet: ModuleType, number: str) -> str:
    return job_of(snippet, number).get_status().value


def test_worker_with_scheduler_tries_again_after_a_pause(
    snippet: ModuleType, snippet_file: Path, partner: Partner, store: Any, valkey_url: str
) -> None:
    partner.answers = {1: [503], 2: [422], 4: ["wait"]}
    jobs = [snippet.enqueue_invoice(number) for number in (1, 2, 3)]
    slow = snippet.queue.enqueue(snippet.send_invoice, 4, job_timeout=1).id
    with working(snippet_file, valkey_url, "--with-scheduler"):
        until(lambda: all(state(snippet, job) == "finished" for job in jobs), 20)
        until(lambda: state(snippet, slow) == "failed")
    results = [job_of(snippet, job).return_value() for job in jobs]
    assert results == ["receipt 2", "refused with 422", "receipt 1"]
    first, second = partner.times(1)
    assert 1 <= second - first < 20  # a second off: the scheduler counts in whole ones
    assert [len(partner.times(number)) for number in (2, 3, 4)] == [1, 1, 1]
    assert "JobTimeoutException" in str(job_of(snippet, slow).latest_result().exc_string)
    assert 3500 < store.ttl(f"rq:job:{jobs[0]}") <= 3600


def test_without_a_scheduler_a_retry_waits_for_ever(
    snippet: ModuleType, snippet_file: Path, partner: Partner, valkey_url: str
) -> None:
    partner.answers = {1: [503]}
    job = snippet.enqueue_invoice(1)
    with working(snippet_file, valkey_url):
        until(lambda: partner.times(1) and state(snippet, job) == "scheduled")
        time.sleep(3)
    assert len(partner.times(1)) == 1


def test_killed_process_of_a_job_counts_as_a_failed_try(
    snippet: ModuleType, snippet_file: Path, partner: Partner, valkey_url: str
) -> None:
    partner.answers = {1: ["wait"]}
    job = snippet.enqueue_invoice(1)
    with working(snippet_file, valkey_url) as worker:
        until(lambda: partner.times(1))
        (own,) = worker.process.children()
        own.kill()
        until(lambda: state(snippet, job) == "scheduled")
    assert job_of(snippet, job).retries_left == 3


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
