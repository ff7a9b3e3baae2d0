"""Run the `notes-api` contract of a contender for a probe or a benchmark."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx2

from tests.contracts.implementation import ROOT, Implementation
from tests.contracts.running import Server, prepared, running
from tests.probes.distributions import closure, labels
from tests.services.postgresql import fresh_database


@contextmanager
def served_contract(implementation: Implementation, server_url: str) -> Iterator[Server]:
    """Serve an implementation on a new database of the PostgreSQL server at the address."""
    with fresh_database(server_url) as url:
        prepared(implementation, url)
        with running(implementation, url) as server:
            yield server


def installed_with(implementation: Implementation) -> list[str]:
    """Give what the contract's install line brings, its server included, with versions."""
    return labels(closure([*implementation.install, implementation.server]))


def sources_of(implementation: Implementation) -> list[str]:
    """Give the files, from the root of the repository, that make the contract what it is."""
    declaration = f"data/contracts/notes-api/{implementation.technology}.yml"
    return [declaration, implementation.folder.relative_to(ROOT).as_posix()]


def new_note(url: str) -> str:
    """Make a note and give its address."""
    made = httpx2.post(f"{url}/notes", json={"title": "Milk", "body": "Two litres"})
    return f"{url}/notes/{made.raise_for_status().json()['id']}"
