import json
import os
from threading import Event
from typing import Any

import psycopg
from confluent_kafka import Consumer, KafkaException

CONSUMER = {"group.id": "ledger", "auto.offset.reset": "earliest", "enable.auto.commit": False}
SCHEMA = """
CREATE TABLE IF NOT EXISTS balances (
    account text PRIMARY KEY,
    cents bigint NOT NULL CHECK (cents >= 0)
);
CREATE TABLE IF NOT EXISTS handled_events (
    event_id uuid PRIMARY KEY,
    handled_at timestamptz NOT NULL DEFAULT now()
);
"""


def apply(connection: psycopg.Connection, event: dict[str, Any]) -> bool:
    """Tell whether the event was new."""
    with connection.transaction():  # both rows or none
        marked = connection.execute(
            "INSERT INTO handled_events (event_id) VALUES (%s) ON CONFLICT DO NOTHING",
            [event["event_id"]],
        )
        if marked.rowcount == 0:
            return False
        connection.execute(
            """
            INSERT INTO balances (account, cents) VALUES (%(account)s, %(cents)s)
            ON CONFLICT (account) DO UPDATE SET cents = balances.cents + excluded.cents
            """,
            event,
        )
        return True


def consume(stop: Event) -> None:
    consumer = Consumer({"bootstrap.servers": os.environ["KAFKA_SERVERS"], **CONSUMER})
    consumer.subscribe(["transfers"])
    try:
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
            connection.execute(SCHEMA)  # a real service leaves the tables to its migrations
            while not stop.is_set():
                if (message := consumer.poll(0.5)) is None:
                    continue
                if (error := message.error()) is not None:
                    raise KafkaException(error)
                apply(connection, json.loads(message.value() or b"null"))
                # A crash before this line brings the event again, and apply knows it.
                consumer.commit(message=message, asynchronous=False)
    finally:
        consumer.close()
