"""The list of all pages that programs read first."""

import re

import markdown

from guide.llms import llms_text
from guide.pages import generated_pages
from guide.render import environment
from guide.whole import Guide
from tests.guide.conftest import Tree

SITE = "https://guide.example/"
LINK = re.compile(r'<li><a href="([^"]*)">(.*?)</a>(.*?)</li>')


def links(guide: Guide, site_url: str = SITE) -> dict[str, tuple[str, str]]:
    """Address → title and what follows it, as HTML, of every line of the lists."""
    html = markdown.markdown(llms_text(guide, environment(), site_url))
    return {address: (title, said) for address, title, said in LINK.findall(html)}


def test_every_page_that_data_makes_is_listed_once(sample: Guide) -> None:
    listed = [address.removeprefix(SITE) for address in links(sample)]
    assert len(listed) == llms_text(sample, environment(), SITE).count("](")
    made = {page.path.removesuffix(".md") + "/index.md" for page in generated_pages(sample)}
    lists = {one for one in made if one.endswith("/index/index.md")}
    assert made - lists - set(listed) == set()
    assert {f"categories/{key}/index.md" for key in sample.categories} <= set(listed)


def test_line_of_a_technology_says_its_verdict_and_what_it_is_for(sample: Guide) -> None:
    red = sample.technologies["red"]
    assert red.verdict is not None
    title, said = links(sample)[f"{SITE}technologies/red/index.md"]
    assert title == "Red"
    assert said.startswith(f": {red.verdict.tier.capitalize()}: {red.verdict.for_}")


def test_links_are_relative_where_the_site_has_no_address(sample: Guide) -> None:
    assert "technologies/red/index.md" in links(sample, "")


def test_day_of_the_data_stands_beside_the_advice_on_versions(tree: Tree) -> None:
    assert "Versions are those of 2026-11-20:" in llms_text(tree.guide(), environment(), SITE)


def test_text_of_the_data_stays_text(tree: Tree) -> None:
    before = links(tree.guide())
    tree.change(
        "data/technologies/stores/red.yml",
        "summary: A store called Red.",
        'summary: "](https://evil.example) <b> [x](https://evil.example) *a* _b_ ok."',
    )
    after = links(tree.guide())
    assert after.keys() == before.keys()
    _, said = after[f"{SITE}technologies/red/index.md"]
    assert "<a" not in said
    assert "<b>" not in said
    assert "*a* _b_ ok." in said
