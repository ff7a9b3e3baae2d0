"""Beat sends a task when it is due in UTC and makes up a missed run once; two send it twice."""

import json
import shelve
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import time_machine
from celery.beat import ScheduleEntry
from celery.schedules import crontab

from tests.snippets.processes import Process, started, until

FRIDAY = datetime(2026, 11, 20, 6, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _address(store: Any) -> None:
    """It is in the environment."""


@contextmanager
def beating(snippet_file: Path, state: Path, log: str) -> Iterator[Process]:
    command = [
        "celery",
        "-A",
        "celery_beat",
        "beat",
        "--loglevel",
        "DEBUG",
        "--schedule",
        str(state),
    ]
    with started(command, snippet_file.parent) as beat:
        beat.says(log)
        yield beat


def entry(snippet: ModuleType, name: str, last_run_at: datetime) -> ScheduleEntry:
    fields = snippet.app.conf.beat_schedule[name]
    return ScheduleEntry(name=name, app=snippet.app, last_run_at=last_run_at, **fields)


def next_run(snippet: ModuleType, name: str, last_run_at: datetime) -> datetime:
    with time_machine.travel(last_run_at, tick=False):
        due, seconds = entry(snippet, name, last_run_at).is_due()
    assert not due
    return last_run_at + timedelta(seconds=seconds)


def test_every_entry_names_a_task_that_takes_its_arguments(snippet: ModuleType) -> None:
    done = [
        snippet.app.tasks[fields["task"]](**fields.get("kwargs", {}))
        for fields in snippet.app.conf.beat_schedule.values()
    ]
    assert done == ["carts expired", "reminded of what is 14 days overdue", "month closed"]


def test_next_runs_are_in_utc(snippet: ModuleType) -> None:
    assert next_run(snippet, "expire-carts", FRIDAY) == FRIDAY + timedelta(minutes=5)
    assert next_run(snippet, "send-reminders", FRIDAY - timedelta(minutes=1)) == FRIDAY
    assert next_run(snippet, "send-reminders", FRIDAY) == FRIDAY + timedelta(days=3)
    december = datetime(2026, 12, 1, tzinfo=UTC)
    assert next_run(snippet, "close-month", FRIDAY) == december
    assert next_run(snippet, "close-month", december) == datetime(2027, 1, 1, tzinfo=UTC)
    assert str(snippet.app.timezone) == "UTC"


def test_task_for_the_carts_expires_when_the_next_is_due(snippet: ModuleType) -> None:
    fields = snippet.app.conf.beat_schedule["expire-carts"]
    assert fields["options"]["expires"] == fields["schedule"].total_seconds()


def test_missed_crontab_run_is_made_up_within_an_hour(snippet: ModuleType) -> None:
    reminders = entry(snippet, "send-reminders", FRIDAY - timedelta(days=1))
    with time_machine.travel(FRIDAY + timedelta(minutes=59, seconds=58), tick=False):
        assert reminders.is_due().is_due
    with time_machine.travel(FRIDAY + timedelta(minutes=60, seconds=2), tick=False):
        assert not reminders.is_due().is_due


def test_crontab_without_a_minute_is_due_every_minute() -> None:
    assert crontab(hour=6).minute == set(range(60))


def carts(store: Any) -> list[dict[str, Any]]:
    """Give the tasks that Beat sent for the carts."""
    headers = [json.loads(raw)["headers"] for raw in store.lrange("celery", 0, -1)]
    return [head for head in headers if head["task"] == "shop.expire_carts"]


def test_interval_counts_from_the_last_run_that_the_state_file_holds(
    snippet: ModuleType, snippet_file: Path, store: Any, working: Any, tmp_path: Path
) -> None:
    with beating(snippet_file, tmp_path / "one", "Waking up in"):
        assert not carts(store)  # not at the start: after the first five minutes
    with shelve.open(str(tmp_path / "one"), writeback=True) as stored:
        assert {*stored["entries"]} >= {*snippet.app.conf.beat_schedule}
        stored["entries"]["expire-carts"].last_run_at -= timedelta(minutes=20)
    for file in tmp_path.iterdir():
        shutil.copy(file, file.with_name(file.name.replace("one", "other")))
    sending = "Sending due task expire-carts"
    with (
        beating(snippet_file, tmp_path / "one", sending) as beat,
        beating(snippet_file, tmp_path / "other", sending),
    ):
        until(lambda: len(carts(store)) == 2, 30)  # one of each Beat, and one for four periods
        beat.says("Waking up in")
    head, _ = carts(store)
    left = datetime.fromisoformat(head["expires"]) - datetime.now(UTC)
    assert timedelta(minutes=4) < left <= timedelta(minutes=5)

    with working("--pool=solo") as worker:
        until(lambda: worker.said.count("'carts expired'") == 2, 60)
