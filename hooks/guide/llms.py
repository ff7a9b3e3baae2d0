"""Every page in one line, with its address as Markdown, for programs that read before they answer.

The form is that of `llms.txt` (<https://llmstxt.org/>): a heading, what the site is, and lists of
links, each with a sentence.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from jinja2 import Environment

from .addresses import LISTS
from .as_markdown import page_markdown
from .cards import shown_cards
from .models import Tier
from .whole import Guide

SECTIONS = {
    "Choices": "categories/",
    "Decisions": "decisions/",
    "Stacks": "stacks/",
    "Technologies": "technologies/",
    "Comparisons": "compare/",
    "Snippets": "snippets/",
    "Learning": "learn/",
}
"""Heading → where its pages are: first what answers most, then what it rests on."""

ABOUT = {
    "proof": "What ran, on which versions, and how to run it",
    "changes": "Verdicts that changed",
    "reference/data": "Data reference",
    "contributing": "Contribute",
}
"""Page of the site itself → what it is."""


@dataclass(frozen=True)
class Link:
    """A line of a list."""

    page: str
    """From the root of the site: `technologies/redis/`."""
    title: str
    said: str = ""
    """What the page says, in a sentence or two."""


def llms_text(guide: Guide, jinja: Environment, site_url: str) -> str:
    """The file, as Markdown; links are absolute where the site's address is known."""
    as_of = guide.packages.as_of.isoformat()
    cards = shown_cards(guide)
    pages = [Link(page, card.title, card.said) for page, card in cards.items()] + _links(LISTS)
    html = jinja.get_template("llms.html.j2").render(
        home=cards[""],
        tiers=get_args(Tier),
        sections={
            name: [link for link in pages if link.page.startswith(folder)]
            for name, folder in SECTIONS.items()
        }
        | {"The guide itself": _links(ABOUT)},
        as_of=as_of,
    )
    return page_markdown(html, site_url, as_of)


def _links(titles: Mapping[str, str]) -> list[Link]:
    return [Link(f"{page}/", title) for page, title in titles.items()]
