"""Tests that share a server run on one worker; others may run anywhere."""

import os

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


@pytest.mark.parametrize(("cores", "workers"), [(None, 2), (1, 2), (2, 3), (3, 4), (16, 4)])
def test_there_is_a_worker_more_than_cores_up_to_four(
    monkeypatch: pytest.MonkeyPatch, cores: int | None, workers: int
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    assert pytest_xdist_auto_num_workers() == workers
