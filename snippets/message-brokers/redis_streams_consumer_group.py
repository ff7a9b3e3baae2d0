import logging
import os
from collections.abc import Callable, Iterator
from threading import Event
from typing import Any

import redis

logger = logging.getLogger(__name__)

STREAM, GROUP, DEAD = "signups", "welcome-mails", "signups:dead"
MAX_LENGTH = 100_000  # nothing is trimmed by itself
IDLE_MS = 60_000  # longer than a batch takes, or two consumers work on the same entry
MAX_DELIVERIES = 5
BATCH = 10
BLOCK_MS = 1000  # must stay below redis-py's socket_timeout of 5 s

Fields = dict[Any, Any]


def add(client: redis.Redis, fields: Fields) -> None:
    client.xadd(STREAM, fields, maxlen=MAX_LENGTH, approximate=True)


def create_group(client: redis.Redis) -> None:
    try:
        client.xgroup_create(STREAM, GROUP, id="0", mkstream=True)  # "$" would skip what is there
    except redis.ResponseError as error:
        if not str(error).startswith("BUSYGROUP"):
            raise


def is_over(client: redis.Redis, entry_id: str, fields: Fields) -> bool:
    """Tell whether somebody else has done the entry; set it aside if it came too often."""
    pending: Any = client.xpending_range(STREAM, GROUP, entry_id, entry_id, 1)
    if pending and pending[0]["times_delivered"] <= MAX_DELIVERIES:
        return False
    if pending:
        with client.pipeline(transaction=True) as both:
            both.xadd(DEAD, {**fields, "entry_id": entry_id})
            both.xack(STREAM, GROUP, entry_id)
            both.execute()
    return True


def entries(client: redis.Redis, consumer: str, stop: Event) -> Iterator[tuple[str, Fields]]:
    cursor = "0-0"
    while not stop.is_set():
        # First what is left of consumers that died and of handlers that failed.
        claimed: Any = client.xautoclaim(STREAM, GROUP, consumer, IDLE_MS, cursor, BATCH)
        cursor = claimed[0]
        yield from (entry for entry in claimed[1] if not is_over(client, *entry))
        answer: Any = client.xreadgroup(GROUP, consumer, {STREAM: ">"}, BATCH, BLOCK_MS)
        for _stream, new in answer:
            yield from new


def consume(consumer: str, handle: Callable[[Fields], None], stop: Event) -> None:
    client = redis.Redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
    create_group(client)
    for entry_id, fields in entries(client, consumer, stop):
        try:
            handle(fields)
        except Exception:
            # Not acknowledged: comes again after IDLE_MS, to whoever asks first.
            logger.exception("entry %s failed", entry_id)
        else:
            client.xack(STREAM, GROUP, entry_id)
