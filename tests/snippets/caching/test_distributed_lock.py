"""One holder at a time while the lock lasts; one who outlives it cannot free it nor overwrite."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any

import psycopg
import pytest
import redis

from tests.snippets.processes import until

LOCK = "lock:{report}"


@pytest.fixture(autouse=True)
def _address(monkeypatch: pytest.MonkeyPatch, valkey_url: str) -> None:
    monkeypatch.setenv("REDIS_URL", valkey_url)


@pytest.fixture
def store(valkey_url: str) -> Iterator[Any]:
    with redis.Redis.from_url(valkey_url) as store:
        yield store


@pytest.fixture(autouse=True)
def _closed(snippet: ModuleType) -> Iterator[None]:
    yield
    snippet.store.close()


@pytest.fixture
def database(snippet: ModuleType, postgresql_url: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        connection.execute(snippet.TABLE)
        yield connection


def test_holders_come_one_after_the_other(snippet: ModuleType, store: Any) -> None:
    inside, most, fences = 0, 0, []
    guard = threading.Lock()

    def work(_: int) -> None:
        nonlocal inside, most
        with snippet.held("report") as fence:
            with guard:
                inside += 1
                most = max(most, inside)
                fences.append(fence)
            time.sleep(0.05)
            with guard:
                inside -= 1

    with ThreadPoolExecutor(5) as pool:
        list(pool.map(work, range(5)))
    assert most == 1
    assert fences == [1, 2, 3, 4, 5]
    assert not store.exists(LOCK)


def test_other_name_is_another_lock(snippet: ModuleType) -> None:
    with snippet.held("report"), snippet.held("export", patience=0) as fence:
        assert fence == 1


def test_lock_lasts_for_half_a_minute(snippet: ModuleType, store: Any) -> None:
    with snippet.held("report"):
        assert 20_000 < store.pttl(LOCK) <= 30_000
        assert store.get(LOCK) == b"1"


def test_patience_ends(snippet: ModuleType) -> None:
    with snippet.held("report"):
        start = time.monotonic()
        with pytest.raises(snippet.LockedError, match="report"), snippet.held("report", 1, 0.3):
            pass
        assert 0.3 <= time.monotonic() - start < 5  # by default 10


def test_default_patience_is_ten_seconds(
    snippet: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []

    class Clock:
        """Time that passes by sleeping alone."""

        @staticmethod
        def monotonic() -> float:
            return sum(pauses)

        @staticmethod
        def sleep(seconds: float) -> None:
            pauses.append(seconds)

    monkeypatch.setattr(snippet, "time", Clock)
    with snippet.held("report"), pytest.raises(snippet.LockedError), snippet.held("report"):
        pass
    assert 100 <= len(pauses) <= 101


def test_error_inside_frees_the_lock(snippet: ModuleType, store: Any) -> None:
    with pytest.raises(ZeroDivisionError), snippet.held("report"):
        raise ZeroDivisionError
    assert not store.exists(LOCK)


def test_lock_of_a_killed_holder_is_free_after_its_time(snippet: ModuleType, store: Any) -> None:
    dead = snippet.held("report", 0.3)
    dead.__enter__()
    with snippet.held("report", patience=30) as fence:
        assert fence == 2


def test_late_holder_neither_frees_the_lock_nor_overwrites(
    snippet: ModuleType, store: Any, database: psycopg.Connection[Any]
) -> None:
    with snippet.held("report", 0.1) as late:
        until(lambda: not store.exists(LOCK))
        now = snippet.held("report")
        fence = now.__enter__()
        for content in ("new", "newer"):
            snippet.write_report(database, "report", content, fence)
        with pytest.raises(snippet.OvertakenError, match="report"):
            snippet.write_report(database, "report", "old", late)
    assert store.exists(LOCK)
    assert database.execute("SELECT name, content, fence FROM reports").fetchall() == [
        ("report", "newer", 2)
    ]
    now.__exit__(None, None, None)
    assert not store.exists(LOCK)


def test_late_holder_that_writes_first_is_not_noticed(
    snippet: ModuleType, store: Any, database: psycopg.Connection[Any]
) -> None:
    with snippet.held("report", 0.1) as late:
        until(lambda: not store.exists(LOCK))
        with snippet.held("report") as fence:
            snippet.write_report(database, "report", "old", late)
            snippet.write_report(database, "report", "new", fence)
    assert database.execute("SELECT content FROM reports").fetchall() == [("new",)]


def test_lost_counter_shuts_new_holders_out(
    snippet: ModuleType, store: Any, database: psycopg.Connection[Any]
) -> None:
    for _ in range(2):
        with snippet.held("report") as fence:
            snippet.write_report(database, "report", "old", fence)
    store.flushdb()
    with snippet.held("report") as fence, pytest.raises(snippet.OvertakenError):
        snippet.write_report(database, "report", "new", fence)
