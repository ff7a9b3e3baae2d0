"""Mutants are small, whole changes of a snippet, and a seed always draws the same ones."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.mutation.mutants import mutants, sampled
from tests.mutation.operators import WithoutKeywordArgument, WithoutStatement
from tests.mutation.surviving import Try, copy_of, ended_with, is_noticed, tries
from tests.proof.things import Thing

CODE = """\
def charge(account, amount):
    if amount <= 0:
        raise ValueError("nothing to charge")
    account.debit(amount, currency="EUR")
    return account.balance
"""
TEST = """\
import pytest
from charge import charge

class Account:
    balance = 0
    def debit(self, amount, currency=None):
        self.balance -= amount

def test_debits():
    assert charge(Account(), 1) == -1
"""


def lines(code: str) -> set[str]:
    return {one.becomes for place in mutants(code) for one in place}


def test_each_mutant_changes_one_line_of_a_file_that_stays_python() -> None:
    every = [one for place in mutants(CODE) for one in place]
    assert every
    for one in every:
        before, after = CODE.splitlines(), one.code.splitlines()
        changed = [
            n for n, pair in enumerate(zip(before, after, strict=True), 1) if len({*pair}) > 1
        ]
        assert changed == [one.line]
        compile(one.code, "mutant", "exec")


def test_mutant_that_python_warns_of_is_tried_without_a_word() -> None:
    assert "assert 3 is count" in lines("assert 3 < count\n")


@pytest.mark.parametrize(
    "becomes",
    [
        "account.debit(amount, **{})",
        "pass",
        "if not amount <= 0:",
        "if amount < 0:",
        "if amount <= 1:",
    ],
)
def test_arguments_calls_conditions_and_numbers_are_changed(becomes: str) -> None:
    assert becomes in {" ".join(line.split()) for line in lines(CODE)}


def test_types_are_left_alone() -> None:
    assert lines("def find(name: str | None) -> int | None:\n    return None\n") == set()


def test_exception_of_a_module_breaks_nothing() -> None:
    assert mutants("try:\n    f(a=1)\nexcept jwt.InvalidTokenError:\n    g()\n")


@pytest.mark.parametrize("operator", [WithoutKeywordArgument, WithoutStatement])
def test_operator_does_what_its_example_says(
    operator: type[WithoutKeywordArgument | WithoutStatement],
) -> None:
    (example,) = operator.examples()
    assert example.post_mutation_code.strip() in lines(example.pre_mutation_code)


def test_sample_is_the_same_for_a_seed_and_takes_each_place_once() -> None:
    places = mutants(CODE)
    first, again, other = (sampled(places, 3, seed) for seed in ("1 a", "1 a", "2 a"))
    assert first == again != other
    assert len({one.becomes for one in first}) == 3
    assert len(sampled(places, 100, "1 a")) == len(places)


def test_mutant_is_noticed_exactly_when_the_snippets_test_fails(tmp_path: Path) -> None:
    """The currency is not asserted, the amount is; the file itself stays as it was."""
    (root := tmp_path / "root").mkdir()
    (root / "charge.py").write_text(CODE, "utf-8")
    (root / "test_charge.py").write_text(TEST, "utf-8")
    thing = Thing("snippet", "a/charge", Path("test_charge.py"), (Path("charge.py"),), ())
    every = tries(thing, root, None, "1")
    by_change = {one.mutant.becomes: one for one in every}
    (without,) = (one for becomes, one in by_change.items() if "**{}" in becomes)
    assert is_noticed(without, root) is False
    assert is_noticed(by_change["pass"], root) is True
    # Its compiled file must not be taken for that of the next.
    same_size = replace(without.mutant, code=CODE.replace("<= 0", "<= 1"))
    assert is_noticed(replace(without, mutant=same_size), root) is True
    assert ended_with(thing, root, 60) == 0
    assert is_noticed(without, root, seconds=0.01) is None
    assert (root / "charge.py").read_text("utf-8") == CODE


def test_copy_holds_what_tests_of_snippets_read(tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    with copy_of(root, tmp_path) as copy:
        for name in ("snippets", "tests/snippets/conftest.py", "pyproject.toml", "hooks/guide"):
            assert (copy / name).exists()
        assert not (copy / ".git").exists()


def test_drawing_gives_tries_of_the_files_they_change(tmp_path: Path) -> None:
    for name in ("one.py", "two.py"):
        (tmp_path / name).write_text(CODE, "utf-8")
    sources = (Path("one.py"), Path("two.py"), Path("three.yml"))
    thing = Thing("snippet", "a/both", Path("test_it.py"), sources, ())
    chosen: list[Try] = tries(thing, tmp_path, 100, "1")
    assert {str(one.path) for one in chosen} == {"one.py", "two.py"}
