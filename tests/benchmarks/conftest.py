"""Fixtures of every benchmark: its figures, what was measured, and under which circumstances."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from tests.benchmarks.fixtures import Context, Measured, Raw
from tests.contracts.implementation import ROOT, implementations
from tests.contracts.running import Server
from tests.probes.contenders import WEB_FRAMEWORKS
from tests.probes.contract import installed_with, served_contract, sources_of
from tests.services.plugin import use_service

HELPERS = [
    *Path(__file__).parent.glob("*.py"),
    *(ROOT / "tests" / "probes" / name for name in ("contract.py", "distributions.py")),
]


@pytest.fixture
def measured(request: pytest.FixtureRequest) -> Measured:
    """Give the function that records a contender's figures, and what they were taken from."""

    def record(contender: str, figures: Sequence[float], *, raw: Raw | None = None) -> None:
        implementation = implementations()[contender]
        properties = request.node.user_properties
        properties.append(("figure", [contender, {"rounds": list(figures), "raw": raw}]))
        properties.append(("distributions", [contender, installed_with(implementation)]))
        properties.append(("sources", sources_of(implementation)))

    return record


@pytest.fixture
def context(request: pytest.FixtureRequest) -> Context:
    """Give the function that records a circumstance to be shown beside the figures."""

    def record(text: str) -> None:
        request.node.user_properties.append(("context", text))

    return record


@pytest.fixture(autouse=True)
def _measured_with_helpers(request: pytest.FixtureRequest) -> None:
    """Record that what benchmarks share took part: a change in it makes their proofs stale."""
    paths = sorted(path.relative_to(ROOT).as_posix() for path in HELPERS)
    request.node.user_properties.append(("sources", paths))


@pytest.fixture
def cores(context: Context) -> int:
    """Give the number of processor cores, and record it."""
    count = psutil.cpu_count() or 1
    context(f"{count} cores")
    return count


@pytest.fixture
def served_contracts(
    request: pytest.FixtureRequest, context: Context, cores: int
) -> Iterator[dict[str, Server]]:
    """Give every contender's served contract, each on a database of its own; record how served."""
    postgresql = use_service(request, "postgresql")
    declared = implementations()
    context(postgresql.version)
    with ExitStack() as stack:
        servers = {}
        for contender in WEB_FRAMEWORKS:
            implementation = declared[contender]
            server = stack.enter_context(served_contract(implementation, postgresql.url))
            servers[contender] = server
            context(f"{contender}: {implementation.server}; {implementation.concurrency}")
        yield servers
