"""What becomes of a request that is under way when the server is asked to stop.

SIGTERM goes to the first process of the served contract, as a deployment sends it, while a request
still waits for 500 ms. "finishes": the request is answered with what it waited for. "cut": the
connection ends without an answer. In both cases the server must be gone within ten seconds.
"""

import time
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest

from tests.contracts.implementation import implementations
from tests.contracts.running import Server, ServerFailedError
from tests.probes.contenders import WEB_FRAMEWORKS
from tests.probes.contract import installed_with, served_contract, sources_of
from tests.probes.fixtures import Observe, RanFrom, RanWith
from tests.services.plugin import use_service

WAIT_MS = 500
# Long enough to be with the handler, short enough to leave it most of its wait.
UNDER_WAY = 0.2


@pytest.mark.parametrize("contender", WEB_FRAMEWORKS)
def test_request_under_way_is_answered_or_cut(
    contender: str,
    request: pytest.FixtureRequest,
    observe: Observe,
    ran_with: RanWith,
    ran_from: RanFrom,
) -> None:
    implementation = implementations()[contender]
    ran_with(contender, installed_with(implementation))
    ran_from(sources_of(implementation))
    postgresql = use_service(request, "postgresql")
    word = ""
    try:
        with served_contract(implementation, postgresql.url) as server:
            word = outcome(server)
    except ServerFailedError:
        # The harness objects to a server that is gone at the end, which is the point here.
        if not word:
            raise
    observe(contender, word)


def outcome(server: Server) -> str:
    """Give the word for a running contract, which is then stopped."""
    with ThreadPoolExecutor(1) as client:
        # The first request pays for what is set up late; it is not the one to be looked at.
        httpx2.get(f"{server.url}/slow?ms=1").raise_for_status()
        under_way = client.submit(answered, f"{server.url}/slow?ms={WAIT_MS}")
        time.sleep(UNDER_WAY)
        assert not under_way.done()
        server.process.terminate()
        finished = under_way.result(timeout=10)
        server.process.wait(timeout=10)
    return "finishes" if finished else "cut"


def answered(url: str) -> bool:
    """Tell whether the whole answer comes; False if the connection is cut."""
    try:
        answer = httpx2.get(url, timeout=10)
    except (httpx2.RemoteProtocolError, httpx2.ReadError):
        return False
    assert answer.raise_for_status().json() == {"waited_ms": WAIT_MS}
    return True
