"""What the search box finds: an entry for each page, choice, section and question of the data."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .addresses import LISTS, page_of
from .places import sides
from .text import bare, first_sentence
from .whole import Guide

KINDS = (
    "Technology",
    "Concept",
    "Category",
    "Choice",
    "Comparison",
    "Decision",
    "Stack",
    "Snippet",
    "Question",
    "Lesson",
    "Section",
    "Page",
)
"""What a result is called; the file names a kind by its place here."""

NAMED = ("Technology", "Concept", "Category", "Stack")
"""The kinds whose titles are names; those of the others are sentences."""


@dataclass(frozen=True)
class Entry:
    """What one may look for."""

    title: str
    address: str
    """`technologies/redis`, `categories/auth#token-library`."""
    kind: str
    where: str = ""
    """The field that it belongs to."""
    tier: str = ""
    """The technology's verdict."""
    aliases: tuple[str, ...] = ()
    """Other names, for which it is found as for its title."""
    text: str = ""
    """What is shown below the title; its words are found too."""
    words: str = ""
    """Words that find it and are not shown."""


def entries(guide: Guide) -> list[Entry]:
    """Everything that one may look for, kind by kind."""
    return [
        *_technologies(guide),
        *_choices(guide),
        *_guidance(guide),
        *_code(guide),
        *_pages(),
    ]


def search_file(guide: Guide) -> str:
    """The entries as the search script reads them: JSON, a list per entry, short.

    `[title, address, place of its kind in kinds, where, tier, aliases, text, words]`; empty ends
    are left out. `alike` are the groups of words that mean the same.
    """
    file = {
        "kinds": KINDS,
        "rows": [_row(entry) for entry in entries(guide)],
        "alike": [group for synonyms in guide.synonyms.values() for group in synonyms.groups],
    }
    return json.dumps(file, ensure_ascii=False, separators=(",", ":"))


def _row(entry: Entry) -> list[Any]:
    row: list[Any] = [
        bare(entry.title),
        page_of(entry.address),
        KINDS.index(entry.kind),
        entry.where,
        entry.tier,
        list(entry.aliases),
        bare(entry.text),
        f"{entry.words} {_id_words(entry)}".strip(),
    ]
    while not row[-1] and row[-1] != 0:
        row.pop()
    return row


def _id_words(entry: Entry) -> str:
    """The words of an id that the title does not have: `graceful shutdown`."""
    named = re.findall(r"[a-z0-9]+", entry.address.rpartition("/")[2].rpartition("#")[2])
    title = entry.title.lower()
    return " ".join(word for word in named if word not in title)


def _technologies(guide: Guide) -> Iterator[Entry]:
    packages = Counter(technology.package for technology in guide.technologies.values())
    names = {technology.name.lower() for technology in guide.technologies.values()}
    for key, technology in guide.technologies.items():
        package = technology.package
        # Django's own parts all come with one package, which is Django's other name alone.
        is_own = package is not None and packages[package] == 1 and package.lower() not in names
        also = (package,) if package is not None and is_own else ()
        yield Entry(
            technology.name,
            f"technologies/{key}",
            "Concept" if technology.kind == "concept" else "Technology",
            guide.categories[guide.category_of[key]].name,
            technology.verdict.tier if technology.verdict else "",
            (*technology.aliases, *also),
            technology.summary,
            technology.best_for,
        )


def _choices(guide: Guide) -> Iterator[Entry]:
    for key, category in guide.categories.items():
        yield Entry(
            category.name,
            f"categories/{key}",
            "Category",
            aliases=category.aliases,
            text=category.summary,
        )
        for choice in category.choices:
            yield Entry(
                choice.question,
                f"categories/{key}#{choice.id}",
                "Choice",
                category.name,
                aliases=choice.aliases,
                text=choice.answer,
            )
    for key, versus in guide.versus.items():
        one, other = (guide.technologies[side] for side in sides(key))
        yield Entry(
            f"{one.name} or {other.name}",
            f"compare/{key}",
            "Comparison",
            text=versus.answer,
        )
    for key, decision in guide.decisions.items():
        ask = decision.questions[decision.start].ask
        yield Entry(decision.title, f"decisions/{key}", "Decision", text=ask)


def _guidance(guide: Guide) -> Iterator[Entry]:
    for key, stack in guide.stacks.items():
        picks = " ".join(guide.technologies[role.pick].name for role in stack.roles)
        yield Entry(
            stack.name,
            f"stacks/{key}",
            "Stack",
            aliases=stack.aliases,
            text=stack.summary,
            words=picks,
        )
    for key, lesson in guide.lessons.items():
        yield Entry(
            lesson.title,
            f"learn/{key}",
            "Lesson",
            aliases=lesson.aliases,
            text=lesson.summary,
        )
        for section in lesson.sections:
            place = f"learn/{key}#{section.id}"
            yield Entry(section.title, place, "Section", lesson.title, aliases=section.aliases)
    for key, one in guide.answered.items():
        yield Entry(
            one.question,
            f"learn/faq#{key}",
            "Question",
            aliases=one.aliases,
            text=first_sentence(one.answer[0]),
        )


def _code(guide: Guide) -> Iterator[Entry]:
    for key, snippet in guide.snippets.items():
        folder = key.split("/")[0]
        names = " ".join(guide.technologies[one].name for one in snippet.technologies)
        where = guide.categories[folder].name if folder in guide.categories else ""
        yield Entry(
            snippet.title,
            f"snippets/{key}",
            "Snippet",
            where,
            aliases=snippet.aliases,
            text=snippet.when,
            words=names,
        )
    for key, contract in guide.contracts.items():
        place = f"snippets/contracts/{key}"
        yield Entry(contract.title, place, "Snippet", text=first_sentence(contract.summary))


def _pages() -> Iterator[Entry]:
    for address, title in LISTS.items():
        yield Entry(title, address, "Page")
    for address, title, aliases in (
        ("proof", "Proof", ("evidence", "what ran")),
        ("changes", "Changes", ("what changed", "feed", "atom", "rss")),
        ("reference/data", "Data reference", ("yaml", "schema")),
        ("contributing", "Contribute", ("contributing",)),
    ):
        yield Entry(title, address, "Page", aliases=aliases)
