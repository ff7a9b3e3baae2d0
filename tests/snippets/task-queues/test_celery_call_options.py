"""Each option of a call has its effect: not before, not after, first, last, and by which queue."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import redis
import time_machine
from celery.exceptions import TaskRevokedError

from tests.snippets.processes import Process, started, until

COMMAND = "celery -A celery_call_options worker --pool solo --loglevel INFO --without-mingle"
TO = "ada@example.com"


@pytest.fixture(autouse=True)
def _address(monkeypatch: pytest.MonkeyPatch, valkey_url: str) -> None:
    monkeypatch.setenv("REDIS_URL", valkey_url)


@pytest.fixture
def broker(valkey_url: str) -> Iterator[Any]:
    with redis.Redis.from_url(valkey_url) as client:
        yield client


@contextmanager
def working(snippet_file: Path, *options: str) -> Iterator[Process]:
    with started([*COMMAND.split(), *options], snippet_file.parent) as worker:
        worker.says(" ready.")
        yield worker


def earlier(**ago: float) -> Any:
    """Make the calls in the block at an earlier time."""
    return time_machine.travel(datetime.now(UTC) - timedelta(**ago))


def test_tasks_are_plain_functions_too(snippet: ModuleType) -> None:
    assert snippet.send_mail("code", TO) == "code to ada@example.com"
    assert snippet.build_report("2026") == "report of 2026"


def test_worker_runs_each_call_when_its_options_say(
    snippet: ModuleType, snippet_file: Path, broker: Any
) -> None:
    report = snippet.report_day("2026-11-21")
    with working(snippet_file) as worker:
        assert snippet.confirm_order(TO).get(timeout=10) == "confirmation to ada@example.com"

        with earlier(minutes=30):
            assert snippet.ask_for_review(TO).get(timeout=10) == "review to ada@example.com"
        with earlier(minutes=29):
            review = snippet.ask_for_review(TO)

        starts = datetime.now(UTC) + timedelta(seconds=1)
        sale = snippet.announce_sale(TO, starts)
        assert sale.get(timeout=10) == "sale to ada@example.com"
        assert starts <= sale.date_done.astimezone(UTC) < starts + timedelta(seconds=8)

        with earlier(seconds=590):
            assert snippet.send_login_code(TO).get(timeout=10) == "code to ada@example.com"
        with earlier(seconds=601), pytest.raises(TaskRevokedError, match="expired"):
            snippet.send_login_code(TO).get(timeout=10)

        assert not review.ready()
        assert not report.ready()  # by default a worker serves the default queue alone
        assert 3500 < broker.ttl(sale.backend.get_key_for_task(sale.id)) <= 3600

        # It waits in the worker, unacknowledged; an hour later the broker gives it out again.
        (tag,) = broker.zrange("unacked_index", 0, -1)
        broker.zincrby("unacked_index", -3600, tag)
        with snippet.app.connection_for_read() as connection:
            connection.default_channel.qos.restore_visible(interval=1)
        until(lambda: worker.said.count(f"[{review.id}] received") == 2)


def test_urgent_goes_first_and_bulk_goes_last(snippet: ModuleType, snippet_file: Path) -> None:
    calls = [
        snippet.send_newsletter(TO),
        snippet.confirm_order(TO),
        snippet.confirm_order(TO),
        snippet.send_login_code(TO),
    ]
    with working(snippet_file):
        for call in calls:
            call.get(timeout=10)
    by_end = sorted(calls, key=lambda call: call.date_done)
    assert by_end == [calls[3], calls[1], calls[2], calls[0]]


def test_priority_is_the_same_as_none_without_a_default(snippet: ModuleType, broker: Any) -> None:
    snippet.app.conf.task_default_priority = None
    snippet.confirm_order(TO)
    snippet.send_login_code(TO)
    assert broker.llen("default") == 2


def test_worker_serves_the_queues_that_it_names(
    snippet: ModuleType, snippet_file: Path, broker: Any
) -> None:
    day, year = snippet.report_day("2026-11-21"), snippet.report_year("2026")
    queues = {key.decode().partition("\x06")[0] for key in broker.keys("report*")}
    assert queues == {"reports", "reports-large"}
    with working(snippet_file, "--queues", "reports"):
        assert day.get(timeout=10) == "report of 2026-11-21"
        assert not year.ready()
    assert broker.llen("reports-large\x06\x166") == 1
