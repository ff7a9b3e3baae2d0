"""The frame around a page — title, navigation, breadcrumb, contents — shows data as text, too."""

import json
import re
import shutil
from pathlib import Path

import pytest

from guide.render import markdown_text
from tests.guide.test_hostile_text import Shape
from tests.site.building import ROOT, build

SAMPLE = ROOT / "tests/guide/sample"
HARMLESS = "harmless"
HOSTILE = (
    """<script>alert(1)</script></title>" onload="alert(1)" x=' [a](javascript:alert(1)) *b* """
    """{{ 7 * 7 }} {% raw %} {#c} --8<-- "LICENSE" &lt;b&gt; &amp; <!-- d -->"""
)
OURS = re.compile(
    r'<script src="[./a-z]*assets/js/(early|site|filter|fold)\.js"'
    r'( defer| fetchpriority="high")?>'
)

RED = "data/technologies/stores/red.yml"
BLUE = "data/technologies/stores/blue.yml"
STORES = "data/categories/stores.yml"
DECISION = "data/decisions/store.yml"
# The word before the place of the text keeps the order of what is sorted by name.
FIELDS = (
    (RED, "name: ", "Red"),
    (BLUE, "name: ", "Blue"),
    (RED, "summary: ", "A store called Red."),
    (RED, "  because: ", "It writes to disk, see `fsync`."),
    (STORES, "name: ", "Stores"),
    (STORES, "summary: ", "Where state lives."),
    (STORES, "    question: ", "Which store keeps my state?"),
    (STORES, "    answer: ", "Blue."),
    (STORES, "        name: ", "After a kill"),
    (STORES, "title: ", "Stores compared"),
    (STORES, "mistake: ", "Keeping state in a process"),
    ("data/snippets/stores/keep-state.yml", "title: ", "Keep state in Red"),
    ("data/contracts/pings.yml", "title: ", "Pings"),
    ("data/stacks/keeper.yml", "name: ", "Keeper"),
    ("data/stacks/keeper.yml", "  - role: ", "Store"),
    ("data/learn/mistakes.yml", "title: ", "Typical mistakes"),
    ("data/learn/faq/red-or-blue.yml", "question: ", "Red or Blue?"),
    (
        "data/technologies/stores/green.yml",
        "  - {date: 2026-11-20, tier: avoid, because: ",
        "It broke.",
    ),
    ("data/versus/blue-vs-red.yml", "answer: ", "Red if it must last."),
    (DECISION, "title: ", "Which store?"),
    (DECISION, "    ask: ", "Must it last?"),
    (DECISION, "      - answer: ", '"Yes, or I don\'t know"'),
)
CATEGORY = """<!-- guide:choice store -->

## How {#how}

<!-- guide:how-it-was-run pings -->

<!-- guide:choice small-store -->

<!-- guide:companions stores -->"""


def written_pages(text: str) -> dict[str, str]:
    """The pages that people write, by path: titles in front matter, in a heading, or in neither."""
    front = json.dumps({"title": f"Stores {text}", "description": text})
    return {
        "index.md": "<!-- guide:home -->",
        "proof.md": "# Proof\n\n<!-- guide:proof -->",
        "changes.md": "# Changes\n\n<!-- guide:changes -->",
        "learn/faq.md": "# Questions\n\n<!-- guide:faq -->",
        "learn/version-recommendations.md": "# Versions\n\n<!-- guide:versions -->",
        "categories/stores.md": f"---\n{front}\n---\n\n{CATEGORY}",
        "reference/data.md": f"# Data {markdown_text(text)}",
        "contributing.md": "---\nsequence: true\n---\n\n# Contribute",
    }


def sample_site(root: Path, text: str) -> Path:
    """The sample guide as a site of its own, built, with `text` in the fields of `FIELDS`."""
    tree = root / "tree"
    shutil.copytree(SAMPLE, tree)
    shutil.copyfile(ROOT / "mkdocs.yml", tree / "mkdocs.yml")
    for folder in ("hooks", "overrides", "docs/assets"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / folder, tree / folder, ignore=ignored)
    for path, key, before in FIELDS:
        file = tree / path
        whole = file.read_text("utf-8")
        assert key + before in whole, f"{key + before!r} is not in {path}"
        after = json.dumps(f"{before.split()[0].strip('"')} {text}")
        file.write_text(whole.replace(key + before, key + after, 1), "utf-8")
    for path, page in written_pages(text).items():
        file = tree / "docs" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{page}\n", "utf-8")
    build(root / "site", root=tree)
    return root / "site"


def shape(page: str) -> Shape:
    """The page's tags and texts."""
    parsed = Shape()
    parsed.feed(page)
    return parsed


def shown_texts(page: Shape) -> list[str]:
    """The page's texts, but for Mermaid source: it writes them in a way of its own."""
    return [text for text in page.text if not text.startswith("flowchart")]


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str, str]]:
    """Path, HTML with harmless words, HTML with hostile ones, for every page."""
    root = tmp_path_factory.mktemp("sites")
    harmless = sample_site(root / "harmless", HARMLESS)
    hostile = sample_site(root / "hostile", HOSTILE)
    paths = sorted(path.relative_to(harmless) for path in harmless.rglob("*.html"))
    assert paths == sorted(path.relative_to(hostile) for path in hostile.rglob("*.html"))
    return [
        (path.as_posix(), (harmless / path).read_text("utf-8"), (hostile / path).read_text("utf-8"))
        for path in paths
    ]


# One test for all pages: a worker that gets one of several would build both sites for it alone.
def test_hostile_text_changes_no_page_but_for_what_it_says(
    sites: list[tuple[str, str, str]],
) -> None:
    """Same tags with the same attributes, the text shown to the letter, and no script but ours."""
    assert sum(HARMLESS in harmless for _, harmless, _ in sites) > len(sites) // 2
    for path, harmless, hostile in sites:
        before, after = shape(harmless), shape(hostile)
        assert after.tags == before.tags, path
        expected = [text.replace(HARMLESS, HOSTILE) for text in shown_texts(before)]
        assert shown_texts(after) == expected, path
        scripts = re.findall(r"<script\b[^>]*>[^<]*", hostile, re.IGNORECASE)
        assert all(OURS.fullmatch(script) for script in scripts), path
