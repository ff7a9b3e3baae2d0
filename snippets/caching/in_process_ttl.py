import os
from collections.abc import Mapping
from threading import Condition
from types import MappingProxyType

import httpx2
from cachetools import TTLCache, cached

loading = Condition()  # the threads that miss together wait for the first of them


@cached(
    TTLCache(maxsize=256, ttl=60),
    condition=loading,
    info=True,
)
def rates(base: str) -> Mapping[str, float]:
    response = httpx2.get(f"{os.environ['RATES_URL']}/{base}", timeout=5)
    # Read-only: all callers get the same object.
    return MappingProxyType(response.raise_for_status().json())


def rates_changed(base: str) -> None:
    with loading:
        rates.cache.pop(rates.cache_key(base), None)
