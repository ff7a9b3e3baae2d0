"""What a table cell shows for each kind of evidence, and when it shows that nothing ran."""

import datetime as dt

import pytest

from guide.cells import (
    ShownCell,
    ShownRow,
    ShownTable,
    executed_cells,
    figure_text,
    number,
    overlaps,
    shown_row,
    shown_table,
)
from guide.context import Context
from guide.models import Criterion
from guide.packages import Package, age, fact, is_dormant, rank
from guide.proofs import Figure
from guide.whole import Guide
from tests.guide.conftest import Tree

STORES = "data/categories/stores.yml"
WRITES = "data/proof/benchmark/stores/writes.json"


def measured(tree: Tree) -> Tree:
    """The tree with its benchmark's proof made current."""
    tree.change(WRITES, '"version": "1.1.0"', '"version": "1.2.0"')
    return tree


def cell_of(guide: Guide, key: str, criterion: str) -> ShownCell:
    """A contender's cell in the sample's first choice."""
    choice = guide.categories["stores"].choices[0]
    row = next(row for row in choice.criteria if isinstance(row, Criterion) and row.id == criterion)
    shown = shown_row(guide, "store", row, choice.contenders)
    cell = shown.cells[choice.contenders.index(key)]
    assert cell is not None
    return cell


def test_probe_shows_the_outcome_in_the_words_of_its_criterion(sample: Guide) -> None:
    """`kept` is what the run said; the reader sees what it means, and that it is good."""
    cell = cell_of(sample, "red", "survives-kill")
    assert (cell.text, cell.mark, cell.good) == ("Keeps everything", "ran", True)
    assert cell.href == "proof/#probe-stores-survives-kill"
    assert not cell_of(sample, "blue", "survives-kill").good


def test_proof_of_another_version_never_shows_as_passed(sample: Guide) -> None:
    """The benchmark ran on 1.1.0, the lock has 1.2.0: no figure is shown."""
    cell = cell_of(sample, "blue", "writes")
    assert (cell.text, cell.mark) == ("–", "not-run")
    assert cell.says == (
        "Not executed on this version: it ran on red-client 1.1.0, 1.2.0 is locked now"
    )


def test_missing_proof_shows_as_not_executed(tree: Tree) -> None:
    """Without a proof there is no outcome."""
    (tree.root / "data/proof/probe/stores/survives-kill.json").unlink()
    cell = cell_of(tree.guide(), "red", "survives-kill")
    assert (cell.text, cell.mark) == ("–", "not-run")
    assert cell.says == "Not executed on this version: it has not been executed yet"


def test_changed_test_takes_the_outcome_away(tree: Tree) -> None:
    """The proof is of other bytes."""
    tree.write("tests/probes/stores/test_survives_kill.py", "changed\n")
    cell = cell_of(tree.guide(), "red", "survives-kill")
    assert cell.mark == "not-run"
    assert "tests/probes/stores/test_survives_kill.py has changed" in cell.says


def test_contender_left_out_of_a_run_shows_as_not_executed(tree: Tree) -> None:
    """A proof speaks only of those that ran."""
    tree.change("data/proof/probe/stores/survives-kill.json", ', "blue": "lost"', "")
    assert cell_of(tree.guide(), "blue", "survives-kill").mark == "not-run"


@pytest.mark.parametrize(
    ("criterion", "text", "mark"),
    [
        ("licence", "MIT", "lock"),
        ("format", "Lines", "found"),
        ("ease", "easy", "opinion"),
        ("best-for", "Red things", "opinion"),
    ],
)
def test_each_kind_of_evidence_has_its_mark(
    sample: Guide, criterion: str, text: str, mark: str
) -> None:
    """The value and where it comes from."""
    cell = cell_of(sample, "red", criterion)
    assert (cell.text, cell.mark) == (text, mark)


def test_values_with_an_order_have_a_rank_the_best_first(tree: Tree) -> None:
    """Observed: what a reader hopes for comes first. Measured: the better figure. Words: none."""
    guide = measured(tree).guide()
    ranks = {
        (key, criterion): cell_of(guide, key, criterion).rank
        for key in ("red", "blue")
        for criterion in ("survives-kill", "writes", "format")
    }
    assert (ranks["red", "survives-kill"], ranks["blue", "survives-kill"]) == (0, 1)
    assert ranks["red", "writes"] != ranks["blue", "writes"]
    best = min(("red", "blue"), key=lambda key: ranks[key, "writes"] or 0)
    assert cell_of(guide, best, "writes").good
    assert ranks["red", "format"] is None


def test_borrowed_row_shows_the_cells_of_its_owner(sample: Guide) -> None:
    """`use: store/survives-kill` is the same cell under another question."""
    choice = sample.categories["stores"].choices[1]
    (group,) = shown_table(sample, choice, choice.tables[0]).groups
    (row,) = group[1]
    assert [cell.text for cell in row.cells if cell] == ["Forgets everything", "Keeps everything"]
    assert row.differs


def test_table_keeps_its_own_columns_and_rows(sample: Guide) -> None:
    """As its `contenders` and `criteria` say, in their order."""
    choice = sample.categories["stores"].choices[0]
    table = shown_table(sample, choice, choice.tables[1])
    assert table.contenders == ("blue",)
    assert [name for name, _ in table.groups] == ["Opinion", "When things go wrong"]


def ratio(low: float, median: float, high: float, unit: str = "× Red") -> str:
    """The text of a figure with that range, by default a ratio."""
    criterion = Criterion.model_validate(
        {"id": "x", "name": "X", "accepts": ("benchmark",), "unit": unit, "better": "lower"}
    )
    return figure_text(Figure(median=median, low=low, high=high, rounds=5), criterion)


def test_ratio_inside_the_noise_is_shown_as_equal() -> None:
    """0.97 to 1.04 cannot be told from the baseline; 1.02 to 1.10 can."""
    assert ratio(0.97, 1.01, 1.04) == "≈ 1"
    assert ratio(1.02, 1.06, 1.10) == "1.06"
    assert ratio(1, 1, 1) == "1"


def test_range_that_ends_at_the_baseline_is_inside_the_noise() -> None:
    """On either side."""
    assert ratio(1.0, 1.05, 1.10) == "≈ 1"
    assert ratio(0.90, 0.95, 1.0) == "≈ 1"


def test_only_a_ratio_can_be_equal_to_its_baseline() -> None:
    """0.9 to 1.1 seconds is a second, more or less."""
    assert ratio(0.9, 1.05, 1.1, unit="seconds") == "1.05"


def test_figures_are_equal_when_their_ranges_touch() -> None:
    """Only then may both be called the best."""
    one = Figure(median=1, low=0.9, high=1.1, rounds=5)
    touching = Figure(median=1.2, low=1.1, high=1.3, rounds=5)
    assert overlaps(one, touching)
    assert overlaps(touching, one)
    assert not overlaps(one, Figure(median=1.3, low=1.2, high=1.4, rounds=5))


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.0, "1"), (0.4567, "0.46"), (12.34, "12.3"), (123.4, "123"), (250.0, "250")],
)
def test_numbers_have_as_many_digits_as_they_bear(value: float, text: str) -> None:
    """Three at most, and no false precision."""
    assert number(value) == text


def package(sample: Guide, **changes: object) -> Package:
    """Red's package with changes."""
    return sample.packages.packages["red-client"].model_copy(update=changes)


@pytest.mark.parametrize(
    ("released", "text"),
    [
        ("2026-11-20", "0 days old"),
        ("2026-11-19", "1 day old"),
        ("2026-11-18", "2 days old"),
        ("2026-10-30", "3 weeks old"),
        ("2026-09-10", "2 months old"),
        ("2024-11-20", "23 months old"),
    ],
)
def test_age_is_counted_to_the_day_of_the_lock(sample: Guide, released: str, text: str) -> None:
    """In the unit in which people say it."""
    aged = package(sample, released=dt.date.fromisoformat(released))
    assert age(aged, sample.packages.as_of) == text


def test_release_of_over_eighteen_months_is_dormant(sample: Guide) -> None:
    """Blue's is of January 2024."""
    as_of = sample.packages.as_of
    assert is_dormant(sample.packages.packages["blue-client"], as_of)
    assert not is_dormant(sample.packages.packages["red-client"], as_of)


def test_packages_come_newest_smallest_and_typed_first(sample: Guide) -> None:
    """Where a field has no order, neither has the row."""
    red, blue = (sample.packages.packages[f"{name}-client"] for name in ("red", "blue"))
    assert red.released
    assert blue.released
    for field in ("version", "released", "age"):
        assert (rank(red, field) or 0) < (rank(blue, field) or 0)
    assert [rank(package(sample, typed=typed), "typed") for typed in (True, False)] == [0, 1]
    assert rank(package(sample, size=5), "size") == 5
    assert rank(package(sample, requires=("a", "b")), "requires") == 2
    assert rank(package(sample, released=None), "age") is None
    assert rank(red, "licence") is None


def test_what_metadata_leaves_out_is_said(sample: Guide) -> None:
    """No licence in the metadata is not the same as no licence."""
    blue, as_of = sample.packages.packages["blue-client"], sample.packages.as_of
    assert fact(blue, "licence", as_of) == "not stated"
    assert fact(blue, "typed", as_of) == "No"
    assert fact(blue, "wheels", as_of) == "none"
    assert fact(package(sample), "size", as_of) == "1.2 MB"


def test_figures_that_the_rounds_cannot_tell_apart_do_not_differ(tree: Tree) -> None:
    """1 and ≈ 1 are two texts for one thing."""
    measured(tree).change(WRITES, '"median": 1.53, "low": 1.4', '"median": 1.01, "low": 0.9')
    guide = tree.guide()
    choice = guide.categories["stores"].choices[0]
    rows = [row for _, rows in shown_table(guide, choice, choice.tables[0]).groups for row in rows]
    (writes,) = (row for row in rows if row.criterion.id == "writes")
    assert [cell.text for cell in writes.cells if cell] == ["1 × Red", "≈ 1 × Red"]
    assert not writes.differs


@pytest.mark.parametrize(("better", "best"), [("higher", "blue"), ("lower", "red")])
def test_best_figure_is_marked_as_its_criterion_wants(tree: Tree, better: str, best: str) -> None:
    """Blue's 1.53 is the best of writes per second and would be the worst of seconds per write."""
    tree.change(STORES, "better: higher", f"better: {better}")
    guide = measured(tree).guide()
    marked = {key for key in ("red", "blue") if cell_of(guide, key, "writes").good}
    assert marked == {best}


def test_measured_cell_says_all_that_the_rounds_gave(tree: Tree) -> None:
    """The bar is the figure's share of the largest, in twentieths."""
    guide = measured(tree).guide()
    blue, red = (cell_of(guide, key, "writes") for key in ("blue", "red"))
    assert (blue.text, blue.mark, blue.bar) == ("1.53 × Red", "timed", 20)
    assert (red.text, red.mark, red.bar) == ("1 × Red", "timed", 13)
    assert (blue.spread, red.spread) == ("1.40–1.70", None)
    assert blue.says == (
        "Median of 5 rounds on 20 Nov 2026, 1.40 to 1.70; 153 writes/s on our machine"
    )
    assert red.says == "Median of 5 rounds on 20 Nov 2026; 100 writes/s on our machine"
    assert blue.href == "proof/#benchmark-stores-writes"


def test_smallest_figure_still_has_a_bar(tree: Tree) -> None:
    """A bar of nothing would look like a cell without a figure."""
    measured(tree).change(WRITES, '"median": 1.0, "low": 1.0', '"median": 0.001, "low": 0.001')
    assert cell_of(tree.guide(), "red", "writes").bar == 1


def test_contender_left_out_of_a_benchmark_shows_as_not_executed(tree: Tree) -> None:
    """And the other's bar and mark are then of what was measured."""
    figures = (measured(tree).root / WRITES).read_text("utf-8")
    tree.write(WRITES, figures.replace('"blue": {"median"', '"grey": {"median"'))
    guide = tree.guide()
    assert cell_of(guide, "blue", "writes").mark == "not-run"
    red = cell_of(guide, "red", "writes")
    assert (red.bar, red.good) == (20, True)


def test_executed_cells_are_those_with_a_current_proof(sample: Guide) -> None:
    """Two of a probe; the borrowed row is counted once, the stale benchmark as not executed."""
    assert executed_cells(sample, sample.categories["stores"]) == (2, 12)


def test_executed_cells_count_what_was_measured(tree: Tree) -> None:
    """With a current benchmark two more; a cell that does not apply is none."""
    guide = measured(tree).guide()
    assert executed_cells(guide, guide.categories["stores"]) == (4, 12)
    assert Context(guide, "").stats().executed == 4


def test_cell_that_does_not_apply_is_not_counted(tree: Tree) -> None:
    """A criterion for Red alone has one cell."""
    tree.change(STORES, "name: After a kill", "name: After a kill\n        applies_to: [red]")
    blue = "data/technologies/stores/blue.yml"
    tree.change(blue, "    survives-kill:\n      evidence: {probe: stores/survives-kill}\n", "")
    guide = tree.guide()
    assert executed_cells(guide, guide.categories["stores"]) == (1, 11)


def test_what_has_no_current_proof_is_to_be_executed(sample: Guide) -> None:
    """The sample's benchmark is stale, its probe and its snippet are not."""
    assert Context(sample, "").to_be_executed() == [("benchmark", "stores/writes")]


def test_nothing_is_to_be_executed_once_every_proof_is_current(tree: Tree) -> None:
    """The proof page then says so."""
    assert Context(measured(tree).guide(), "").to_be_executed() == []


@pytest.mark.parametrize(
    ("kind", "key"), [("probe", "stores/survives-kill"), ("snippet", "stores/keep-state")]
)
def test_what_has_no_proof_at_all_is_to_be_executed(tree: Tree, kind: str, key: str) -> None:
    """Whatever fills a cell, and every snippet."""
    (measured(tree).root / f"data/proof/{kind}/{key}.json").unlink()
    assert Context(tree.guide(), "").to_be_executed() == [(kind, key)]


@pytest.mark.parametrize(
    ("requirement", "shown"),
    [
        ("red-client", "red-client"),
        ("red-client[fast]", '"red-client[fast]"'),
        ("red-client<2", '"red-client<2"'),
        ("red-client>1", '"red-client>1"'),
        ("red-client==1.2", '"red-client==1.2"'),
        ("red-client; a", '"red-client; a"'),
        ("red-client;a", '"red-client;a"'),
        ("red-client @ a", '"red-client @ a"'),
    ],
)
def test_requirement_that_a_shell_would_read_is_quoted(
    sample: Guide, requirement: str, shown: str
) -> None:
    """Brackets are patterns to it, `<` and `>` files, `;` an end; the rest stays as it is."""
    assert Context(sample, "").install_line((requirement, "blue-client")) == f"{shown} blue-client"


@pytest.mark.parametrize(
    ("columns", "text", "wordy"),
    [
        pytest.param(9, "Yes", False, id="many short ones"),
        pytest.param(9, "None; the broker keeps it a day", True, id="many long ones"),
        pytest.param(6, "None; the broker keeps it a day", False, id="few long ones"),
    ],
)
def test_table_of_many_columns_with_much_text_scrolls(
    columns: int, text: str, *, wordy: bool
) -> None:
    """So that no column becomes a strip of syllables."""
    criterion = Criterion(id="row", name="Row", accepts=("source",))
    row = ShownRow(criterion, (ShownCell(text, "cited", "", ""),) * columns)
    table = ShownTable("t", "T", ("x",) * columns, (("Facts", (row,)),))
    assert table.is_wordy == wordy
