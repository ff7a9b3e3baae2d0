"""How long 100 requests that each wait 200 ms take together.

One asyncio client opens 100 connections at the same time and asks each for `/slow?ms=200`; the
time until the last answer is a multiple of 200 ms. Contenders take turns.
"""

import asyncio
import statistics
import time
from urllib.parse import urlsplit

import pytest

from tests.benchmarks.fixtures import Context, Measured, Raw
from tests.benchmarks.rounds import in_turns
from tests.contracts.running import Server

REQUESTS = 100
WARM_UP = 16
WAIT = 0.2
ROUNDS = 5


@pytest.mark.timeout(600)
def test_hundred_requests_wait_at_the_same_time(
    served_contracts: dict[str, Server], measured: Measured, context: Context
) -> None:
    context(f"{REQUESTS} connections from one asyncio client, {ROUNDS} rounds in turns")
    urls = {contender: server.url for contender, server in served_contracts.items()}
    for url in urls.values():
        asyncio.run(all_answered(url, WARM_UP))
    figures = in_turns(urls, ROUNDS, lambda name: asyncio.run(all_answered(urls[name])))
    for contender, seconds in figures.items():
        median: Raw = {"median": statistics.median(seconds), "unit": "s"}
        measured(contender, [value / WAIT for value in seconds], raw=median)


async def all_answered(url: str, requests: int = REQUESTS) -> float:
    """Give the seconds until every request was answered with 200."""
    began = time.monotonic()
    statuses = await asyncio.gather(*(waited(url) for _ in range(requests)))
    seconds = time.monotonic() - began
    assert set(statuses) == {200}
    return seconds


async def waited(url: str) -> int:
    """Give the status of one request on a connection of its own."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    milliseconds = round(WAIT * 1000)
    head = f"GET /slow?ms={milliseconds} HTTP/1.1\r\nHost: {address.netloc}\r\nConnection: close"
    writer.write(f"{head}\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return int(answer.split()[1])
