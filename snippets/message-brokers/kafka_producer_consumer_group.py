import json
import os
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from threading import Event

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer

TOPIC = "payments"
FLUSH_TIMEOUT = 30.0
BATCH = 100
BATCH_TIMEOUT = 0.5  # how long the first of a batch waits for the last
PRODUCER = {"enable.idempotence": True}  # the client's own retries neither repeat nor reorder
CONSUMER = {
    "group.id": "billing",
    "auto.offset.reset": "earliest",  # a new group would start with what comes after it
    "enable.auto.commit": False,  # would commit what was fetched, done or not
}


@dataclass(frozen=True)
class Payment:
    account: str
    cents: int


def new_producer() -> Producer:
    return Producer({"bootstrap.servers": os.environ["KAFKA_SERVERS"], **PRODUCER})


def publish(producer: Producer, payments: Iterable[Payment]) -> None:
    errors: list[KafkaError] = []

    def report(error: KafkaError | None, _message: Message) -> None:
        if error is not None:
            errors.append(error)

    for payment in payments:
        value = json.dumps(asdict(payment))
        # One key, one partition: the payments of an account stay in order.
        producer.produce(TOPIC, value, key=payment.account, on_delivery=report)
        producer.poll(0)  # serves the reports so far
    waiting = producer.flush(FLUSH_TIMEOUT)  # produce only puts into a queue of this process
    if errors or waiting:
        message = f"{len(errors)} payments failed, {waiting} are waiting: {errors[:1]}"
        raise RuntimeError(message)


def consume(handle: Callable[[Payment], None], stop: Event) -> None:
    consumer = Consumer({"bootstrap.servers": os.environ["KAFKA_SERVERS"], **CONSUMER})
    consumer.subscribe([TOPIC])
    try:
        while not stop.is_set():
            messages = consumer.consume(BATCH, BATCH_TIMEOUT)
            for message in messages:
                if (error := message.error()) is not None:
                    raise KafkaException(error)
                handle(Payment(**json.loads(message.value() or b"null")))
            if messages:  # only now: after a crash the whole batch comes again
                consumer.commit(asynchronous=False)
    finally:
        consumer.close()  # leaves the group at once, not after session.timeout.ms
