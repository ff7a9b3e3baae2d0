"""What a comparison table shows: each cell's text, and the mark that says where it comes from."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from .models import Category, Cell, Choice, Criterion, EvidenceKind, Table, Technology
from .packages import day, fact, rank
from .proofs import Figure, Proof
from .whole import Guide

Mark = Literal["ran", "timed", "lock", "found", "cited", "opinion", "not-run"]

MARKS: dict[Mark, tuple[str, str]] = {
    "ran": ("RAN", "a test observed it"),
    "timed": ("TIMED", "measured, all contenders in one run"),
    "lock": ("LOCK", "package metadata of the locked version"),
    "found": ("FOUND", "this text stands in the locked package"),
    "cited": ("CITED", "a page that we read"),
    "opinion": ("OPINION", "our judgement"),
    "not-run": ("NOT RUN", "not executed on this version"),
}
"""Mark → the word beside a value, and what it means."""

OF_KIND: dict[EvidenceKind, Mark] = {
    "probe": "ran",
    "benchmark": "timed",
    "metadata": "lock",
    "package": "found",
    "source": "cited",
    "judgement": "opinion",
}

BAR_STEPS = 20
MANY, WORDY = 7, 20
"""From so many columns on, with so many letters in the mean cell, a table scrolls."""
LEFT_OUT = "Not executed: this contender was left out of the run"


@dataclass(frozen=True)
class ShownCell:
    """A cell as a table shows it."""

    text: str
    """The value."""
    mark: Mark
    says: str
    """The evidence in one sentence, for whoever asks."""
    href: str
    """Where the evidence is: a page of the site (from its root) or an outside address."""
    good: bool = False
    """A reader hopes for this value."""
    bar: int | None = None
    """For a benchmark: the figure's share of the row's largest, in twentieths."""
    spread: str | None = None
    """For a benchmark: lowest and highest of the rounds."""
    rank: float | None = None
    """Where it comes in an order by this row, smallest first; None where a row has no order."""


@dataclass(frozen=True)
class ShownRow:
    """A criterion with one cell per contender; None where it does not apply."""

    criterion: Criterion
    cells: tuple[ShownCell | None, ...]

    @property
    def differs(self) -> bool:
        """Not all contenders show the same value; figures that the rounds cannot tell apart do."""
        if all(cell is not None and cell.mark == "timed" and cell.good for cell in self.cells):
            return False
        return len({cell.text if cell else None for cell in self.cells}) > 1

    @property
    def is_known(self) -> bool:
        """Every contender's value rests on evidence of the present version."""
        return all(cell is None or cell.mark != "not-run" for cell in self.cells)


@dataclass(frozen=True)
class ShownTable:
    """A comparison table: contenders are its columns, rows stand in groups."""

    id: str
    title: str
    contenders: tuple[str, ...]
    groups: tuple[tuple[str, tuple[ShownRow, ...]], ...]

    @property
    def is_wordy(self) -> bool:
        """So many columns with so much in them that it has to scroll to stay readable."""
        cells = [cell for _, rows in self.groups for row in rows for cell in row.cells if cell]
        letters = sum(len(cell.text) for cell in cells)
        return len(self.contenders) >= MANY and letters > WORDY * len(cells)


def own_criteria(guide: Guide, choice: Choice) -> list[tuple[str, Criterion]]:
    """The choice's rows, each with the id of the choice that owns it and its cells."""
    return [
        (choice.id, row)
        if isinstance(row, Criterion)
        else (row.use.split("/")[0], criterion_called(guide, row.use))
        for row in choice.criteria
    ]


def criterion_called(guide: Guide, reference: str) -> Criterion:
    """The criterion `<choice>/<id>`."""
    owner, name = reference.split("/")
    return next(
        row
        for category in guide.categories.values()
        for choice in category.choices
        if choice.id == owner
        for row in choice.criteria
        if isinstance(row, Criterion) and row.id == name
    )


def shown_table(guide: Guide, choice: Choice, table: Table) -> ShownTable:
    """The table with its cells resolved, rows grouped in the order in which groups first appear."""
    contenders = table.contenders or choice.contenders
    rows = own_criteria(guide, choice)
    if table.criteria != "all":
        by_id = {criterion.id: (owner, criterion) for owner, criterion in rows}
        rows = [by_id[name] for name in table.criteria]
    return ShownTable(table.id, table.title, contenders, grouped(guide, rows, contenders))


def grouped(
    guide: Guide, rows: Sequence[tuple[str, Criterion]], contenders: Sequence[str]
) -> tuple[tuple[str, tuple[ShownRow, ...]], ...]:
    """The rows with their cells, by group."""
    groups: dict[str, list[ShownRow]] = {}
    for owner, criterion in rows:
        groups.setdefault(criterion.group, []).append(
            shown_row(guide, owner, criterion, contenders)
        )
    return tuple((name, tuple(rows)) for name, rows in groups.items())


def shown_row(
    guide: Guide, owner: str, criterion: Criterion, contenders: Sequence[str]
) -> ShownRow:
    """The row of a criterion that the choice `owner` owns."""
    return ShownRow(
        criterion,
        tuple(_shown_cell(guide, owner, criterion, key, contenders) for key in contenders),
    )


def _shown_cell(
    guide: Guide, owner: str, criterion: Criterion, key: str, contenders: Sequence[str]
) -> ShownCell | None:
    technology = guide.technologies[key]
    here = f"technologies/{key}/#{owner}--{criterion.id}"
    if criterion.applies_to is not None and key not in criterion.applies_to:
        return None
    if criterion.field is not None:
        reason = technology.verdict.because if technology.verdict else technology.summary
        return ShownCell(technology.best_for, "opinion", reason, here)
    cell = technology.cells[owner][criterion.id]
    match cell.evidence.kind:
        case "probe" | "benchmark" as kind:
            reference = cell.evidence.probe or cell.evidence.benchmark or ""
            return _executed(guide, f"{kind}/{reference}", criterion, key, contenders)
        case _:
            return _stated(guide, cell, technology, here)


def _stated(guide: Guide, cell: Cell, technology: Technology, here: str) -> ShownCell:
    """A cell whose value was read or judged; `here` is where its evidence is written out."""
    evidence, mark = cell.evidence, OF_KIND[cell.evidence.kind]
    text = cell.value or ""
    if evidence.metadata is not None:
        package = guide.packages.get(technology.package or "")
        if package is None:
            return ShownCell("not locked", "not-run", "the package is not locked", here)
        says = f"Metadata of {technology.package} {package.version}, locked on "
        says += day(guide.packages.as_of)
        value = fact(package, evidence.metadata, guide.packages.as_of)
        return ShownCell(value, mark, says, here, rank=rank(package, evidence.metadata))
    if evidence.package is not None:
        found = evidence.package
        locked = guide.packages.get(found.distribution)
        version = locked.version if locked else "?"
        says = f"{found.distribution} {version}, {found.file}: “{found.text}”"
        return ShownCell(text, mark, says, here)
    if evidence.source is not None:
        says = f"{evidence.source.title} ({evidence.source.read})"
        return ShownCell(text, mark, says, evidence.source.url)
    return ShownCell(text, mark, evidence.judgement or "", here)


def proof_anchor(key: str) -> str:
    """The anchor on the proof page of `<kind>/<category>/<id>`."""
    return key.replace("/", "-")


def _executed(
    guide: Guide, proof_key: str, criterion: Criterion, key: str, contenders: Sequence[str]
) -> ShownCell:
    """A cell whose value a run supplies; without a current proof it says so."""
    href = f"proof/#{proof_anchor(proof_key)}"
    proof = guide.proofs.get(proof_key)
    why = guide.stale.get(proof_key) if proof else "it has not been executed yet"
    if proof is None or why is not None:
        return ShownCell("–", "not-run", f"Not executed on this version: {why}", href)
    if proof.kind == "probe":
        return _observed(proof, criterion, key, href)
    return _measured(proof, criterion, key, contenders, href)


def _observed(proof: Proof, criterion: Criterion, key: str, href: str) -> ShownCell:
    word = proof.outcomes.get(key)
    if word is None:
        return ShownCell("–", "not-run", LEFT_OUT, href)
    says = f"Observed on {day(proof.ran_on)} by {_test_of(proof)}"
    text = criterion.outcomes.get(word, word)
    good = word in criterion.good
    order = float(not good) if criterion.good else None
    return ShownCell(text, "ran", says, href, good=good, rank=order)


def _measured(
    proof: Proof, criterion: Criterion, key: str, contenders: Sequence[str], href: str
) -> ShownCell:
    figure = proof.figures.get(key)
    if figure is None:
        return ShownCell("–", "not-run", LEFT_OUT, href)
    shown = [proof.figures[other] for other in contenders if other in proof.figures]
    largest = max(other.median for other in shown) or 1.0
    best = _best(shown, criterion)
    spread = None if figure.low == figure.high else f"{number(figure.low)}–{number(figure.high)}"
    how = "Counted" if figure.rounds == 1 else f"Median of {figure.rounds} rounds"
    says = f"{how} on {day(proof.ran_on)}"
    says += f", {number(figure.low)} to {number(figure.high)}" if spread else ""
    says += f"; {figure.raw} on our machine" if figure.raw else ""
    # How this contender was run stands in the context as `<contender>: …`.
    says += "".join(f"; {line[len(key) + 2 :]}" for line in proof.context if _is_about(line, key))
    return ShownCell(
        text=f"{figure_text(figure, criterion)} {criterion.unit}",
        mark="timed",
        says=says,
        href=href,
        good=overlaps(figure, best),
        bar=max(1, round(BAR_STEPS * figure.median / largest)),
        spread=spread,
        rank=figure.median if criterion.better == "lower" else -figure.median,
    )


def _is_about(line: str, key: str) -> bool:
    return line.startswith(f"{key}: ")


def figure_text(figure: Figure, criterion: Criterion) -> str:
    """The median; a ratio that the rounds cannot tell from its baseline is `≈ 1`."""
    is_ratio = (criterion.unit or "").startswith("×") and figure.low != figure.high
    if is_ratio and figure.low <= 1.0 <= figure.high:
        return "≈ 1"
    return number(figure.median)


def _best(figures: Sequence[Figure], criterion: Criterion) -> Figure:
    def median(figure: Figure) -> float:
        return figure.median

    return min(figures, key=median) if criterion.better == "lower" else max(figures, key=median)


def overlaps(one: Figure, other: Figure) -> bool:
    """The rounds cannot tell the two apart: their ranges touch."""
    return one.low <= other.high and other.low <= one.high


def number(value: float) -> str:
    """The number with as many digits as such a measurement bears: three, or all of an integer."""
    if value == int(value) or abs(value) >= 100:  # noqa: PLR2004
        return f"{value:.0f}"
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"  # noqa: PLR2004


def _test_of(proof: Proof) -> str:
    return next((name for name in proof.sources if "/test_" in name), "a test")


def marks_in(guide: Guide, choice: Choice) -> Counter[Mark]:
    """How many cells of a choice rest on which evidence."""
    return Counter(
        cell.mark
        for owner, criterion in own_criteria(guide, choice)
        for cell in shown_row(guide, owner, criterion, choice.contenders).cells
        if cell is not None
    )


def executed_cells(guide: Guide, category: Category) -> tuple[int, int]:
    """How many cells of the category a machine observed or measured, and how many it has."""
    seen: dict[tuple[str, str, str], ShownCell] = {}
    for choice in category.choices:
        for owner, criterion in own_criteria(guide, choice):
            row = shown_row(guide, owner, criterion, choice.contenders)
            for key, cell in zip(choice.contenders, row.cells, strict=True):
                if cell is not None:
                    seen[owner, criterion.id, key] = cell
    ran = sum(cell.mark in {"ran", "timed"} for cell in seen.values())
    return ran, len(seen)
