"""Every page in one line, with its address as Markdown, for programs that read before they answer.

The form is that of `llms.txt` (<https://llmstxt.org/>): a heading, what the site is, and lists of
links, each with a sentence.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from jinja2 import Environment

from .addresses import LISTS
from .as_markdown import page_markdown
from .cards import shown_cards
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
    html = jinja.get_template("llms.html.j2").render(
        home=shown_cards(guide)[""],
        sections={name: list(_links(guide, folder)) for name, folder in SECTIONS.items()}
        | {"The guide itself": [Link(f"{page}/", title) for page, title in ABOUT.items()]},
        as_of=as_of,
    )
    return page_markdown(html, site_url, as_of)


def _links(guide: Guide, folder: str) -> Iterator[Link]:
    for page, card in shown_cards(guide).items():
        if page.startswith(folder):
            yield Link(page, card.title, card.said)
    for page, title in LISTS.items():
        if page.startswith(folder):
            yield Link(f"{page}/", title)
