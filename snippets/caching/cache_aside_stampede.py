import asyncio
import json
import logging
import os
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress

from redis.asyncio import Redis
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)
cache = Redis.from_url(os.environ["REDIS_URL"], socket_connect_timeout=0.2, socket_timeout=0.2)


async def cached[Value](
    key: str,
    compute: Callable[[], Awaitable[Value]],
    *,
    ttl: float = 600,
    longest: float = 20,  # seconds for which one caller may compute while the others wait
    patience: float = 5,  # seconds after which one who waits computes, too
) -> Value:
    lock = cache.lock(f"lock:{key}", timeout=longest)
    try:
        try:
            async with asyncio.timeout(patience):
                stored = await cache.get(key)
                while stored is None and not await lock.acquire(blocking=False):
                    await asyncio.sleep(0.05)
                    stored = await cache.get(key)
                # The last holder may have stored it between our look and our lock.
                stored = stored if stored is not None else await cache.get(key)
        except (RedisError, TimeoutError) as error:
            logger.warning("%s is computed without the cache: %r", key, error)
            stored = None
        if stored is not None:
            found: Value = json.loads(stored)
            return found
        value = await compute()
        with suppress(RedisError):
            # Keys written together must not expire together.
            await cache.set(key, json.dumps(value), px=int(ttl * random.uniform(900, 1100)))  # noqa: S311
        return value
    finally:
        with suppress(RedisError):  # not ours, expired, or no server
            await lock.release()
