import json
import os
import signal
from threading import Event

import psycopg
from psycopg.types.json import Jsonb
from redis import Redis

TABLES = """
    CREATE TABLE orders (
        id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
        customer text NOT NULL,
        cents bigint NOT NULL
    );
    CREATE TABLE outbox (
        id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
        topic text NOT NULL,
        payload jsonb NOT NULL,
        written_at timestamptz NOT NULL DEFAULT now()
    );
"""


def place_order(connection: psycopg.Connection, customer: str, cents: int) -> int:
    with connection.transaction():  # order and event are there at its end, or neither
        [(order_id,)] = connection.execute(
            "INSERT INTO orders (customer, cents) VALUES (%s, %s) RETURNING id", (customer, cents)
        ).fetchall()
        connection.execute(
            "INSERT INTO outbox (topic, payload) VALUES (%s, %s)",
            ("orders.placed", Jsonb({"order": order_id, "cents": cents})),
        )
    return int(order_id)


def relay_batch(connection: psycopg.Connection, broker: Redis, size: int = 100) -> int:
    with connection.transaction():
        # By lock and not by "the highest id so far": ids are given out before their commits.
        events = connection.execute(
            "SELECT id, topic, payload FROM outbox ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED",
            (size,),
        ).fetchall()
        for event_id, topic, payload in events:
            broker.xadd(topic, {"event": event_id, "payload": json.dumps(payload)})
        # Dying here publishes the batch again: consumers go by `event`.
        sent = [event_id for event_id, _, _ in events]
        connection.execute("DELETE FROM outbox WHERE id = ANY(%s)", (sent,))
    return len(sent)


def main() -> None:
    stopping = Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())  # ends between two batches
    with (
        psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection,
        Redis.from_url(os.environ["REDIS_URL"], socket_timeout=5) as broker,
    ):
        while not stopping.is_set():
            if not relay_batch(connection, broker):
                stopping.wait(1)


if __name__ == "__main__":
    main()
