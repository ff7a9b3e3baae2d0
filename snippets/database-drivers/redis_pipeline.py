import os
from collections.abc import Sequence

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import WatchError

ATTEMPTS = 5


class ConflictError(Exception):
    pass


def new_client() -> Redis:
    return Redis.from_url(
        os.environ["REDIS_URL"],
        decode_responses=True,  # str instead of bytes
        socket_connect_timeout=0.5,
        socket_timeout=0.5,  # longer than the longest blocking command, if you use one
        retry=Retry(ExponentialWithJitterBackoff(base=0.05, cap=0.5), retries=2),
    )


async def read_carts(client: Redis, customers: Sequence[str]) -> dict[str, dict[str, str]]:
    # One round trip, no transaction: other clients may write in between.
    async with client.pipeline(transaction=False) as pipe:
        for customer in customers:
            pipe.hgetall(f"cart:{customer}")
        return dict(zip(customers, await pipe.execute(), strict=True))


async def reserve(client: Redis, article: str, count: int, order: str) -> bool:
    stock = f"stock:{article}"
    async with client.pipeline(transaction=True) as pipe:
        for _ in range(ATTEMPTS):
            try:
                await pipe.watch(stock)  # from here on commands run at once, until multi()
                if int(await pipe.get(stock) or 0) < count:
                    return False
                pipe.multi()
                pipe.decrby(stock, count)
                pipe.hset(f"order:{order}", article, count)
                await pipe.execute()  # refused if the stock changed since watch()
            except WatchError:
                continue
            return True
    raise ConflictError(article)
