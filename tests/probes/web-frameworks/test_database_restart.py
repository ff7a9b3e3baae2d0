"""Whether the contract reads notes again after its PostgreSQL was restarted.

A PostgreSQL of the probe's own is stopped and started on its port under the running contract,
once every connection of the contract's pool or threads has been used. Then notes are read one
after another. "recovers": every answer is right from the first on. "one-error": some fail and the
last ten are right. "stuck": the last one still fails.
"""

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.contracts.implementation import Implementation, implementations
from tests.probes.contenders import WEB_FRAMEWORKS
from tests.probes.contract import installed_with, new_note, served_contract, sources_of
from tests.probes.fixtures import Observe, RanFrom, RanWith
from tests.services import postgresql
from tests.services.model import ServiceUnavailable, Started
from tests.services.registry import Registry
from tests.services.running import LAUNCHED, launch, wait_until_answering

AT_ONCE = 30
READS = 40
GOOD_END = 10


class OwnPostgresql:
    """A PostgreSQL server that can be restarted on the same port with the same data."""

    def __init__(self, home: Path) -> None:
        """Start the server, its files in `home`; raise `ServiceUnavailable` if there is none."""
        self.home = home
        started = started_in(home)
        self.url = started.url
        self.process = LAUNCHED[-1]
        self.label = f"postgresql={postgresql.version(self.url)} ({started.provider})"

    def stop(self) -> None:
        """Stop the server, closing the connections of its clients."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=10)

    def restart(self) -> None:
        """Stop the server and start it with the same command; return once it answers."""
        self.stop()
        command = self.process.args
        assert isinstance(command, list)
        self.process = launch(command, self.home, stop=signal.SIGINT)
        wait_until_answering(lambda: postgresql.version(self.url), self.process, self.home)


def started_in(home: Path) -> Started:
    """Start a server from the first provider that has one whose process is ours."""
    reasons = []
    for provider in ("wheel", "system"):
        own = home / provider
        own.mkdir(mode=0o755)
        try:
            return postgresql.POSTGRESQL.starts[provider](own)
        except ServiceUnavailable as error:
            reasons.append(f"{provider}: {error}")
    message = "; ".join(reasons)
    raise ServiceUnavailable(message)


@pytest.fixture(scope="module")
def own_postgresql(services: Registry) -> Iterator[OwnPostgresql]:
    """Give a server that nobody else uses, below the run's folder, which the reaper cleans up."""
    home = services.directory / "own-postgresql"
    home.mkdir(mode=0o755)
    try:
        server = OwnPostgresql(home)
    except ServiceUnavailable as error:
        pytest.skip(f"no PostgreSQL to restart: {error}")
    yield server
    server.stop()


@pytest.mark.parametrize("contender", WEB_FRAMEWORKS)
def test_notes_are_read_after_the_database_restarts(
    contender: str,
    request: pytest.FixtureRequest,
    own_postgresql: OwnPostgresql,
    observe: Observe,
    ran_with: RanWith,
    ran_from: RanFrom,
) -> None:
    implementation = implementations()[contender]
    ran_with(contender, installed_with(implementation))
    ran_from(sources_of(implementation))
    request.node.user_properties.append(("service", own_postgresql.label))
    observe(contender, outcome(implementation, own_postgresql))


def outcome(implementation: Implementation, database: OwnPostgresql) -> str:
    """Give the word for one implementation."""
    with served_contract(implementation, database.url) as server:
        note = new_note(server.url)
        assert set(asyncio.run(at_once(note))) == {200}
        database.restart()
        # A connection each: a server may close the one on which it answered an error.
        statuses = [httpx2.get(note, timeout=10).status_code for _ in range(READS)]
    if set(statuses) == {200}:
        return "recovers"
    if set(statuses[-GOOD_END:]) == {200}:
        return "one-error"
    assert statuses[-1] != httpx2.codes.OK, statuses
    return "stuck"


async def at_once(url: str) -> list[int]:
    """Give the statuses of many requests that were sent together."""
    async with httpx2.AsyncClient(timeout=10) as client:
        answers = await asyncio.gather(*(client.get(url) for _ in range(AT_ONCE)))
    return [answer.status_code for answer in answers]
