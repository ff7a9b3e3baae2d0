"""What is to be proven: every snippet, probe and benchmark that the data names."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

from guide.models import Choice, Criterion
from guide.packages import normalized
from guide.places import further_files, snippet_files, test_path
from guide.proofs import ProofKind
from guide.whole import Guide


@dataclass(frozen=True)
class Thing:
    """One thing to prove: `kind`, `<category>/<id>`, its test and the files that are proven."""

    kind: ProofKind
    id: str
    test: Path
    """Its test file, from the root of the repository."""
    sources: tuple[Path, ...]
    """The files of the snippet itself, from the root; a probe names its own as it runs."""
    install: tuple[str, ...]
    """What a reader installs for it; empty for probes and benchmarks."""

    def __str__(self) -> str:
        return f"{self.kind}/{self.id}"


def things(guide: Guide, only: str = "") -> list[Thing]:
    """Everything to prove whose `<category>/<id>` starts with `only`, by name."""
    found = [*_snippets(guide), *_evidence(guide)]
    return sorted((thing for thing in found if thing.id.startswith(only)), key=str)


def observed_criteria(guide: Guide) -> list[tuple[str, Criterion, Choice]]:
    """The name of each probe that a cell names, with the criterion and the choice of that cell."""
    rows = {
        (category, choice.id, row.id): (row, choice)
        for category, found in guide.categories.items()
        for choice in found.choices
        for row in choice.criteria
        if isinstance(row, Criterion)
    }
    named = {
        (f"probe/{cell.evidence.probe}", guide.category_of[technology], choice, criterion)
        for technology, found in guide.technologies.items()
        for choice, cells in found.cells.items()
        for criterion, cell in cells.items()
        if cell.evidence.probe is not None
    }
    return [(key, *rows[category, choice, row]) for key, category, choice, row in sorted(named)]


def _snippets(guide: Guide) -> Iterator[Thing]:
    for key, snippet in guide.snippets.items():
        files = [*snippet_files(guide.root, key), *further_files(guide.root, key)]
        sources = tuple(path.relative_to(guide.root) for path in files)
        yield Thing("snippet", key, test_path("snippet", key), sources, snippet.install)


def _evidence(guide: Guide) -> Iterator[Thing]:
    named = {
        (kind, reference)
        for technology in guide.technologies.values()
        for cells in technology.cells.values()
        for cell in cells.values()
        for kind, reference in (
            ("probe", cell.evidence.probe),
            ("benchmark", cell.evidence.benchmark),
        )
        if reference is not None
    }
    for kind, reference in named:
        yield Thing(kind, reference, test_path(kind, reference), (), ())  # type: ignore[arg-type]


@cache
def owners() -> Mapping[str, list[str]]:
    """Top-level module → the distributions that bring it; reading them all takes a second."""
    return packages_distributions()


def imported_distributions(modules: Iterable[str]) -> set[str]:
    """The distributions, normalized, that bring the modules."""
    return {normalized(owner) for name in modules for owner in owners().get(name, [])}
