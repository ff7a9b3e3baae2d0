"""The kinds of pages there are, so that no test forgets one."""

from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from guide.pages import MARKER, generated_pages
from guide.whole import Guide
from tests.repository import repository_guide
from tests.site.building import ROOT

# Kind → the Markdown files of its pages below docs/, generated or not. The first that fits counts.
KINDS = {
    "home": "index.md",
    "list-of-choices": "categories/index.md",
    "list-of-technologies": "technologies/index.md",
    "list-of-comparisons": "compare/index.md",
    "list-of-decisions": "decisions/index.md",
    "list-of-snippets": "snippets/index.md",
    "list-of-stacks": "stacks/index.md",
    "list-of-lessons": "learn/index.md",
    "names": "search/index.md",
    "questions": "learn/faq.md",
    "versions": "learn/version-recommendations.md",
    "changes": "changes.md",
    "stack": "stacks/*.md",
    "lesson": "learn/*.md",
    "category": "categories/*.md",
    "technology": "technologies/*.md",
    "versus": "compare/*.md",
    "decision": "decisions/*.md",
    "contract": "snippets/contracts/*.md",
    "snippet": "snippets/*/*.md",
    "proof": "proof.md",
    "data-reference": "reference/data.md",
    "contributing": "contributing.md",
}
LOST = "404.html"


@cache
def the_guide() -> Guide:
    """The repository's guide, loaded once per process."""
    return repository_guide()


@cache
def sources() -> dict[str, str]:
    """Path below docs/ → Markdown of every page, generated or not."""
    docs = ROOT / "docs"
    written = {
        path.relative_to(docs).as_posix(): path.read_text("utf-8")
        for path in sorted(docs.rglob("*.md"))
        if "assets" not in path.relative_to(docs).parts
    }
    return written | {page.path: page.markdown for page in generated_pages(the_guide())}


def kind_of(source: str) -> str | None:
    """The kind of the page at that path below docs/; None if nobody listed it."""
    return next((kind for kind, pattern in KINDS.items() if fnmatchcase(source, pattern)), None)


def address_of(source: str) -> str:
    """The page's address from the root of the site."""
    folder, _, name = source.rpartition("/")
    whole = folder if name == "index.md" else source.removesuffix(".md")
    return whole + "/" if whole else ""


def addresses(kind: str) -> list[str]:
    """The addresses of every page of a kind, from the root of the site."""
    return [address_of(source) for source in sources() if kind_of(source) == kind]


def largest(kind: str, site: Path) -> str:
    """The address of the page of a kind that has most in it."""
    found = addresses(kind)
    return max(found, key=lambda address: (site / address / "index.html").stat().st_size)


def views_shown() -> set[str]:
    """The views that the pages of the listed kinds show."""
    lines = (
        line for source, text in sources().items() if kind_of(source) for line in text.split("\n")
    )
    return {found["view"] for line in lines if (found := MARKER.match(line.strip()))}
