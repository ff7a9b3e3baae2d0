"""A payment counts as handled only once its handler returned; a crash brings it again.

The broker is Tansu, unless KAFKA_URL names a Kafka.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from types import ModuleType
from typing import Any

import pytest
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, TopicPartition

from tests.services.running import free_port
from tests.snippets.processes import ran, until

# Tansu lets the first of a group wait for half of it, and a second at least.
QUICK = {"session.timeout.ms": 2000, "heartbeat.interval.ms": 50, "fetch.wait.max.ms": 10}


@pytest.fixture(autouse=True)
def _broker(monkeypatch: pytest.MonkeyPatch, kafka_servers: str) -> None:
    monkeypatch.setenv("KAFKA_SERVERS", kafka_servers)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch, snippet: ModuleType) -> None:
    snippet.CONSUMER.update(QUICK)
    monkeypatch.setattr(snippet, "BATCH_TIMEOUT", 0.1)


class Ledger:
    """Handle payments until so many came."""

    def __init__(self, number: int) -> None:
        """Stop after this many."""
        self.number = number
        self.payments: list[tuple[str, int]] = []
        self.stop = Event()

    def handle(self, payment: Any) -> None:
        """Note the payment."""
        self.payments.append((payment.account, payment.cents))
        if len(self.payments) >= self.number:
            self.stop.set()


def handled(snippet: ModuleType, number: int) -> list[tuple[str, int]]:
    """Give what a consumer of the group gets until it has so many."""
    ledger = Ledger(number)
    snippet.consume(ledger.handle, ledger.stop)
    return ledger.payments


def payments(snippet: ModuleType, *cents: int, account: str = "A") -> list[Any]:
    """Give payments of one account."""
    return [snippet.Payment(account, amount) for amount in cents]


def crash(payment: Any) -> None:
    """Fail at the second payment of an account."""
    if payment.cents == 2:
        message = "out of memory"
        raise MemoryError(message)


def test_batch_in_which_a_handler_failed_comes_again_and_what_was_handled_does_not(
    snippet: ModuleType,
) -> None:
    producer = snippet.new_producer()
    snippet.publish(producer, payments(snippet, 1, 2))  # before there is a group
    with pytest.raises(MemoryError):
        snippet.consume(crash, Event())
    assert handled(snippet, 2) == [("A", 1), ("A", 2)]
    snippet.publish(producer, payments(snippet, 3))
    assert handled(snippet, 1) == [("A", 3)]


def test_automatic_commit_loses_the_payment_whose_handler_failed(snippet: ModuleType) -> None:
    snippet.CONSUMER["enable.auto.commit"] = True
    producer = snippet.new_producer()
    snippet.publish(producer, payments(snippet, 1, 2))
    with pytest.raises(MemoryError):
        snippet.consume(crash, Event())
    snippet.publish(producer, payments(snippet, 3))
    assert handled(snippet, 1) == [("A", 3)]


def test_killed_process_gets_its_payment_again(
    snippet: ModuleType, snippet_file: Path, tmp_path: Path
) -> None:
    snippet.publish(snippet.new_producer(), payments(snippet, 1))
    worker = tmp_path / "worker.py"
    worker.write_text(
        f"import os, sys, threading\nsys.path.insert(0, {str(snippet_file.parent)!r})\n"
        f"from {snippet_file.stem} import CONSUMER, consume\n"
        f"CONSUMER |= {QUICK | {'session.timeout.ms': 500}}\n"  # the next waits for its end
        "def handle(payment):\n    print(payment, flush=True)\n    os._exit(9)\n"
        "consume(handle, threading.Event())\n"
    )
    for _ in range(2):
        killed = ran([sys.executable, worker], tmp_path)
        assert (killed.returncode, killed.stdout) == (9, "Payment(account='A', cents=1)\n")


def test_batch_that_takes_too_long_loses_its_partitions_and_its_commit_is_an_error(
    snippet: ModuleType,
) -> None:
    consumer: dict[str, Any] = snippet.CONSUMER
    consumer |= {"session.timeout.ms": 1000, "max.poll.interval.ms": 1000}
    snippet.publish(snippet.new_producer(), payments(snippet, 1))
    stop = Event()

    def take_long(_: Any) -> None:
        stop.set()
        Event().wait(2.5)  # it is looked for twice a second

    with pytest.raises(KafkaException, match="_ASSIGNMENT_LOST"):
        snippet.consume(take_long, stop)


def test_new_group_misses_what_came_before_it_by_default(snippet: ModuleType) -> None:
    del snippet.CONSUMER["auto.offset.reset"]
    producer = snippet.new_producer()
    snippet.publish(producer, payments(snippet, 1))
    ledger = Ledger(1)
    with consuming(snippet, ledger):
        while not ledger.stop.wait(0.1):  # until one is published after the group began
            snippet.publish(producer, payments(snippet, 2))
    assert ledger.payments[0] == ("A", 2)


def test_two_consumers_share_the_accounts(snippet: ModuleType) -> None:
    snippet.CONSUMER["session.timeout.ms"] = 3000  # nobody is to leave on a busy machine
    producer = snippet.new_producer()
    ledgers = [Ledger(10_000), Ledger(10_000)]

    def publish_round(cents: int) -> None:
        for account in range(20):
            snippet.publish(producer, payments(snippet, cents, account=str(account)))

    def accounts(ledger: Ledger, cents: int) -> set[str]:
        return {account for account, amount in ledger.payments if amount == cents}

    def both_work() -> bool:
        publish_round(1)
        return all(ledger.payments for ledger in ledgers)

    def all_came() -> bool:
        return len(accounts(ledgers[0], 2) | accounts(ledgers[1], 2)) == 20

    publish_round(0)  # makes the topic
    with consuming(snippet, *ledgers):
        until(both_work, seconds=30)
        publish_round(2)
        until(all_came, seconds=30)
    assert not accounts(ledgers[0], 2) & accounts(ledgers[1], 2)


@contextmanager
def consuming(snippet: ModuleType, *ledgers: Ledger) -> Iterator[None]:
    """Run a consumer for each of the ledgers until the block ends."""
    consumers = [
        Thread(target=snippet.consume, args=(ledger.handle, ledger.stop), daemon=True)
        for ledger in ledgers
    ]
    for consumer in consumers:
        consumer.start()
    try:
        yield
    finally:
        for ledger in ledgers:
            ledger.stop.set()
        for consumer in consumers:
            consumer.join(30)


def test_payments_of_an_account_have_its_name_as_key(
    snippet: ModuleType, kafka_servers: str
) -> None:
    snippet.publish(snippet.new_producer(), payments(snippet, 1, account="B"))
    other = Consumer({"bootstrap.servers": kafka_servers, "group.id": "audit"})
    partitions = other.list_topics("payments").topics["payments"].partitions
    other.assign([TopicPartition("payments", number, OFFSET_BEGINNING) for number in partitions])
    message = other.poll(30)
    other.close()
    assert message is not None
    assert message.key() == b"B"


def test_payments_that_no_broker_took_are_an_error(
    snippet: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAFKA_SERVERS", f"127.0.0.1:{free_port()}")
    snippet.PRODUCER["message.timeout.ms"] = 200
    with pytest.raises(RuntimeError, match=r"^2 payments failed, 0 are waiting: .*_MSG_TIMED_OUT"):
        snippet.publish(snippet.new_producer(), payments(snippet, 1, 2))


def test_payments_that_still_wait_are_an_error(
    snippet: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert snippet.FLUSH_TIMEOUT == 30
    monkeypatch.setenv("KAFKA_SERVERS", f"127.0.0.1:{free_port()}")
    monkeypatch.setattr(snippet, "FLUSH_TIMEOUT", 0.1)
    producer = snippet.new_producer()
    with pytest.raises(RuntimeError, match=r"^0 payments failed, 1 are waiting"):
        snippet.publish(producer, payments(snippet, 1))
    producer.purge()


def test_idempotent_producer_takes_no_less_than_all_replicas(snippet: ModuleType) -> None:
    snippet.PRODUCER["acks"] = 1
    with pytest.raises(KafkaException, match="`acks` must be set to `all`"):
        snippet.new_producer()


def test_error_of_the_broker_ends_the_consumer(snippet: ModuleType) -> None:
    with pytest.raises(KafkaException, match="UNKNOWN_TOPIC_OR_PART"):
        snippet.consume(crash, Event())
