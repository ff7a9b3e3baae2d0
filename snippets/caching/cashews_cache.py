import os
import random

import httpx2
from cashews import Cache

cache = Cache()
cache.setup(
    os.environ["REDIS_URL"],
    secret=os.environ["CACHE_SECRET"],  # values are pickled: a foreign one would run code here
    digestmod="sha256",
    socket_timeout=0.2,
    socket_connect_timeout=0.2,
)


def ten_minutes(*_: object, **__: object) -> float:
    return random.uniform(540, 660)  # noqa: S311  # keys written together expire apart


async def fetch(path: str) -> dict[str, int]:
    async with httpx2.AsyncClient(base_url=os.environ["PRICING_URL"], timeout=10) as client:
        response = await client.get(path)
        return dict(response.raise_for_status().json())


# Hot: after five minutes one caller starts a new fetch; until it is there all get the old price.
@cache.early(ttl=ten_minutes, early_ttl="5m", key="price:{sku}", tags=("sku:{sku}", "prices"))
async def price(sku: str) -> int:
    return (await fetch(f"/prices/{sku}"))["cents"]


# Expensive: over all processes one caller computes. It looks again under the lock, where those
# who waited find the list; a hit never takes the lock.
@cache(ttl=ten_minutes, key="price-list:{region}", tags=("prices",))
@cache.locked(ttl="20s", key="price-list:{region}", check_interval=0.05)
@cache(ttl=ten_minutes, key="price-list:{region}", tags=("prices",))
async def price_list(region: str) -> dict[str, int]:
    return await fetch(f"/price-lists/{region}")


async def price_changed(sku: str) -> None:
    await cache.delete_tags(f"sku:{sku}")


async def prices_changed() -> None:
    await cache.delete_tags("prices")
