"""An actor is retried with growing pauses, gives up in time, and outlives a killed worker."""

import json
import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import dramatiq.brokers.redis
import dramatiq.common
import httpx2
import pytest
import redis

from tests.snippets.partner import Partner, serving_partner
from tests.snippets.processes import Process, started, until

COMMAND = "dramatiq dramatiq_actor --processes 1 --threads 4"


@pytest.fixture(autouse=True)
def partner(monkeypatch: pytest.MonkeyPatch, valkey_url: str) -> Iterator[Partner]:
    with serving_partner() as partner:
        monkeypatch.setenv("PARTNER_URL", partner.address)
        monkeypatch.setenv("ALERT_URL", f"{partner.address}/alerts")
        monkeypatch.setenv("REDIS_URL", valkey_url)
        yield partner


@pytest.fixture
def store(valkey_url: str) -> Iterator[Any]:
    with redis.Redis.from_url(valkey_url) as store:
        yield store


@contextmanager
def working(snippet_file: Path) -> Iterator[Process]:
    with started(COMMAND.split(), snippet_file.parent) as worker:
        worker.says("Worker process is ready for action")
        yield worker


def waiting(store: Any) -> list[dict[str, Any]]:
    """Give the messages that wait for their time."""
    return [json.loads(message) for message in store.hvals("dramatiq:default.DQ.msgs")]


def fail(snippet: ModuleType, error: Exception, retries: int) -> Any:
    """Let the broker's middleware see a message that failed, as the worker does."""
    message = dramatiq.MessageProxy(snippet.send_invoice.message(7))
    message.options["retries"] = retries
    retrying = next(one for one in snippet.broker.middleware if type(one).__name__ == "Retries")
    retrying.after_process_message(snippet.broker, message, exception=error)
    return message


def test_worker_tries_again_what_may_succeed_and_reports_the_rest(
    snippet: ModuleType, snippet_file: Path, partner: Partner, store: Any
) -> None:
    partner.answers = {1: [503], 2: [422], 3: [503]}
    with working(snippet_file):
        for number in (1, 2, 4):
            snippet.send_invoice.send(number)
        snippet.send_invoice.send_with_options(args=(3,), max_retries=0)
        until(lambda: len(partner.times(1)) == 2 and partner.alerts)
        until(lambda: not store.hlen("dramatiq:default.msgs"))
    first, second = partner.times(1)
    assert second - first >= 2
    assert [len(partner.times(number)) for number in (2, 3, 4)] == [1, 1, 1]
    assert ("invoice-4", 4) in [(call.key, call.invoice) for call in partner.calls]
    assert partner.alerts == [{"unsent": [3]}]


@pytest.mark.parametrize(("retries", "seconds"), [(0, 2), (1, 4), (7, 256)])
def test_pause_doubles_with_a_random_part(
    snippet: ModuleType,
    store: Any,
    monkeypatch: pytest.MonkeyPatch,
    retries: int,
    seconds: int,
) -> None:
    for factor in (1, 2):
        store.flushdb()
        monkeypatch.setattr(dramatiq.common, "uniform", lambda _low, _high, factor=factor: factor)
        fail(snippet, snippet.PartnerUnavailableError(), retries)
        (message,) = waiting(store)
        pause = message["options"]["eta"] / 1000 - time.time()
        assert factor * seconds - 1 < pause <= factor * seconds


def test_ninth_try_is_the_last(snippet: ModuleType, store: Any) -> None:
    assert fail(snippet, httpx2.ConnectError(""), 8).failed
    assert waiting(store) == []
    assert not fail(snippet, httpx2.ConnectError(""), 7).failed


def test_no_pause_is_longer_than_ten_minutes(snippet: ModuleType, store: Any) -> None:
    snippet.send_invoice.options["max_retries"] = 99
    fail(snippet, snippet.PartnerUnavailableError(), 20)
    (message,) = waiting(store)
    assert 299 < message["options"]["eta"] / 1000 - time.time() <= 600


def test_refused_invoice_is_not_tried_again(snippet: ModuleType, partner: Partner) -> None:
    partner.answers = {7: [422]}
    with pytest.raises(httpx2.HTTPStatusError) as refused:
        snippet.send_invoice(7)
    assert fail(snippet, refused.value, 0).failed


def test_message_of_more_than_an_hour_is_not_tried(snippet: ModuleType) -> None:
    limit = next(one for one in snippet.broker.middleware if type(one).__name__ == "AgeLimit")
    for age, failed in ((3_590_000, False), (3_610_000, True)):
        message = dramatiq.MessageProxy(snippet.send_invoice.message(7))
        message._message = message._message.copy()
        object.__setattr__(message._message, "message_timestamp", time.time() * 1000 - age)
        if failed:
            with pytest.raises(dramatiq.middleware.SkipMessage):
                limit.before_process_message(snippet.broker, message)
        else:
            limit.before_process_message(snippet.broker, message)
        assert message.failed is failed


def test_limits(snippet: ModuleType) -> None:
    assert snippet.send_invoice.options["time_limit"] == 30_000
    assert snippet.report_unsent_invoice.options["max_retries"] == 3


def test_killed_worker_gives_its_message_back_at_the_next_maintenance(
    snippet: ModuleType,
    snippet_file: Path,
    partner: Partner,
    store: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    partner.answers = {1: ["wait"]}
    with working(snippet_file) as worker:
        snippet.send_invoice.send(1)
        until(lambda: partner.times(1))
        os.killpg(worker.process.pid, signal.SIGKILL)
        worker.process.wait(10)
    for name in store.zrange("dramatiq:__heartbeats__", 0, -1):
        store.zincrby("dramatiq:__heartbeats__", -61_000, name)
    monkeypatch.setattr(random, "randint", lambda _low, _high: 100_001)
    snippet.broker.do_qsize("default")
    assert not store.llen("dramatiq:default")
    monkeypatch.setattr(random, "randint", lambda _low, _high: 100_000)
    snippet.broker.do_qsize("default")
    assert store.llen("dramatiq:default") == 1
    with working(snippet_file):
        until(lambda: len(partner.times(1)) == 2)
