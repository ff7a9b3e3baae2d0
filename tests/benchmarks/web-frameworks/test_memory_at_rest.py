"""How much memory the served contract holds after its first requests.

The proportional set size of all processes of the server: its private pages, and its share of pages
that processes have in common. Each round starts every contender anew. Ratios are to FastAPI in the
same round.
"""

import httpx2
import psutil
import pytest

from tests.benchmarks.fixtures import Context, Measured
from tests.benchmarks.rounds import in_turns, record_ratios
from tests.contracts.implementation import implementations
from tests.probes.contenders import WEB_FRAMEWORKS
from tests.probes.contract import new_note, served_contract
from tests.services.plugin import use_service

BASELINE = "fastapi"
ROUNDS = 3
REQUESTS = 20


@pytest.mark.timeout(600)
@pytest.mark.skipif(not psutil.LINUX, reason="needs Linux, which counts shared pages by share")
@pytest.mark.usefixtures("cores")
def test_memory_after_the_first_requests(
    request: pytest.FixtureRequest, measured: Measured, context: Context
) -> None:
    postgresql = use_service(request, "postgresql")
    context(f"PSS of all processes after {REQUESTS} requests, {ROUNDS} starts each, in turns")
    for name, implementation in implementations().items():
        context(f"{name}: {implementation.server}; {implementation.concurrency}")
    figures = in_turns(WEB_FRAMEWORKS, ROUNDS, lambda name: megabytes(name, postgresql.url))
    record_ratios(measured, figures, baseline=BASELINE, unit="MB")


def megabytes(contender: str, postgresql_url: str) -> float:
    """Give the memory of a newly started contract after its first requests."""
    with served_contract(implementations()[contender], postgresql_url) as server:
        note = new_note(server.url)
        for _ in range(REQUESTS):
            httpx2.get(note).raise_for_status()
        return sum(process.memory_full_info().pss for process in server.processes()) / 1e6
