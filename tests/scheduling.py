"""How many workers there are, and which tests share one: those of a server, or else of a file.

pytest-xdist 3.8.0 has `--dist loadgroup` for this, but writes the group into an attribute that
pytest 9.2 no longer has, so that grouped tests are spread over all workers.
"""

import os
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from tests.contracts.implementation import implementations

ALONE = ("tests/proof/", "tests/guide/test_hostile_text.py")
"""Tests that share nothing and take long: any worker may take any one of them."""

WAITING = "tests/proof"
MOST = 4
"""More workers would only compete for the one PostgreSQL."""


class BySharedServer(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Keeps together what uses the same server."""

    def _split_scope(self, nodeid: str) -> str:
        return scope_of(nodeid)


def scope_of(nodeid: str) -> str:
    """Give the name that tests have in common which must run on one worker."""
    path, _, test = nodeid.partition("::")
    if path.startswith(ALONE):
        return nodeid
    if path == "tests/contracts/test_notes_api.py":
        named = [key for key in implementations() if f"[{key}" in test]
        return f"{path}::{max(named, key=len, default='')}"
    return path


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Give a worker per core, and one more if only things that wait are run.

    Tests of snippets wait a third of their time: they took two workers 507 s, and two cores 668 s
    of processor time. All tests together took no less with three workers than with two.
    """
    waiting = all(name.startswith(WAITING) for name in config.args)
    return min((os.cpu_count() or 1) + waiting, MOST)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> BySharedServer:
    """Give pytest-xdist this scheduler in place of its own."""
    return BySharedServer(config, log)
