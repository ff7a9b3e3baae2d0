"""What the templates ask for: lookups in the guide, and links from the page they stand on."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from markupsafe import Markup

from .addresses import page_of, titles
from .cells import (
    ShownRow,
    ShownTable,
    criterion_called,
    executed_cells,
    grouped,
    marks_in,
    number,
    own_criteria,
    proof_anchor,
    shown_table,
)
from .changes import Change, changes
from .decisions import Branch, drawn, mermaid
from .filters import snippet_filters
from .guidance import Stack
from .models import (
    SERVICES,
    Category,
    Choice,
    Criterion,
    Decision,
    Implementation,
    ServiceName,
    Snippet,
    Technology,
)
from .packages import Package, age, day, is_dormant, normalized
from .places import (
    code_files,
    further_files,
    highlighted_lines,
    sides,
    snippet_files,
    test_path,
    versus_id,
)
from .proofs import Proof
from .render import highlighted, relative
from .whole import Guide


@dataclass(frozen=True)
class Stats:
    """How much of the guide is proven, and by what."""

    executed: int
    """Cells that a test observed or measured."""
    looked_up: int
    """Cells that a test looks up in the locked packages or their metadata."""
    snippets: int
    verdicts: int
    implementations: int


@dataclass(frozen=True)
class Context:
    """What the templates ask for: lookups in the guide and links from the page at `here`."""

    guide: Guide
    here: str

    def url(self, target: str) -> str:
        """The site's page `target` as linked from this page."""
        return relative(target, self.here)

    @cached_property
    def titles(self) -> dict[str, str]:
        """Address → what a link to it says."""
        return titles(self.guide)

    def page(self, address: str) -> str:
        """The link from this page to the page `technologies/redis` and its like."""
        return self.url(page_of(address))

    def title(self, address: str) -> str:
        """What a link to that page says."""
        return self.titles[address]

    def technology(self, key: str) -> Technology:
        """The technology of that id."""
        return self.guide.technologies[key]

    def tier(self, key: str) -> str | None:
        """The technology's verdict; concepts have none."""
        verdict = self.guide.technologies[key].verdict
        return verdict.tier if verdict else None

    @cached_property
    def home_of(self) -> dict[str, tuple[str, Category, Choice]]:
        """Choice → its category's id, its category, itself."""
        return {
            choice.id: (key, category, choice)
            for key, category in self.guide.categories.items()
            for choice in category.choices
        }

    def choices_of(self, key: str) -> list[tuple[str, Choice]]:
        """Where a technology is a contender: category and choice."""
        return [
            (category, choice)
            for category, _, choice in self.home_of.values()
            if key in choice.contenders
        ]

    def tables(self, choice: Choice) -> list[ShownTable]:
        """The choice's comparison tables."""
        return [shown_table(self.guide, choice, table) for table in choice.tables]

    def row_of(self, key: str, choice: Choice) -> ShownTable:
        """A technology's own cells in a choice, as a table of one column."""
        own = [
            (owner, row) for owner, row in own_criteria(self.guide, choice) if owner == choice.id
        ]
        return ShownTable(choice.id, choice.question, (key,), grouped(self.guide, own, (key,)))

    def versus_table(self, key: str) -> tuple[Choice, ShownTable]:
        """The choice that a pair belongs to and its table of two columns."""
        one, other = sides(key)
        choice = next(
            choice
            for _, _, choice in self.home_of.values()
            for pair in choice.versus
            if versus_id(*pair) == key
        )
        rows = own_criteria(self.guide, choice)
        return choice, ShownTable(
            key, choice.question, (one, other), grouped(self.guide, rows, (one, other))
        )

    def by_difference(self, table: ShownTable) -> list[tuple[str, list[ShownRow]]]:
        """The rows of a pair's table: what differs, what is the same, what nobody knows yet."""
        rows = [row for _, group in table.groups for row in group]
        return [
            ("Differs", [row for row in rows if row.is_known and row.differs]),
            ("Same in both", [row for row in rows if row.is_known and not row.differs]),
            ("Not executed on this version", [row for row in rows if not row.is_known]),
        ]

    def sides(self, versus: str) -> tuple[str, str]:
        """The two technologies of a versus page."""
        return sides(versus)

    def pairs_of(self, choice: Choice, key: str | None = None) -> list[str]:
        """The versus pages of a choice; with `key`, those that the technology is on."""
        pairs = [versus_id(*pair) for pair in choice.versus]
        return [pair for pair in pairs if key is None or key in sides(pair)]

    def evidence(self, choice: Choice) -> list[str]:
        """On what the cells of a choice rest: `34 executed`, `120 found in packages`."""
        counts = marks_in(self.guide, choice)
        kinds = (
            (counts["ran"] + counts["timed"], "executed or measured"),
            (counts["found"], "found in packages"),
            (counts["lock"], "from the lock"),
            (counts["cited"], "cited"),
            (counts["opinion"], "opinion"),
            (counts["not-run"], "not run on this version"),
        )
        return [f"{number} {word}" for number, word in kinds if number]

    def executed(self, category: Category) -> tuple[int, int]:
        """Executed cells of a category, and all of them."""
        return executed_cells(self.guide, category)

    def drawn(self, decision: Decision) -> Branch:
        """The decision as its flowchart draws it."""
        return drawn(decision)

    def mermaid(self, decision: Decision) -> str:
        """The decision as Mermaid source."""
        return mermaid(decision, self.title)

    def decisions_of(self, key: str) -> list[tuple[str, Choice]]:
        """The choices that a decision serves."""
        return [(c, choice) for c, _, choice in self.home_of.values() if choice.decision == key]

    def snippets_of(self, key: str) -> dict[str, Snippet]:
        """The snippets in which a technology takes part."""
        return {k: s for k, s in self.guide.snippets.items() if key in s.technologies}

    def snippets_in(self, category: str) -> dict[str, Snippet]:
        """The snippets of a category."""
        return {k: s for k, s in self.guide.snippets.items() if k.startswith(f"{category}/")}

    def implementations_of(self, contract: str) -> dict[str, Implementation]:
        """Technology → its implementation of a contract, by the technologies' names."""
        found = {
            key.split("/")[1]: implementation
            for key, implementation in self.guide.implementations.items()
            if key.startswith(f"{contract}/")
        }
        return dict(sorted(found.items(), key=lambda item: self.technology(item[0]).name.lower()))

    def implementation_files(self, key: str) -> list[tuple[str, Path]]:
        """Name and path of the hand-written files of `<contract>/<technology>`."""
        folder = self.guide.root / "snippets/contracts" / key
        return [
            (path.relative_to(folder).as_posix(), path)
            for path in code_files(folder)
            if path.stat().st_size
        ]

    def snippet_files(self, key: str) -> list[tuple[str, Path]]:
        """Name and path of a snippet's file and of those beside it."""
        (main,) = snippet_files(self.guide.root, key)
        folder = main.with_suffix("")
        further = further_files(self.guide.root, key)
        return [(main.name, main)] + [
            (path.relative_to(folder).as_posix(), path) for path in further if path.stat().st_size
        ]

    def code(self, path: Path, marked: tuple[str, ...] = ()) -> Markup:
        """A file's text, highlighted, with the lines that matter marked."""
        return highlighted(path.read_text("utf-8"), path.name, tuple(highlighted_lines(marked)))

    def raw(self, path: Path) -> str:
        """The link to a file as it is, from this page."""
        return self.url(path.relative_to(self.guide.root).as_posix())

    def test_of(self, kind: str, key: str) -> str:
        """The link to the test behind a snippet, probe or benchmark."""
        return self.url(f"proof/{test_path(kind, key).as_posix()}")

    def title_of(self, kind: str, key: str) -> str:
        """What a reader calls a snippet, or the criterion that a probe or benchmark fills."""
        if kind == "snippet":
            return self.guide.snippets[key].title if key in self.guide.snippets else key
        criterion = self.criterion_of(kind, key)
        return criterion.name if criterion else key

    def criterion_of(self, kind: str, key: str) -> Criterion | None:
        """The criterion whose cells name a probe or benchmark; None once no cell does."""
        for technology in self.guide.technologies.values():
            for choice, cells in technology.cells.items():
                for name, cell in cells.items():
                    if key == (cell.evidence.probe if kind == "probe" else cell.evidence.benchmark):
                        return criterion_called(self.guide, f"{choice}/{name}")
        return None

    def worded(self, key: str, word: str) -> str:
        """A probe's outcome in the words of its criterion."""
        criterion = self.criterion_of("probe", key)
        return criterion.outcomes.get(word, word) if criterion else word

    def proof(self, kind: str, key: str) -> Proof | None:
        """The proof of a snippet, probe or benchmark, current or not."""
        return self.guide.proofs.get(f"{kind}/{key}")

    def stale(self, proof: Proof) -> str | None:
        """Why a proof says nothing about the present bytes and versions."""
        return self.guide.stale.get(f"{proof.kind}/{proof.id}")

    def anchor(self, kind: str, key: str) -> str:
        """The anchor of a proof on the proof page."""
        return proof_anchor(f"{kind}/{key}")

    def versions(self, proof: Proof, install: tuple[str, ...]) -> list[str]:
        """What a proof ran on, as a stamp names it: what one installs, the services, Python."""
        names = [normalized(item) for item in install]
        named = [
            f"{name} {proof.distributions[name].version}"
            for name in names
            if name in proof.distributions
        ]
        return [*named, *proof.services.values(), f"Python {proof.python}"]

    def install_line(self, install: tuple[str, ...]) -> str:
        """Requirements as shells take them."""
        return " ".join(f'"{item}"' if set("[<>=; ") & set(item) else item for item in install)

    def install_of(self, technology: Technology) -> tuple[str, ...]:
        """What to install for a technology."""
        return technology.install or ((technology.package,) if technology.package else ())

    def service_name(self, service: ServiceName) -> str:
        """What readers call a service."""
        return SERVICES[service]

    def snippet_filters(self) -> Mapping[str, Mapping[str, str]]:
        """By what the list of snippets can be narrowed down; see `filters`."""
        return snippet_filters(self.guide)

    def snippet_folders(self) -> list[str]:
        """The categories that have snippets."""
        return sorted({key.split("/")[0] for key in self.guide.snippets})

    def technologies_in(self, category: str) -> list[str]:
        """The technologies of a category, by name."""
        found = [key for key, home in self.guide.category_of.items() if home == category]
        return sorted(found, key=lambda key: self.technology(key).name.lower())

    def concepts_in(self, category: str) -> list[str]:
        """The concepts of a category that are no contenders, by name."""
        return [
            key
            for key in self.technologies_in(category)
            if self.technology(key).kind == "concept" and not self.choices_of(key)
        ]

    def locked_in(self, category: str) -> dict[str, Package]:
        """Technology → its locked package, for those of a category that have one, by name."""
        packages = {
            key: self.guide.packages.get(self.technology(key).package or "")
            for key in self.technologies_in(category)
        }
        return {key: package for key, package in packages.items() if package is not None}

    def stacks_with(self, key: str) -> dict[str, Stack]:
        """The stacks in which a technology has a role."""
        stacks = self.guide.stacks.items()
        return {name: s for name, s in stacks if any(role.pick == key for role in s.roles)}

    def install_of_stack(self, stack: Stack) -> tuple[str, ...]:
        """What to install for the roles that every such service has, each distribution once."""
        roles = [role for role in stack.roles if role.optional is None]
        items = [item for role in roles for item in self.install_of(self.technology(role.pick))]
        return tuple({normalized(item): item for item in reversed(items)}.values())[::-1]

    def changes(self) -> list[Change]:
        """Verdicts that changed, the newest first."""
        return changes(self.guide)

    def to_execute(self) -> list[tuple[str, Criterion, int, Choice]]:
        """Rows that a test could observe and none does: category, row, number of cells, choice."""
        return [
            (category, row, len(row.applies_to or choice.contenders), choice)
            for category, _, choice in self.home_of.values()
            for row in choice.criteria
            if isinstance(row, Criterion) and row.to_execute is not None
        ]

    def stats(self) -> Stats:
        """How much of the guide is proven."""
        executed = [self.executed(category)[0] for category in self.guide.categories.values()]
        looked_up = [
            cell
            for technology in self.guide.technologies.values()
            for cells in technology.cells.values()
            for cell in cells.values()
            if cell.evidence.kind in {"package", "metadata"}
        ]
        ran = [key for key in self.guide.snippets if self._is_current("snippet", key)]
        verdicts = [t for t in self.guide.technologies.values() if t.verdict]
        return Stats(
            sum(executed),
            len(looked_up),
            len(ran),
            len(verdicts),
            len(self.guide.implementations),
        )

    def _is_current(self, kind: str, key: str) -> bool:
        proof = self.proof(kind, key)
        return proof is not None and self.stale(proof) is None

    def day(self, date: dt.date | int) -> str:
        """A date, or a year alone, as readers write it."""
        return str(date) if isinstance(date, int) else day(date)

    def sentence(self, text: str) -> str:
        """The text with a capital at its start, the rest as it is."""
        return text[:1].upper() + text[1:]

    def count(self, number: int, one: str, many: str) -> str:
        """`1 criterion`, `2 criteria`."""
        return f"{number} {one if number == 1 else many}"

    def number(self, value: float) -> str:
        """A figure with as many digits as it bears."""
        return number(value)

    def age_note(self, technology: Technology) -> str | None:
        """How old the newest release is, where that is a warning."""
        package = self.guide.packages.get(technology.package or "")
        if package is None or not is_dormant(package, self.guide.packages.as_of):
            return None
        return age(package, self.guide.packages.as_of)

    def overdue(self, technology: Technology) -> bool:
        """The review of its verdict was due on the day of the lock."""
        return bool(technology.verdict and technology.verdict.review_by < self.guide.packages.as_of)

    def to_be_executed(self) -> list[tuple[str, str]]:
        """Cells' evidence without a current proof: kind and `<category>/<id>`."""
        wanted: set[tuple[str, str]] = {
            (cell.evidence.kind, cell.evidence.probe or cell.evidence.benchmark or "")
            for technology in self.guide.technologies.values()
            for cells in technology.cells.values()
            for cell in cells.values()
            if cell.evidence.kind in {"probe", "benchmark"}
        }
        wanted |= {("snippet", key) for key in self.guide.snippets}
        return sorted((kind, key) for kind, key in wanted if not self._is_current(kind, key))
