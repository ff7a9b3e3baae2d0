"""Verdicts that changed, on their page and in the feed."""

from xml.etree import ElementTree as ET

from guide.changes import changes, feed
from guide.render import environment
from guide.whole import Guide
from tests.guide.conftest import Tree

GREEN = "data/technologies/stores/green.yml"
ATOM = "{http://www.w3.org/2005/Atom}"


def test_only_a_verdict_that_differs_from_the_one_before_is_a_change(tree: Tree) -> None:
    """A verdict that is confirmed is none."""
    tree.change(
        GREEN,
        "  - {date: 2025, tier: recommended, because: Everybody used it.}\n",
        "  - {date: 2024, tier: recommended, because: It was new.}\n"
        "  - {date: 2025, tier: recommended, because: Everybody used it.}\n",
    )
    [change] = changes(tree.guide())
    assert (change.key, change.before.tier, change.after.tier) == ("green", "recommended", "avoid")
    assert change.before.because == "Everybody used it."


def test_newest_change_stands_first(tree: Tree) -> None:
    """The page and the feed begin with what a follower has not seen."""
    tree.change(GREEN, "date: 2025, tier: recommended", "date: 2024, tier: recommended")
    tree.change(
        GREEN, "  - {date: 2026", "  - {date: 2025, tier: legacy, because: Old.}\n  - {date: 2026"
    )
    assert [change.after.tier for change in changes(tree.guide())] == ["avoid", "legacy"]


def test_feed_is_atom_with_what_rfc_4287_demands(sample: Guide) -> None:
    """Ids, titles, days and authors are there, and links are absolute."""
    root = ET.fromstring(feed(sample, environment(), "https://guide.example.org/"))
    [entry] = root.findall(f"{ATOM}entry")
    for element in (root, entry):
        for name in ("id", "title", "updated"):
            assert element.findtext(ATOM + name), name
    assert root.findtext(f"{ATOM}author/{ATOM}name")
    assert entry.findtext(f"{ATOM}title") == "Green: recommended → avoid"
    assert entry.findtext(f"{ATOM}updated") == "2026-11-20T00:00:00Z"
    link = entry.find(f"{ATOM}link")
    assert link is not None
    assert link.get("href") == "https://guide.example.org/changes/#green-2026-11-20"


def test_feed_names_its_entries_alike_in_every_build(sample: Guide) -> None:
    """Or feed readers would show old changes as new."""
    once, again = (feed(sample, environment(), "") for _ in range(2))
    assert once == again
    assert 'href="./#green-2026-11-20"' in once


def test_text_of_the_data_stays_text_in_the_feed(tree: Tree) -> None:
    """Markup in a reason is escaped."""
    tree.change(GREEN, "because: It broke.", 'because: "It broke <b> & more."')
    xml = feed(tree.guide(), environment(), "")
    summary = ET.fromstring(xml).findtext(f"{ATOM}entry/{ATOM}summary")
    assert summary is not None
    assert summary.startswith("It broke <b> & more.")
