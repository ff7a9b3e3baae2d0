"""What was committed is published at least once, in the order of its ids, and nothing else is."""

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.snippets.processes import Process, started, until

TOPIC = "orders.placed"
DELETE_WAITS = """
    CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_advisory_xact_lock(1); RETURN OLD; END $$;
    CREATE TRIGGER wait BEFORE DELETE ON outbox FOR EACH ROW EXECUTE FUNCTION wait();
"""


@pytest.fixture(autouse=True)
def _addresses(monkeypatch: pytest.MonkeyPatch, postgresql_url: str, valkey_url: str) -> None:
    monkeypatch.setenv("DATABASE_URL", postgresql_url)
    monkeypatch.setenv("REDIS_URL", valkey_url)


@pytest.fixture
def database(snippet: ModuleType, postgresql_url: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        connection.execute(snippet.TABLES)
        yield connection


@pytest.fixture
def other(database: Any, postgresql_url: str) -> Iterator[psycopg.Connection[Any]]:
    """Give a second connection, as another process has one."""
    with psycopg.connect(postgresql_url) as connection:
        yield connection


@pytest.fixture
def broker(valkey_url: str) -> Iterator[Any]:
    with redis.Redis.from_url(valkey_url, decode_responses=True) as broker:
        yield broker


@contextmanager
def relaying(snippet_file: Path) -> Iterator[Process]:
    with started(["python", snippet_file.name], snippet_file.parent) as relay:
        yield relay


def waiting(database: psycopg.Connection[Any]) -> int:
    return database.execute("SELECT count(*) FROM outbox").fetchone()[0]


def published(broker: Any) -> list[tuple[str, int]]:
    """Give the id of each event and the order in it."""
    entries = broker.xrange(TOPIC)
    return [(entry["event"], json.loads(entry["payload"])["order"]) for _, entry in entries]


def test_order_and_event_are_written_together(
    snippet: ModuleType, database: psycopg.Connection[Any], broker: Any
) -> None:
    assert [snippet.place_order(database, "Ada", 990) for _ in range(3)] == [1, 2, 3]
    assert database.execute("SELECT customer, cents FROM orders").fetchall() == [("Ada", 990)] * 3
    assert not broker.exists(TOPIC)
    assert [snippet.relay_batch(database, broker, size=2) for _ in range(3)] == [2, 1, 0]
    assert published(broker) == [("1", 1), ("2", 2), ("3", 3)]
    assert json.loads(broker.xrange(TOPIC)[0][1]["payload"]) == {"order": 1, "cents": 990}
    assert waiting(database) == 0


def test_batch_has_a_hundred_events(
    snippet: ModuleType, database: psycopg.Connection[Any], broker: Any
) -> None:
    with database.transaction():
        for _ in range(101):
            snippet.place_order(database, "Ada", 990)
    assert [snippet.relay_batch(database, broker) for _ in range(2)] == [100, 1]


def test_rollback_leaves_neither(snippet: ModuleType, database: psycopg.Connection[Any]) -> None:
    with database.transaction(force_rollback=True):
        snippet.place_order(database, "Ada", 990)
        assert waiting(database) == 1
    assert waiting(database) == 0
    assert database.execute("SELECT count(*) FROM orders").fetchone() == (0,)


def test_order_without_an_event_is_refused(
    snippet: ModuleType, database: psycopg.Connection[Any]
) -> None:
    database.execute("ALTER TABLE outbox ADD CHECK (topic <> 'orders.placed')")
    with pytest.raises(psycopg.errors.CheckViolation):
        snippet.place_order(database, "Ada", 990)
    assert database.execute("SELECT count(*) FROM orders").fetchone() == (0,)


def test_events_wait_for_a_broker_that_is_down(
    snippet: ModuleType, database: psycopg.Connection[Any], broker: Any
) -> None:
    snippet.place_order(database, "Ada", 990)
    dead = redis.Redis(host="127.0.0.1", port=1, retry=Retry(NoBackoff(), 0))
    with dead, pytest.raises(redis.ConnectionError):
        snippet.relay_batch(database, dead)
    assert waiting(database) == 1
    assert snippet.relay_batch(database, broker) == 1


def test_second_relay_does_not_wait_for_the_first(
    snippet: ModuleType,
    database: psycopg.Connection[Any],
    other: psycopg.Connection[Any],
    broker: Any,
) -> None:
    for _ in range(3):
        snippet.place_order(database, "Ada", 990)
    other.execute("SELECT FROM outbox ORDER BY id LIMIT 1 FOR UPDATE")
    database.execute("SET lock_timeout = '2s'")
    assert snippet.relay_batch(database, broker) == 2
    other.rollback()
    assert snippet.relay_batch(database, broker) == 1
    # Which also shows how several relays lose the order.
    assert published(broker) == [("2", 2), ("3", 3), ("1", 1)]


def test_event_that_commits_late_is_not_skipped(
    snippet: ModuleType,
    database: psycopg.Connection[Any],
    other: psycopg.Connection[Any],
    broker: Any,
) -> None:
    other.execute("SELECT")  # opens a transaction that the next one stays inside
    snippet.place_order(other, "late", 1)
    snippet.place_order(database, "Ada", 990)
    snippet.relay_batch(database, broker)
    other.commit()
    snippet.relay_batch(database, broker)
    assert sorted(published(broker)) == [("1", 1), ("2", 2)]


def test_relay_killed_before_its_commit_publishes_twice(
    snippet: ModuleType,
    snippet_file: Path,
    database: psycopg.Connection[Any],
    other: psycopg.Connection[Any],
    broker: Any,
) -> None:
    database.execute(DELETE_WAITS)
    other.execute("SELECT pg_advisory_lock(1)")
    snippet.place_order(database, "Ada", 990)
    with relaying(snippet_file) as relay:
        until(lambda: broker.exists(TOPIC), 30)
        relay.process.kill()
        relay.process.wait(10)
    other.close()
    with relaying(snippet_file) as relay:
        until(lambda: waiting(database) == 0, 30)
        assert published(broker) == [("1", 1), ("1", 1)]


def test_relay_rests_a_second_when_nothing_waits(
    snippet: ModuleType,
    database: psycopg.Connection[Any],
    broker: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pauses: list[float] = []

    class Stopping:
        """An event that is set after two pauses, which take no time."""

        def is_set(self) -> bool:
            return len(pauses) == 2

        def wait(self, seconds: float) -> None:
            pauses.append(seconds)

    monkeypatch.setattr(snippet, "Event", Stopping)
    handler = signal.getsignal(signal.SIGTERM)
    for _ in range(2):
        snippet.place_order(database, "Ada", 990)
    snippet.main()
    signal.signal(signal.SIGTERM, handler)
    assert (published(broker), pauses) == ([("1", 1), ("2", 2)], [1, 1])


def test_relay_goes_on_and_ends_when_told(
    snippet: ModuleType, snippet_file: Path, database: psycopg.Connection[Any], broker: Any
) -> None:
    with relaying(snippet_file) as relay:
        snippet.place_order(database, "Ada", 990)
        until(lambda: broker.xlen(TOPIC) == 1, 30)
        snippet.place_order(database, "Ada", 990)
        until(lambda: broker.xlen(TOPIC) == 2)
        relay.process.send_signal(signal.SIGTERM)
        assert relay.process.wait(30) == 0
        assert relay.said == ""
