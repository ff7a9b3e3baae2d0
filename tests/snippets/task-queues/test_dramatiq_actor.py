"""An actor is retried with growing pauses, gives up in time, and outlives a killed worker."""

import json
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import dramatiq.brokers.redis
import dramatiq.common
import httpx2
import pytest
import time_machine

from tests.snippets.partner import Partner
from tests.snippets.processes import Process, started, until

COMMAND = "dramatiq dramatiq_actor --processes 1 --threads 4"
NOW = 1_795_262_400


@pytest.fixture(autouse=True)
def _addresses(monkeypatch: pytest.MonkeyPatch, partner: Partner, store: Any) -> None:
    monkeypatch.setenv("ALERT_URL", f"{partner.address}/alerts")


@contextmanager
def working(folder: Path, kill: Callable[[Process], None]) -> Iterator[Process]:
    often = {"dramatiq_worker_timeout": "100"}  # it looks for messages once a second by default
    with started(COMMAND.split(), folder, often) as worker:
        worker.says("Worker process is ready for action")
        yield worker
        kill(worker)  # to stop takes it seconds


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
    snippet: ModuleType,
    snippet_file: Path,
    tmp_path: Path,
    partner: Partner,
    store: Any,
    kill: Any,
) -> None:
    source = snippet_file.read_text("utf-8")
    assert source.count("min_backoff=2_000") == 1
    # That the pause is two seconds or more shows below, without waiting for it.
    sooner = source.replace("min_backoff=2_000", "min_backoff=500")
    (tmp_path / snippet_file.name).write_text(sooner, "utf-8")
    partner.answers = {1: [503], 2: [422], 3: [503]}
    with working(tmp_path, kill):
        for number in (1, 2, 4):
            snippet.send_invoice.send(number)
        snippet.send_invoice.send_with_options(args=(3,), max_retries=0)
        until(lambda: len(partner.times(1)) == 2 and partner.alerts, 60)
        until(lambda: not store.hlen("dramatiq:default.msgs"), 30)
    first, second = partner.times(1)
    assert second - first >= 0.5
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
        with time_machine.travel(NOW, tick=False):
            fail(snippet, snippet.PartnerUnavailableError(), retries)
        (message,) = waiting(store)
        assert message["options"]["eta"] / 1000 - NOW == factor * seconds


def test_ninth_try_is_the_last(snippet: ModuleType, store: Any) -> None:
    assert fail(snippet, httpx2.ConnectError(""), 8).failed
    assert waiting(store) == []
    assert not fail(snippet, httpx2.ConnectError(""), 7).failed


def test_no_pause_is_longer_than_ten_minutes(snippet: ModuleType, store: Any) -> None:
    snippet.send_invoice.options["max_retries"] = 99
    with time_machine.travel(NOW, tick=False):
        fail(snippet, snippet.PartnerUnavailableError(), 20)
    (message,) = waiting(store)
    assert 300 <= message["options"]["eta"] / 1000 - NOW <= 600


def test_server_error_is_tried_again(snippet: ModuleType, store: Any, partner: Partner) -> None:
    partner.answers = {7: [500]}
    with pytest.raises(snippet.PartnerUnavailableError, match="500") as unavailable:
        snippet.send_invoice(7)
    assert not fail(snippet, unavailable.value, 0).failed
    assert len(waiting(store)) == 1


def test_refused_invoice_is_not_tried_again(snippet: ModuleType, partner: Partner) -> None:
    partner.answers = {7: [422]}
    with pytest.raises(httpx2.HTTPStatusError) as refused:
        snippet.send_invoice(7)
    assert fail(snippet, refused.value, 0).failed


def test_message_of_more_than_an_hour_is_not_tried(snippet: ModuleType) -> None:
    limit = next(one for one in snippet.broker.middleware if type(one).__name__ == "AgeLimit")
    for age, failed in ((3_590_000, False), (3_600_001, True)):
        message = dramatiq.MessageProxy(snippet.send_invoice.message(7))
        message._message = message._message.copy()
        object.__setattr__(message._message, "message_timestamp", time.time() * 1000 - age)
        if failed:
            with pytest.raises(dramatiq.middleware.SkipMessage):
                limit.before_process_message(snippet.broker, message)
        else:
            limit.before_process_message(snippet.broker, message)
        assert message.failed is failed


def test_report_names_the_invoice(snippet: ModuleType, partner: Partner) -> None:
    snippet.report_unsent_invoice({"args": [7]}, {})
    assert partner.alerts == [{"unsent": [7]}]


def test_limits(snippet: ModuleType) -> None:
    assert snippet.send_invoice.options["time_limit"] == 30_000
    assert snippet.report_unsent_invoice.options["max_retries"] == 3


def test_killed_worker_gives_its_message_back_at_the_next_maintenance(
    snippet: ModuleType,
    snippet_file: Path,
    partner: Partner,
    store: Any,
    monkeypatch: pytest.MonkeyPatch,
    kill: Any,
) -> None:
    partner.answers = {1: ["wait"]}
    with working(snippet_file.parent, kill):
        snippet.send_invoice.send(1)
        until(lambda: partner.times(1), 30)
    for name in store.zrange("dramatiq:__heartbeats__", 0, -1):
        store.zincrby("dramatiq:__heartbeats__", -61_000, name)
    monkeypatch.setattr(random, "randint", lambda _low, _high: 100_001)
    snippet.broker.do_qsize("default")
    assert not store.llen("dramatiq:default")
    monkeypatch.setattr(random, "randint", lambda _low, _high: 100_000)
    snippet.broker.do_qsize("default")
    assert store.llen("dramatiq:default") == 1
    with working(snippet_file.parent, kill):
        until(lambda: len(partner.times(1)) == 2, 60)
