import json
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from hashlib import sha256
from typing import Any

from pymemcache import MemcacheError, PooledClient

EXPIRE = 300


class JsonSerde:  # pymemcache's pickle_serde would run what an intruder stores
    def serialize(self, _key: str, value: object) -> tuple[bytes, int]:
        return json.dumps(value).encode(), 1

    def deserialize(self, _key: str, value: bytes, _flags: int) -> Any:  # noqa: ANN401  # as stored
        return json.loads(value)


def new_client() -> PooledClient:
    return PooledClient(
        os.environ["MEMCACHED_ADDRESS"],
        serde=JsonSerde(),
        key_prefix=b"shop:1:",  # another number forgets everything
        connect_timeout=0.2,
        timeout=0.2,
        max_pool_size=10,  # one connection is for one thread at a time
        ignore_exc=True,  # a read without a server is a miss
        default_noreply=False,  # or a write that is refused goes unseen
    )


def key_of(article: str) -> str:
    return f"price:{sha256(article.encode()).hexdigest()}"  # 250 bytes without a space at most


def prices(
    client: PooledClient, articles: Iterable[str], load: Callable[[list[str]], dict[str, int]]
) -> dict[str, int]:
    keys = {key_of(article): article for article in articles}
    found = {keys[key]: price for key, price in client.get_many(list(keys)).items()}
    if missing := [article for article in keys.values() if article not in found]:
        loaded = load(missing)
        fresh = {key_of(article): price for article, price in loaded.items()}
        with suppress(MemcacheError, OSError):  # ignore_exc is for reads only
            client.set_many(fresh, expire=EXPIRE)
        found |= loaded
    return found


def forget_price(client: PooledClient, article: str) -> None:
    client.delete(key_of(article))  # an error shows: the old price would stay for five minutes
