"""Tests that share a server run on one worker; others may run anywhere."""

import os
from types import SimpleNamespace
from typing import cast

import pytest

from tests.scheduling import pytest_xdist_auto_num_workers, scope_of

CONTRACT = "tests/contracts/test_notes_api.py"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (f"{CONTRACT}::test_a[django]", f"{CONTRACT}::test_b[django-blank]"),
        ("tests/guide/test_cells.py::test_a", "tests/guide/test_cells.py::test_b[x]"),
    ],
)
def test_what_shares_a_server_or_a_file_shares_a_worker(one: str, other: str) -> None:
    assert scope_of(one) == scope_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (f"{CONTRACT}::test_a[django]", f"{CONTRACT}::test_a[django-ninja]"),
        ("tests/proof/test_a.py::test_a[x]", "tests/proof/test_a.py::test_a[y]"),
    ],
)
def test_what_shares_nothing_may_run_anywhere(one: str, other: str) -> None:
    assert scope_of(one) != scope_of(other)


@pytest.mark.parametrize(
    ("cores", "asked", "workers"),
    [
        (2, ["tests"], 2),
        (2, ["tests/proof"], 3),
        (2, ["tests/proof", "tests/site"], 2),
        (None, ["tests"], 1),
        (16, ["tests"], 4),
        (16, ["tests/proof"], 4),
    ],
)
def test_there_is_a_worker_per_core_up_to_four_and_one_more_for_what_waits(
    monkeypatch: pytest.MonkeyPatch, cores: int | None, asked: list[str], workers: int
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    config = SimpleNamespace(args=asked)
    assert pytest_xdist_auto_num_workers(cast("pytest.Config", config)) == workers
