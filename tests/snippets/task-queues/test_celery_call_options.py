"""Each option of a call has its effect: not before, not after, first, last, and by which queue."""

import json
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

import pytest
import time_machine
from celery.exceptions import TaskRevokedError

from tests.snippets.processes import until

SOLO = "--pool=solo"
TO = "ada@example.com"


@pytest.fixture(autouse=True)
def _address(store: Any) -> None:
    """It is in the environment."""


def earlier(**ago: float) -> Any:
    """Make the calls in the block at an earlier time."""
    return time_machine.travel(datetime.now(UTC) - timedelta(**ago))


def test_tasks_are_plain_functions_too(snippet: ModuleType) -> None:
    assert {"shop.send_mail", "shop.build_report"} <= {*snippet.app.tasks}
    assert snippet.send_mail("code", TO) == "code to ada@example.com"
    assert snippet.build_report("2026") == "report of 2026"


def test_messages_carry_times_and_priority(snippet: ModuleType, store: Any) -> None:
    now = datetime(2026, 11, 21, 12, tzinfo=UTC)
    with time_machine.travel(now, tick=False):
        snippet.ask_for_review(TO)
        snippet.announce_sale(TO, now + timedelta(days=6))
        snippet.send_login_code(TO)
        snippet.send_newsletter(TO)
    found = set()
    for queue in ("default", "default\x06\x166", "default\x06\x169"):
        for raw in store.lrange(queue, 0, -1):
            message = json.loads(raw)
            head, priority = message["headers"], message["properties"]["priority"]
            found.add((priority, head["eta"], head["expires"]))
    assert found == {
        (0, None, "2026-11-21T12:10:00+00:00"),
        (6, "2026-11-21T12:30:00+00:00", None),
        (6, "2026-11-27T12:00:00+00:00", None),
        (9, None, None),
    }


def test_worker_runs_each_call_when_its_options_say(
    snippet: ModuleType, working: Any, store: Any
) -> None:
    report = snippet.report_day("2026-11-21")
    before = [
        snippet.send_newsletter(TO),
        snippet.confirm_order(TO),
        snippet.confirm_order(TO),
        snippet.send_login_code(TO),
    ]
    with working(SOLO) as worker:
        for call in before:
            call.get(timeout=60)
        urgent_first = [before[3], before[1], before[2], before[0]]
        assert sorted(before, key=lambda call: call.date_done) == urgent_first

        assert snippet.confirm_order(TO).get(timeout=60) == "confirmation to ada@example.com"

        with earlier(minutes=30):
            assert snippet.ask_for_review(TO).get(timeout=60) == "review to ada@example.com"
        with earlier(minutes=25):
            review = snippet.ask_for_review(TO)

        starts = datetime.now(UTC) + timedelta(seconds=1)
        sale = snippet.announce_sale(TO, starts)
        assert sale.get(timeout=60) == "sale to ada@example.com"
        assert starts <= sale.date_done.astimezone(UTC)

        with earlier(seconds=500):
            assert snippet.send_login_code(TO).get(timeout=60) == "code to ada@example.com"
        with earlier(seconds=601), pytest.raises(TaskRevokedError, match="expired"):
            snippet.send_login_code(TO).get(timeout=60)

        assert not review.ready()
        assert not report.ready()  # by default a worker serves the default queue alone
        assert 3300 < store.ttl(sale.backend.get_key_for_task(sale.id)) <= 3600

        # It waits in the worker, unacknowledged; an hour later the broker gives it out again.
        until(lambda: store.zcard("unacked_index") == 1, 30)
        (tag,) = store.zrange("unacked_index", 0, -1)
        store.zincrby("unacked_index", -3600, tag)
        with snippet.app.connection_for_read() as connection:
            connection.default_channel.qos.restore_visible(interval=1)
        until(lambda: worker.said.count(f"[{review.id}] received") == 2, 30)
    review.forget()  # or its end asks a server that is gone


def test_priority_is_the_same_as_none_without_a_default(snippet: ModuleType, store: Any) -> None:
    snippet.app.conf.task_default_priority = None
    snippet.confirm_order(TO)
    snippet.send_login_code(TO)
    assert store.llen("default") == 2


def test_worker_serves_the_queues_that_it_names(
    snippet: ModuleType, working: Any, store: Any
) -> None:
    day, year = snippet.report_day("2026-11-21"), snippet.report_year("2026")
    queues = {key.decode().partition("\x06")[0] for key in store.keys("report*")}
    assert queues == {"reports", "reports-large"}
    with working(SOLO, "--queues=reports"):
        assert day.get(timeout=60) == "report of 2026-11-21"
        assert not year.ready()
    assert store.llen("reports-large\x06\x166") == 1
