"""A payment is booked once, however often its task is delivered, run at once, or killed."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any

import psycopg
import pytest
from celery.exceptions import Retry

from tests.snippets.processes import until

SOLO = "--pool=solo"
HOUR = 3600


@pytest.fixture(autouse=True)
def _addresses(monkeypatch: pytest.MonkeyPatch, store: Any, postgresql_url: str) -> None:
    monkeypatch.setenv("DATABASE_URL", postgresql_url)


@pytest.fixture
def database(snippet: ModuleType, postgresql_url: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        connection.execute(snippet.TABLES)
        connection.execute("INSERT INTO accounts VALUES (1, 100), (2, 100)")
        yield connection


def balances(database: psycopg.Connection[Any]) -> list[int]:
    rows = database.execute("SELECT balance FROM accounts ORDER BY id").fetchall()
    return [balance for (balance,) in rows]


def booked(database: psycopg.Connection[Any]) -> int:
    return database.execute("SELECT count(*) FROM booked_payments").fetchone()[0]


def test_second_run_changes_nothing(snippet: ModuleType, database: psycopg.Connection[Any]) -> None:
    assert snippet.book_payment("p-1", 1, 50) is True
    assert snippet.book_payment("p-1", 1, 50) is False
    assert snippet.book_payment("p-2", 1, 7) is True
    assert balances(database) == [157, 100]
    assert booked(database) == 2


def test_runs_at_the_same_time_book_once(
    snippet: ModuleType, database: psycopg.Connection[Any]
) -> None:
    # A task is made at its first use, which threads must not share.
    assert snippet.book_payment.name == "billing.book_payment"
    with ThreadPoolExecutor(8) as pool:
        done = [pool.submit(snippet.book_payment, "p-1", 1, 50) for _ in range(8)]
    assert sorted(call.result() for call in done) == [False] * 7 + [True]
    assert balances(database) == [150, 100]


def test_failed_run_leaves_no_key_behind(
    snippet: ModuleType, database: psycopg.Connection[Any]
) -> None:
    with pytest.raises(snippet.UnknownAccountError, match="3"):
        snippet.book_payment("p-1", 3, 50)
    assert booked(database) == 0
    database.execute("INSERT INTO accounts VALUES (3, 0)")
    assert snippet.book_payment("p-1", 3, 50) is True
    assert balances(database) == [100, 100, 50]


def test_unreachable_database_is_tried_again(
    snippet: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1:1/none")
    task = snippet.book_payment
    pauses = set()
    for number in (0, 2):
        task.push_request(called_directly=False, id="one", args=["p", 1, 1], retries=number)
        for _ in range(20):
            with pytest.raises(Retry) as asked:
                task.run("p", 1, 1)
            pauses.add(asked.value.when)
        task.pop_request()
    assert {0, 1} < pauses <= {0, 1, 2, 3, 4}


def test_killed_and_repeated_task_books_once(
    snippet: ModuleType,
    working: Any,
    kill: Any,
    database: psycopg.Connection[Any],
    postgresql_url: str,
    store: Any,
) -> None:
    def waits_for_the_lock() -> int:
        return database.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE wait_event_type = 'Lock' AND datname = current_database()"
        ).fetchone()[0]

    # A solo worker acknowledges only after the task, whatever is set.
    with psycopg.connect(postgresql_url) as other, working("--concurrency=1") as worker:
        other.execute("SELECT FROM accounts WHERE id = 1 FOR UPDATE")
        snippet.book_payment.delay("p-1", 1, 50)
        until(waits_for_the_lock, 30)  # the key is written, the account is not
        kill(worker)
    (tag,) = store.zrange("unacked_index", 0, -1)
    store.zincrby("unacked_index", -HOUR, tag)
    for _ in range(2):
        snippet.book_payment.delay("p-1", 1, 50)
    with working(SOLO) as worker:
        until(lambda: worker.said.count("succeeded in") == 3, 60)
        assert worker.said.count(": True") == 1
        assert worker.said.count(": False") == 2
    assert not list(store.scan_iter("celery-task-meta-*"))
    assert balances(database) == [150, 100]
