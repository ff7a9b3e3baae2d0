"""An event changes the balance once, however often it comes and wherever the process dies.

The broker is Tansu, unless KAFKA_URL names a Kafka.
"""

import json
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from types import ModuleType
from typing import Any

import psycopg
import pytest
from confluent_kafka import KafkaException, Producer

from tests.snippets.processes import ran, until

# Tansu lets the first of a group wait for half of it, and a second at least.
QUICK = {"session.timeout.ms": 2000, "heartbeat.interval.ms": 50, "fetch.wait.max.ms": 10}


@pytest.fixture(autouse=True)
def _services(monkeypatch: pytest.MonkeyPatch, kafka_servers: str, postgresql_url: str) -> None:
    monkeypatch.setenv("KAFKA_SERVERS", kafka_servers)
    monkeypatch.setenv("DATABASE_URL", postgresql_url)


@pytest.fixture(autouse=True)
def _quick(_services: None, snippet: ModuleType) -> None:
    snippet.CONSUMER.update(QUICK)


@pytest.fixture
def connection(snippet: ModuleType, postgresql_url: str) -> Iterator[psycopg.Connection]:
    """Give a connection to the database, with the tables in it."""
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        connection.execute(snippet.SCHEMA)
        yield connection


def deposit(cents: int, account: str = "A") -> dict[str, Any]:
    """Give a new event."""
    return {"event_id": str(uuid.uuid4()), "account": account, "cents": cents}


def publish(servers: str, *events: dict[str, Any]) -> None:
    """Write the events to the topic."""
    producer = Producer({"bootstrap.servers": servers})
    for event in events:
        producer.produce("transfers", json.dumps(event), key=event["account"])
    assert producer.flush(20) == 0


def balances(connection: psycopg.Connection) -> dict[str, int]:
    """Give the balance of each account."""
    return dict(connection.execute("SELECT account, cents FROM balances").fetchall())


@contextmanager
def consuming(snippet: ModuleType) -> Iterator[None]:
    """Run the consumer until the block ends."""
    stop = Event()
    consumer = Thread(target=snippet.consume, args=[stop], daemon=True)
    consumer.start()
    try:
        yield
    finally:
        stop.set()
        consumer.join(30)
        assert not consumer.is_alive()


def test_event_that_was_published_twice_counts_once_and_its_offset_is_committed(
    snippet: ModuleType, connection: psycopg.Connection, kafka_servers: str
) -> None:
    first, second = deposit(100), deposit(10)
    publish(kafka_servers, first, first, second)
    with consuming(snippet):
        until(lambda: balances(connection) == {"A": 110}, seconds=30)
    connection.execute("TRUNCATE handled_events")  # what came again now would count
    publish(kafka_servers, deposit(10, "B"))
    with consuming(snippet):
        until(lambda: balances(connection) == {"A": 110, "B": 10}, seconds=30)


def test_process_that_dies_before_the_offset_is_committed_counts_nothing_twice(
    snippet: ModuleType,
    snippet_file: Path,
    connection: psycopg.Connection,
    kafka_servers: str,
    tmp_path: Path,
) -> None:
    publish(kafka_servers, deposit(100))
    worker = tmp_path / "worker.py"
    worker.write_text(
        f"import os, sys, threading\nsys.path.insert(0, {str(snippet_file.parent)!r})\n"
        f"import {snippet_file.stem} as snippet\n"
        f"snippet.CONSUMER |= {QUICK | {'session.timeout.ms': 500}}\n"  # the next waits for its end
        "apply = snippet.apply\n"
        "def apply_and_die(*arguments):\n"
        "    print(apply(*arguments), flush=True)\n"
        "    os._exit(9)\n"
        "snippet.apply = apply_and_die\n"
        "snippet.consume(threading.Event())\n"
    )
    for said in ("True\n", "False\n"):
        died = ran([sys.executable, worker], tmp_path)
        assert (died.returncode, died.stdout) == (9, said)
    assert balances(connection) == {"A": 100}


def test_event_that_fails_leaves_no_mark_and_ends_the_consumer(
    snippet: ModuleType, connection: psycopg.Connection, kafka_servers: str
) -> None:
    publish(kafka_servers, deposit(-1))
    for _ in range(2):
        with pytest.raises(psycopg.errors.CheckViolation):
            snippet.consume(Event())
    assert connection.execute("SELECT count(*) FROM handled_events").fetchone() == (0,)


@pytest.mark.parametrize(("ends", "new"), [("COMMIT", False), ("ROLLBACK", True)])
def test_second_consumer_waits_for_the_first_to_end(
    snippet: ModuleType,
    connection: psycopg.Connection,
    postgresql_url: str,
    ends: str,
    new: bool,  # noqa: FBT001 - what is expected, by pytest
) -> None:
    event = deposit(100)
    answers: list[bool] = []
    waiting = (
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    with psycopg.connect(postgresql_url) as other:
        mark = "INSERT INTO handled_events (event_id) VALUES (%s)"
        other.execute(mark, [event["event_id"]])
        second = Thread(target=lambda: answers.append(snippet.apply(connection, event)))
        second.start()
        with psycopg.connect(postgresql_url, autocommit=True) as watch:
            until(lambda: watch.execute(waiting).fetchone() == (1,), seconds=30)
        other.execute(ends)
        second.join(30)
    assert answers == [new]
    assert balances(connection) == ({"A": 100} if new else {})


def test_error_of_the_broker_ends_the_consumer(snippet: ModuleType) -> None:
    with pytest.raises(KafkaException, match="UNKNOWN_TOPIC_OR_PART"):
        snippet.consume(Event())
