"""The pictures that chat programs and social sites show beside a link to a page.

A page's card shows what kind of page it is, its title, its verdict in words, and what it says in
a sentence. Pages without one share the card of the start page.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path

import PIL
from PIL import Image

from .made import kept
from .models import Decision, Tier
from .packages import day
from .picture import (
    DRAWN_WITH,
    WIDTH,
    Picture,
    Style,
    badge,
    balanced,
    one_line,
    shortened,
    width,
    wrapped,
)
from .places import sides
from .text import bare
from .whole import Guide

MARGIN = 72
ROOM = WIDTH - 2 * MARGIN
TOP, END = 138, 530
"""Between them stands what a card is about."""
FOOT = 568
GAP, ROW, APART = 20, 60, 48
"""Between blocks, from one row of badges to the next, and between two in a row."""

TITLES = [Style(size, 690, tracking=-0.027) for size in (108, 96, 86, 76, 68, 60, 52)]
"""The first in which all of the card has room counts."""
BRAND = Style(36, 690, tracking=-0.02)
KIND = Style(28, 400, "soft")
NAME = Style(34, 600)
FOR = Style(36, 600)
TEXT = Style(33, 400, "soft")
SMALL = Style(26, 400, "soft")
BADGE = 31
BRANDED = 320
"""How much of the first line the logo takes."""
MOST_TITLE, MOST_FOR, MOST_TEXT, MOST_NAMES = 3, 2, 3, 6

PROMISE = "Every recommendation carries its proof"


@dataclass(frozen=True)
class Card:
    """What the picture of a page says, as plain text."""

    page: str
    """The page's address from the root of the site: `technologies/redis/`."""
    kind: str
    """What kind of page it is, and of which field."""
    title: str
    text: str
    """What the page says in a sentence."""
    tiers: tuple[tuple[str, Tier], ...] = ()
    """Verdicts, each behind a name, which is empty where the title is that name."""
    for_: str = ""
    """What the verdict holds for, or what to use instead."""

    @property
    def address(self) -> str:
        """The picture's address from the root of the site."""
        return f"cards/{self.page.rstrip('/') or 'home'}.png"

    @property
    def alt(self) -> str:
        """The picture in words."""
        return _sentences(self.title, self.said)

    @property
    def said(self) -> str:
        """What stands below the title, in words: `Recommended: New work. A store in a file.`."""
        verdicts = ", ".join(f"{name} {tier}".strip() for name, tier in self.tiers)
        first = ": ".join(filter(None, (verdicts[:1].upper() + verdicts[1:], self.for_)))
        return _sentences(first, self.text)


def _sentences(*parts: str) -> str:
    return " ".join(
        part if part.endswith((".", "?", "!")) else f"{part}." for part in filter(None, parts)
    )


def shown_cards(guide: Guide) -> dict[str, Card]:
    """Page → its card, for every page that has one of its own; the start page is `""`."""
    return {card.page: card for card in _all(guide)}


def cards(guide: Guide, folder: Path) -> dict[str, Callable[[], bytes]]:
    """Address → what draws the card, as a PNG file, unless the folder has it from another build.

    Drawing all of them would be a fifth of a build.
    """
    foot = f"Data of {day(guide.packages.as_of)}"
    by = _drawn_by()
    return {
        card.address: partial(
            kept, folder / card.address, f"{by} {foot} {card}", partial(drawn, card, foot)
        )
        for card in shown_cards(guide).values()
    }


def _drawn_by() -> str:
    """A digest of all that decides how the same words look."""
    files = (Path(__file__), *DRAWN_WITH)
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in files]
    return f"Pillow {PIL.__version__} {digests}"


def _all(guide: Guide) -> Iterator[Card]:
    field = {key: category.name for key, category in guide.categories.items()}
    title = "Choose a Python backend stack by what ran, not by what is said."
    verdicts = sum(one.verdict is not None for one in guide.technologies.values())
    counts = f"{verdicts} verdicts, {len(guide.versus)} comparisons, {len(guide.snippets)} snippets"
    yield Card("", "The guide to Python backend stacks", title, f"{counts}.")
    for key, category in guide.categories.items():
        yield Card(f"categories/{key}/", "Choices", bare(category.name), bare(category.summary))
    for key in guide.technologies:
        yield _of_technology(guide, key, field[guide.category_of[key]])
    for key, versus in guide.versus.items():
        two = [guide.technologies[side] for side in sides(key)]
        tiers = tuple((bare(one.name), one.verdict.tier) for one in two if one.verdict)
        names = " or ".join(bare(one.name) for one in two)
        yield Card(f"compare/{key}/", "Comparison", f"{names}?", bare(versus.answer), tiers)
    for key, decision in guide.decisions.items():
        yield Card(
            f"decisions/{key}/", "Decision", bare(decision.title), _outcomes(guide, decision)
        )
    for key, stack in guide.stacks.items():
        yield Card(f"stacks/{key}/", "Stack", bare(stack.name), bare(stack.summary))
    for key, lesson in guide.lessons.items():
        yield Card(f"learn/{key}/", "Learn", bare(lesson.title), bare(lesson.summary))
    for key, snippet in guide.snippets.items():
        kind = f"Snippet · {field[key.split('/')[0]]}"
        yield Card(f"snippets/{key}/", kind, bare(snippet.title), bare(snippet.when))
    for key, contract in guide.contracts.items():
        page = f"snippets/contracts/{key}/"
        yield Card(page, "One service, many ways", bare(contract.title), bare(contract.summary))


def _outcomes(guide: Guide, decision: Decision) -> str:
    """What the questions lead to: `5 questions to reach Django, FastAPI or Flask.`."""
    stacks = [a.stack for q in decision.questions.values() for a in q.answers if a.stack]
    picks = [a.pick for q in decision.questions.values() for a in q.answers if a.pick]
    names = [guide.stacks[key].name for key in dict.fromkeys(stacks)]
    names += [guide.technologies[key].name for key in dict.fromkeys(picks)]
    if len(names) > MOST_NAMES:
        names[MOST_NAMES - 1 :] = [f"{len(names) - MOST_NAMES + 1} more"]
    count = len(decision.questions)
    return f"{count} question{'s' * (count > 1)} to reach {bare(_any_of(names))}."


def _of_technology(guide: Guide, key: str, field: str) -> Card:
    one = guide.technologies[key]
    kind = f"{one.kind.capitalize()} · {field}"
    card = Card(f"technologies/{key}/", kind, bare(one.name), bare(one.summary))
    if one.verdict is None:
        return card
    instead = _any_of([guide.technologies[other].name for other in one.verdict.instead])
    for_ = f"Use {bare(instead)} instead" if instead else bare(one.verdict.for_)
    return replace(card, tiers=(("", one.verdict.tier),), for_=for_)


def _any_of(names: Sequence[str]) -> str:
    """`Django, FastAPI or Flask`."""
    return " or ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def drawn(card: Card, foot: str) -> bytes:
    """The picture of a card, with `foot` at its foot."""
    picture = Picture(_ground(foot))
    kind = one_line(card.kind, KIND, ROOM - BRANDED)
    picture.words(kind, KIND, WIDTH - MARGIN - width(kind, KIND), 66)
    badges = _badges(card)
    for_ = shortened(balanced(card.for_, FOR, ROOM), MOST_FOR, FOR, ROOM)
    text = shortened(balanced(card.text, TEXT, ROOM), MOST_TEXT, TEXT, ROOM)
    under = len(badges) * ROW + len(for_) * FOR.leading + GAP * (bool(badges) + bool(for_) + 1)
    style, title = _title(card.title, END - TOP - under - len(text) * TEXT.leading)
    left = END - TOP - under - len(title) * style.leading
    text = shortened(text, left // TEXT.leading, TEXT, ROOM)
    y = TOP + max(left - len(text) * TEXT.leading, 0) // 2
    y = picture.lines(title, style, MARGIN, y) + GAP
    for row in badges:
        x = MARGIN
        for name, tier in row:
            picture.words(name, NAME, x, y + 9)
            x = picture.put(badge(tier, BADGE), x + _named(name), y) + APART
        y += ROW
    y = picture.lines(for_, FOR, MARGIN, y + GAP * bool(badges)) + GAP * bool(for_)
    picture.lines(text, TEXT, MARGIN, y)
    return picture.png()


def _title(title: str, room: int) -> tuple[Style, list[str]]:
    """The largest style in which the title is no higher than `room`, and its lines."""
    for style in TITLES:
        lines = wrapped(title, style, ROOM)
        if len(lines) <= MOST_TITLE and len(lines) * style.leading <= room:
            return style, balanced(title, style, ROOM)
    return style, shortened(lines, MOST_TITLE, style, ROOM)


def _badges(card: Card) -> list[list[tuple[str, Tier]]]:
    """The verdicts in rows: one, or one for each where they are too wide to stand side by side."""
    room = ROOM - max((badge(tier, BADGE).width for _, tier in card.tiers), default=0) - 14
    named = [(one_line(name, NAME, room), tier) for name, tier in card.tiers]
    wide = [_named(name) + badge(tier, BADGE).width for name, tier in named]
    if named and sum(wide) + APART <= ROOM:
        return [named]
    return [[one] for one in named]


def _named(name: str) -> int:
    return round(width(name, NAME)) + 14 if name else 0


@cache
def _ground(foot: str) -> Image.Image:
    """What all cards show: the logo above, the promise and `foot` below."""
    picture = Picture()
    picture.logo(MARGIN - 6, 56, 56)
    picture.words("Stackproof", BRAND, MARGIN + 62, 62)
    picture.rule(FOOT - 22, MARGIN)
    picture.words(PROMISE, SMALL, MARGIN, FOOT)
    picture.words(foot, SMALL, WIDTH - MARGIN - width(foot, SMALL), FOOT)
    return picture.image
