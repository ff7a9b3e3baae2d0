"""What may stand in the files of stacks, lessons and answers: guidance that rests on verdicts."""

import datetime as dt
from typing import Annotated, Self

from pydantic import Field, model_validator

from .models import Model, Source, Thing
from .text import Address, Id, Line, Prose

MOST_WORDS = 150
"""So long may the answer to a question of the FAQ be."""


def says_something[M: Model](one: M, *names: str) -> M:
    """The model, if one of these fields of it holds something.

    Raises:
        ValueError: All of them are empty.
    """
    if not any(getattr(one, name) for name in names):
        message = f"says nothing; give {' or '.join(f'`{name}`' for name in names)}"
        raise ValueError(message)
    return one


class Alternative(Model):
    """What else can take a role."""

    pick: Id
    when: Line
    """When it is the better one."""


class Role(Model):
    """What a stack needs, and what takes the place."""

    role: Line
    """`Framework`, `Database`, `Task queue`."""
    pick: Id
    because: Prose
    alternatives: tuple[Alternative, ...] = ()
    optional: Line | None = None
    """When the role is filled at all, where not every service of this kind needs it."""


class Stack(Thing):
    """Technologies in roles that work together, in `data/stacks/<id>.yml`."""

    name: Line
    aliases: tuple[Line, ...] = ()
    """What people type who build such a thing."""
    summary: Line
    """What is built with it, in one sentence."""
    verdict: Prose
    """Whether to take it today, and what we changed of the advice it comes from."""
    suits: Annotated[tuple[Prose, ...], Field(min_length=2)]
    """Whom it suits."""
    suits_not: Annotated[tuple[Prose, ...], Field(min_length=2)]
    """Whom it does not suit, with what to take instead."""
    advantages: Annotated[tuple[Prose, ...], Field(min_length=2)]
    roles: Annotated[tuple[Role, ...], Field(min_length=3)]
    """In the order in which one meets them."""
    cost: Annotated[tuple[Prose, ...], Field(min_length=1)]
    """What it takes to run: processes, services, people, work that comes back."""
    outgrown: Prose
    """The signs that one has outgrown it."""
    next: Prose
    """What comes then."""
    next_stacks: tuple[Id, ...] = ()
    decided: dt.date
    review_by: dt.date
    sources: tuple[Source, ...] = ()


class Part(Model):
    """A part of a section under a label of its own: `Build this`, `Signs`, `Cure`."""

    label: Line
    text: tuple[Prose, ...] = ()
    """Paragraphs."""
    points: tuple[Prose, ...] = ()
    """A list below them."""

    @model_validator(mode="after")
    def _is_not_silent(self) -> Self:
        return says_something(self, "text", "points")


class Section(Model):
    """A section of a lesson: a stage, a skill, a mistake, a trend, a resource."""

    id: Id
    """Its anchor."""
    title: Line
    aliases: tuple[Line, ...] = ()
    """What people type who look for this."""
    note: Line | None = None
    """What stands beside the title: a duration, a tier, settled or hype."""
    text: tuple[Prose, ...] = ()
    """Paragraphs."""
    parts: tuple[Part, ...] = ()
    see: tuple[Address, ...] = ()
    """Pages of this site that go on from here."""
    sources: tuple[Source, ...] = ()
    """Pages elsewhere that somebody read."""

    @model_validator(mode="after")
    def _is_not_silent(self) -> Self:
        return says_something(self, "text", "parts")


class Lesson(Thing):
    """Guidance that is no choice between technologies, in `data/learn/<id>.yml`."""

    title: Line
    aliases: tuple[Line, ...] = ()
    """What people type who look for this."""
    summary: Line
    intro: tuple[Prose, ...] = ()
    sections: Annotated[tuple[Section, ...], Field(min_length=1)]
    decided: dt.date
    """The day on which somebody last went through all of it."""


class Answered(Thing):
    """A question that people ask, in `data/learn/faq/<id>.yml`; at most 150 words of answer."""

    question: Line
    aliases: tuple[Line, ...] = ()
    """The same question as people type it."""
    answer: Annotated[tuple[Prose, ...], Field(min_length=1)]
    """The verdict first; paragraphs."""
    proof: Annotated[tuple[Address, ...], Field(min_length=1)]
    """Where the answer is proven or argued in full."""
    decided: dt.date

    @model_validator(mode="after")
    def _is_short(self) -> Self:
        words = sum(len(paragraph.split()) for paragraph in self.answer)
        if words > MOST_WORDS:
            message = f"takes {words} words; {MOST_WORDS} are the most, leave the rest to its proof"
            raise ValueError(message)
        return self
