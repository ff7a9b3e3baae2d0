"""What the templates ask for about code and proofs: files, stamps, and how much is proven."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from .cells import criterion_called, executed_cells, marks_in, proof_anchor
from .filters import snippet_filters
from .models import SERVICES, Category, Choice, Criterion, ServiceName, Snippet
from .packages import normalized
from .places import code_files, further_files, highlighted_lines, snippet_files, test_path
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
class ProofContext:
    """Code and proofs of the guide, as the page at `here` shows and links them."""

    guide: Guide
    here: str

    def url(self, target: str) -> str:
        """The site's page `target` as linked from this page."""
        return relative(target, self.here)

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

    def snippets_of(self, key: str) -> dict[str, Snippet]:
        """The snippets in which a technology takes part."""
        return {k: s for k, s in self.guide.snippets.items() if key in s.technologies}

    def same_job(self, key: str) -> dict[str, str]:
        """Snippet → what its tab says, for those that do the job of this one, itself too."""
        job = self.guide.snippets[key].same_job
        found = {
            other: self.guide.technologies[snippet.technologies[0]].name
            for other, snippet in self.guide.snippets.items()
            if job is not None and snippet.same_job == job
        }
        return dict(sorted(found.items(), key=lambda item: item[1].lower()))

    def snippets_in(self, category: str) -> dict[str, Snippet]:
        """The snippets of a category."""
        return {k: s for k, s in self.guide.snippets.items() if k.startswith(f"{category}/")}

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

    def service_name(self, service: ServiceName) -> str:
        """What readers call a service."""
        return SERVICES[service]

    def snippet_filters(self) -> Mapping[str, Mapping[str, str]]:
        """By what the list of snippets can be narrowed down; see `filters`."""
        return snippet_filters(self.guide)

    def snippet_folders(self) -> list[str]:
        """The categories that have snippets."""
        return sorted({key.split("/")[0] for key in self.guide.snippets})

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
            sum(executed), len(looked_up), len(ran), len(verdicts), len(self.guide.implementations)
        )

    def _is_current(self, kind: str, key: str) -> bool:
        proof = self.proof(kind, key)
        return proof is not None and self.stale(proof) is None

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
