"""Whether `async def` handlers are accepted, and on whose event loop they run.

Two requests that are open at the same time tell the identity of their running event loop and
when they began and ended. "shared-loop": one loop for both. "own-loop": two loops in two threads.
"none": an `async def` handler is answered with a server error.
"""

import asyncio

import httpx2
import pytest

from tests.probes.contenders import WEB_FRAMEWORKS
from tests.probes.fixtures import Observe, RanWith, Served


@pytest.mark.parametrize("contender", WEB_FRAMEWORKS)
def test_overlapping_requests_run_on_one_loop_or_on_two(
    contender: str, served: Served, observe: Observe, ran_with: RanWith
) -> None:
    app = served(contender)
    ran_with(contender, app.distributions)
    first, second = asyncio.run(two_at_once(f"{app.url}/loop"))
    if {first.status_code, second.status_code} == {httpx2.codes.INTERNAL_SERVER_ERROR}:
        observe(contender, "none")
        return
    one, other = first.raise_for_status().json(), second.raise_for_status().json()
    assert max(one["began"], other["began"]) < min(one["ended"], other["ended"])
    same_loop, same_thread = one["loop"] == other["loop"], one["thread"] == other["thread"]
    assert same_loop == same_thread
    observe(contender, "shared-loop" if same_loop else "own-loop")


async def two_at_once(url: str) -> tuple[httpx2.Response, httpx2.Response]:
    """Give the answers to two requests that were sent together."""
    async with httpx2.AsyncClient() as client:
        return await asyncio.gather(client.get(url), client.get(url))
