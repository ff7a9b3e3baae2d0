"""Rules for cells: each contender has one per criterion, with evidence that there is."""

from collections.abc import Iterator
from pathlib import Path

from guide.models import Cell, Choice, Criterion, Technology
from guide.places import test_path
from guide.problems import Problem
from guide.whole import Guide
from guide.yamlfile import Loc, YamlFile

from .shared import choices, unknown


def cells_are_filled(guide: Guide) -> Iterator[Problem]:
    """Every contender has one cell for each criterion that applies, with evidence it accepts."""
    known = {choice.id: choice for _, _, choice, _ in choices(guide)}
    for key, technology in guide.technologies.items():
        file = guide.files["technology", key]
        for choice_id, cells in technology.cells.items():
            at: Loc = ("cells", choice_id)
            choice = known.get(choice_id)
            if choice is None:
                yield from unknown(file, at, "choice", choice_id, set(known))
                continue
            if key not in choice.contenders:
                message = (
                    f"'{key}' is no contender of '{choice_id}'; add it there or delete the cells"
                )
                yield file.problem(at, message)
            criteria = {row.id: row for row in choice.criteria if isinstance(row, Criterion)}
            for name, cell in cells.items():
                yield from _cell_faults(guide, technology, file, (*at, name), criteria, cell)
    for choice in known.values():
        for key in choice.contenders:
            if key not in guide.technologies:
                continue
            for row in choice.criteria:
                if isinstance(row, Criterion) and _wants_cell(
                    row, key, guide.technologies[key], choice
                ):
                    file = guide.files["technology", key]
                    message = f"has no cell for '{choice.id}/{row.id}'; add one, "
                    message += f"with evidence of the kind {' or '.join(row.accepts)}"
                    yield file.problem(("cells", choice.id), message)


def _wants_cell(row: Criterion, key: str, technology: Technology, choice: Choice) -> bool:
    applies = row.applies_to is None or key in row.applies_to
    return applies and row.field is None and row.id not in technology.cells.get(choice.id, {})


def _cell_faults(  # a cell is judged by all that surrounds it
    guide: Guide,
    technology: Technology,
    file: YamlFile,
    loc: Loc,
    criteria: dict[str, Criterion],
    cell: Cell,
) -> Iterator[Problem]:
    name = str(loc[-1])
    criterion = criteria.get(name)
    if criterion is None:
        yield from unknown(file, loc, "criterion", name, set(criteria))
        return
    evidence = cell.evidence
    if evidence.kind not in criterion.accepts:
        accepted = " or ".join(criterion.accepts)
        message = f"'{name}' does not accept {evidence.kind}; give evidence of the kind {accepted}"
        yield file.problem((*loc, "evidence"), message)
    if evidence.metadata is not None and technology.package is None:
        message = "reads package metadata, but the technology has no `package`; add it"
        yield file.problem((*loc, "evidence"), message)
    lock = guide.packages
    if (
        evidence.package is not None
        and lock.packages
        and not lock.get(evidence.package.distribution)
    ):
        message = f"'{evidence.package.distribution}' is not locked; name a locked distribution"
        yield file.problem((*loc, "evidence", "package"), message)
    for kind, reference in (("probe", evidence.probe), ("benchmark", evidence.benchmark)):
        if reference is not None and not (guide.root / test_path(kind, reference)).is_file():
            known = set(_tests(guide.root, kind))
            yield from unknown(file, (*loc, "evidence", kind), kind, reference, known)


def _tests(root: Path, kind: str) -> Iterator[str]:
    for path in (root / "tests" / f"{kind}s").glob("*/test_*.py"):
        yield f"{path.parent.name}/{path.stem.removeprefix('test_').replace('_', '-')}"
