import logging
import os
from collections.abc import Callable, Iterator
from threading import Event

import redis

logger = logging.getLogger(__name__)

STREAM, GROUP, DEAD = "signups", "welcome-mails", "signups:dead"
MAX_LENGTH = 100_000  # nothing is trimmed by itself
IDLE_MS = 60_000  # longer than the slowest handler, or two work on the same entry
MAX_DELIVERIES = 5
BLOCK_MS = 1000  # less than redis-py's socket_timeout of 5 s

Fields = dict[str, str]


def connect() -> redis.Redis:
    return redis.Redis.from_url(os.environ["REDIS_URL"], decode_responses=True)


def add(client: redis.Redis, fields: Fields) -> None:
    client.xadd(STREAM, fields, maxlen=MAX_LENGTH, approximate=True)


def create_group(client: redis.Redis) -> None:
    try:
        client.xgroup_create(STREAM, GROUP, id="0", mkstream=True)  # "$" would skip what is there
    except redis.ResponseError as error:
        if not str(error).startswith("BUSYGROUP"):
            raise


def entries(client: redis.Redis, consumer: str, stop: Event) -> Iterator[tuple[str, Fields]]:
    cursor = "0-0"
    while not stop.is_set():
        # First what a consumer left behind that died or whose handler failed.
        cursor, left, _deleted = client.xautoclaim(STREAM, GROUP, consumer, IDLE_MS, cursor, 10)
        yield from left
        for _stream, new in client.xreadgroup(GROUP, consumer, {STREAM: ">"}, 10, BLOCK_MS):
            yield from new


def deliveries(client: redis.Redis, entry_id: str) -> int:
    pending = client.xpending_range(STREAM, GROUP, entry_id, entry_id, 1)
    return pending[0]["times_delivered"] if pending else 0


def consume(consumer: str, handle: Callable[[Fields], None], stop: Event) -> None:
    client = connect()
    create_group(client)
    for entry_id, fields in entries(client, consumer, stop):
        try:
            handle(fields)
        except Exception:
            logger.exception("entry %s failed", entry_id)
            if deliveries(client, entry_id) < MAX_DELIVERIES:
                continue  # stays pending: comes again after IDLE_MS, to whoever asks first
            client.xadd(DEAD, {**fields, "entry_id": entry_id})
        client.xack(STREAM, GROUP, entry_id)
