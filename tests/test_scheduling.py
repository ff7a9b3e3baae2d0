"""Tests that share a server run on one worker; others may run anywhere."""

import pytest

from tests.scheduling import scope_of

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
