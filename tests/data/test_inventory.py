"""What the guide promised to cover is there."""

from collections import Counter
from collections.abc import Iterator

import pytest
import yaml

from guide.addresses import titles
from tests.proof.record import ROOT
from tests.repository import repository_guide

GUIDE = repository_guide()
INVENTORY = yaml.safe_load((ROOT / "tests/data/inventory.yaml").read_text("utf-8"))
PAGES = titles(GUIDE)
CONTENDERS = {
    "notes-api": [
        "fastapi",
        "django",
        "django-ninja",
        "django-rest-framework",
        "flask",
        "litestar",
        "starlette",
        "quart",
        "aiohttp-server",
    ]
}
# Rows of the inventory whose name on the site is another one.
LESSONS = {"faq": "learn/faq", "version-recommendations": "learn/version-recommendations"}


def technologies() -> Iterator[tuple[str, str]]:
    """Category and id of every row."""
    for category, rows in INVENTORY["technologies"].items():
        yield from ((category, row["id"]) for row in rows)


@pytest.mark.parametrize(("category", "key"), [*technologies()])
def test_technology_has_its_page(category: str, key: str) -> None:
    """In the category that the inventory names; topics are concepts or have a verdict too."""
    assert GUIDE.category_of.get(key) == category


@pytest.mark.parametrize("category", list(INVENTORY["technologies"]))
def test_category_has_its_page(category: str) -> None:
    """With choices, mistakes and something to read next."""
    found = GUIDE.categories[category]
    assert len(found.mistakes) >= 3
    assert found.read_next


@pytest.mark.parametrize("table", [row["id"] for row in INVENTORY["comparison_tables"]])
def test_comparison_table_is_there(table: str) -> None:
    """With its id, which is its anchor, and the columns that the inventory names."""
    assert any(f"#{table}" in page for page in PAGES)


@pytest.mark.parametrize("decision", [row["id"] for row in INVENTORY["decisions"]])
def test_decision_is_there(decision: str) -> None:
    """As data, so as a flowchart."""
    assert decision in GUIDE.decisions


@pytest.mark.parametrize("stack", [row["id"] for row in INVENTORY["stacks"]])
def test_stack_is_there(stack: str) -> None:
    """With every role that the inventory names filled, or more."""
    (row,) = [row for row in INVENTORY["stacks"] if row["id"] == stack]
    assert len(GUIDE.stacks[stack].roles) >= len(row["roles"])


@pytest.mark.parametrize("topic", [row["id"] for row in INVENTORY["narrative"]])
def test_guidance_has_its_page(topic: str) -> None:
    """Below /learn/."""
    page = LESSONS.get(topic, f"learn/{topic}")
    assert page in PAGES


def test_questions_of_the_inventory_are_answered() -> None:
    """In the words of the inventory, and twenty more that people ask."""
    (faq,) = [row for row in INVENTORY["narrative"] if row["id"] == "faq"]
    asked = {one.question for one in GUIDE.answered.values()}
    assert set(faq["items"]) - asked == set()
    assert len(asked) >= 28


def test_every_stage_of_the_roadmap_has_its_duration() -> None:
    """As many stages as the inventory names."""
    (roadmap,) = [row for row in INVENTORY["narrative"] if row["id"] == "learning-roadmap"]
    stages = [s for s in GUIDE.lessons["learning-roadmap"].sections if s.note and "month" in s.note]
    assert len(stages) >= len(roadmap["items"])


def test_catalogue_is_as_large_as_it_was_promised() -> None:
    """The least that the whole field takes."""
    choices = [choice for category in GUIDE.categories.values() for choice in category.choices]
    assert len(GUIDE.technologies) >= 180
    assert len(GUIDE.categories) == len(INVENTORY["technologies"]) == 21
    assert len(choices) >= 40
    assert len(GUIDE.decisions) >= 24
    assert len(GUIDE.versus) >= 30


SNIPPETS = [f"{row['category']}/{row['id']}" for row in INVENTORY["snippets"]]


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_snippet_of_the_inventory_is_there_and_ran(snippet: str) -> None:
    """Under its name, with a proof for the present bytes and versions."""
    assert snippet in GUIDE.snippets
    assert f"snippet/{snippet}" in GUIDE.proofs
    assert f"snippet/{snippet}" not in GUIDE.stale


def test_snippets_are_as_many_as_promised_and_three_in_each_category() -> None:
    """110 in all; what a category shows may stand in a neighbour, so long as three are its own."""
    assert len(GUIDE.snippets) >= 110
    own = Counter(key.split("/")[0] for key in GUIDE.snippets)
    assert {category: own[category] for category in GUIDE.categories if own[category] < 3} == {}


def test_what_did_not_run_here_says_what_it_waits_for() -> None:
    """And it is little: no more than one snippet in twenty."""
    waiting = [each for each in GUIDE.snippets.values() if each.waits_for]
    assert len(waiting) <= len(GUIDE.snippets) / 20
