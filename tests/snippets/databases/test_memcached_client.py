"""Prices are loaded once and forgotten on demand; without the server the shop goes on."""

import re
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType

import pytest
from pymemcache import MemcacheServerError, PooledClient  # type: ignore[import-untyped]
from pymemcache.exceptions import MemcacheIllegalInputError  # type: ignore[import-untyped]

PRICES = {"tea": 420, "bread & butter": 310}


class Shop:
    """The database behind the cache, and what was asked of it."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    def load(self, articles: list[str]) -> dict[str, int]:
        self.asked.append(articles)
        return {article: PRICES[article] for article in articles if article in PRICES}


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def client(
    snippet: ModuleType, memcached_address: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[PooledClient]:
    monkeypatch.setenv("MEMCACHED_ADDRESS", memcached_address)
    client = snippet.new_client()
    client.timeout = client.connect_timeout = 20  # a busy machine shall not look like a miss
    yield client
    client.close()


def test_each_price_is_loaded_once(snippet: ModuleType, client: PooledClient, shop: Shop) -> None:
    assert snippet.prices(client, ["tea"], shop.load) == {"tea": 420}
    assert snippet.prices(client, ["tea", "bread & butter"], shop.load) == PRICES
    assert snippet.prices(client, ["bread & butter", "tea"], shop.load) == PRICES
    assert shop.asked == [["tea"], ["bread & butter"]]


def test_forgotten_price_is_loaded_again(
    snippet: ModuleType, client: PooledClient, shop: Shop
) -> None:
    snippet.prices(client, list(PRICES), shop.load)
    snippet.forget_price(client, "tea")
    assert snippet.prices(client, list(PRICES), shop.load) == PRICES
    assert shop.asked == [list(PRICES), ["tea"]]


def test_unknown_article_is_asked_for_each_time(
    snippet: ModuleType, client: PooledClient, shop: Shop
) -> None:
    for _ in range(2):
        assert snippet.prices(client, ["gold"], shop.load) == {}
    assert shop.asked == [["gold"], ["gold"]]


def test_entries_stand_under_the_prefix_as_json_for_five_minutes(
    snippet: ModuleType, client: PooledClient, shop: Shop
) -> None:
    snippet.prices(client, ["tea"], shop.load)
    plain = PooledClient(client.server, serde=None)
    key = f"shop:1:{snippet.key_of('tea')}"
    assert plain.get(key) == b"420"
    assert len(key) < 250
    assert client.get("price:other") is None
    answer = re.fullmatch(rb"HD t(\d+) f1", plain.raw_command(f"mg {key} t f"))
    assert answer
    assert 270 < int(answer[1]) <= snippet.EXPIRE == 300
    plain.close()


def test_threads_have_connections_of_their_own(
    snippet: ModuleType, client: PooledClient, shop: Shop
) -> None:
    snippet.prices(client, list(PRICES), shop.load)
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: snippet.prices(client, PRICES, shop.load), range(200)))
    assert all(result == PRICES for result in results)
    assert len(shop.asked) == 1
    assert client.client_pool.max_size == 10


@pytest.mark.parametrize(("server_is", "least"), [("refusing", 0.0), ("silent", 0.35)])
def test_shop_goes_on_without_the_server(
    snippet: ModuleType,
    shop: Shop,
    monkeypatch: pytest.MonkeyPatch,
    server_is: str,
    least: float,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        if server_is == "refusing":
            server.close()
        monkeypatch.setenv("MEMCACHED_ADDRESS", address)
        client = snippet.new_client()
        start = time.monotonic()
        assert snippet.prices(client, ["tea"], shop.load) == {"tea": 420}
        assert time.monotonic() - start >= least  # a read and a write
        with pytest.raises(OSError, match=r"refused|timed out"):
            snippet.forget_price(client, "tea")
        client.close()
    assert (client.connect_timeout, client.timeout) == (0.2, 0.2)


def test_value_beyond_a_megabyte_is_refused_and_without_an_answer_lost(
    client: PooledClient, memcached_address: str
) -> None:
    with pytest.raises(MemcacheServerError, match="too large"):
        client.set("large", "x" * 2_000_000)
    silent = PooledClient(memcached_address, default_noreply=True)
    assert silent.set("large", "x" * 2_000_000)
    silent.close()
    assert client.get("large") is None


def test_expiry_beyond_thirty_days_is_a_date_of_1970(client: PooledClient) -> None:
    for days, stays in ((30, True), (31, False)):
        client.set("price", 1, expire=days * 24 * 60 * 60)
        assert (client.get("price") == 1) is stays


def test_space_in_a_key_is_refused(client: PooledClient) -> None:
    with pytest.raises(MemcacheIllegalInputError):
        client.set("bread & butter", 310)
