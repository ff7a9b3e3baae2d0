"""Verdicts say all that a reader needs to trust or to doubt them."""

import re

import pytest

from tests.proof.record import ROOT
from tests.repository import repository_guide

GUIDE = repository_guide()
FILLER = re.compile(
    r"\b(powerful|robust|seamless(ly)?|blazing(ly)?|lightning|cutting[- ]edge|"
    r"state[- ]of[- ]the[- ]art|"
    r"game[- ]changer|best[- ]in[- ]class|world[- ]class|effortless(ly)?|leverag\w+|delightful)\b",
    re.IGNORECASE,
)
TEXTS = sorted((ROOT / "data").rglob("*.yml")) + sorted((ROOT / "docs").rglob("*.md"))


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_text_has_no_filler(path: object) -> None:
    """Words that promise and say nothing do not stand in the guide."""
    found = FILLER.search(path.read_text("utf-8"))  # type: ignore[attr-defined]
    assert found is None, f"'{found[0]}' says nothing; name the fact" if found else ""


def test_most_cells_are_no_judgements() -> None:
    """At most a quarter of all cells is opinion."""
    kinds = [
        cell.evidence.kind
        for technology in GUIDE.technologies.values()
        for cells in technology.cells.values()
        for cell in cells.values()
    ]
    assert kinds.count("judgement") <= len(kinds) / 4


def test_web_frameworks_have_at_least_fifteen_executed_criteria() -> None:
    """Executed or measured, so that the comparison rests on more than reading."""
    executed = {
        row.id
        for choice in GUIDE.categories["web-frameworks"].choices
        for row in choice.criteria
        if {"probe", "benchmark"} & set(getattr(row, "accepts", ()))
    }
    assert len(executed) >= 15
