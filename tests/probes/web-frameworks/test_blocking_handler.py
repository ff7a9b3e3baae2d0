"""Whether one handler that blocks its thread for a second stalls all other requests.

While the handler blocks, a second client asks for another path again and again, and the longest
wait for one of those answers is looked at: near a second is a stall. Plain and `async def`
handlers are tried; a kind that the framework does not accept (404: no such handler can be
written, or 500) does not count. "depends": plain goes on and `async def` stalls.
"""

import asyncio
import time

import httpx2
import pytest

from tests.probes.contenders import WEB_FRAMEWORKS
from tests.probes.fixtures import Observe, RanWith, Served

STALLED = 0.7
WENT_ON = 0.4
# A wait between the two says that something else kept the machine busy: it is measured again.
TRIES = 3


@pytest.mark.parametrize("contender", WEB_FRAMEWORKS)
def test_other_requests_go_on_or_stall_while_one_blocks(
    contender: str, served: Served, observe: Observe, ran_with: RanWith
) -> None:
    app = served(contender)
    ran_with(contender, app.distributions)
    plain, in_async = (stalls(app.url, kind) for kind in ("plain", "async"))
    match plain, in_async:
        case (False, True):
            word = "depends"
        case (True, _) | (None, True):
            word = "stalls"
        case _:
            assert plain is False
            word = "goes-on"
    observe(contender, word)


def stalls(url: str, kind: str) -> bool | None:
    """Tell whether others wait while a handler of the kind blocks; None if it is not accepted."""
    for _ in range(TRIES):
        accepted, longest = asyncio.run(longest_wait(url, kind))
        if not accepted:
            return None
        if longest < WENT_ON or longest > STALLED:
            return longest > STALLED
    message = f"{longest:.2f} s is neither a stall nor none, {TRIES} times; the machine is too busy"
    raise AssertionError(message)


async def longest_wait(url: str, kind: str) -> tuple[bool, float]:
    """Give whether the blocking handler answered, and the longest wait beside it in seconds."""
    async with httpx2.AsyncClient(base_url=url, timeout=10) as client:
        await client.get("/quick")
        blocking = asyncio.create_task(client.get(f"/blocking/{kind}"))
        waits = []
        while not blocking.done():
            began = time.monotonic()
            (await client.get("/quick")).raise_for_status()
            waits.append(time.monotonic() - began)
        answer = await blocking
    assert answer.status_code in {200, 404, 500}
    return answer.status_code == httpx2.codes.OK, max(waits)
