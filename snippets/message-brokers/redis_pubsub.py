import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from time import monotonic

from redis import exceptions
from redis.asyncio import Redis

logger = logging.getLogger(__name__)

CHANNEL = "prices:changed"
MAX_AGE = 60.0  # what no message corrects is corrected by the clock
RECONNECT_PAUSE = 1.0


def connect() -> Redis:
    return Redis.from_url(os.environ["REDIS_URL"], decode_responses=True)


async def announce(client: Redis, sku: str) -> int:
    """Tell how many processes heard it; call this after the commit."""
    return int(await client.publish(CHANNEL, sku))


class PriceCache:
    def __init__(self, load: Callable[[str], Awaitable[int]]) -> None:
        self._load = load
        self._prices: dict[str, tuple[float, int]] = {}

    async def get(self, sku: str) -> int:
        expires, price = self._prices.get(sku, (0.0, 0))
        if expires <= monotonic():
            price = await self._load(sku)
            self._prices[sku] = (monotonic() + MAX_AGE, price)
        return price

    async def follow(self) -> None:
        async with connect() as client:
            while True:
                try:
                    await self._listen(client)
                except (exceptions.ConnectionError, exceptions.TimeoutError):
                    logger.warning("not subscribed, trying again")
                    await asyncio.sleep(RECONNECT_PAUSE)

    async def _listen(self, client: Redis) -> None:
        async with client.pubsub() as pubsub:
            await pubsub.subscribe(CHANNEL)
            async for message in pubsub.listen():
                if message["type"] == "subscribe":
                    self._prices.clear()  # nobody repeats what was said before
                elif message["type"] == "message":
                    self._prices.pop(message["data"], None)
