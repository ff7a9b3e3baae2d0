"""Rules for technologies: where they stand, what they refer to, what their verdict says."""

from collections.abc import Iterator
from itertools import pairwise

from guide.models import Implementation, Technology
from guide.packages import normalized
from guide.problems import Problem
from guide.whole import Guide

from .shared import unknown


def technologies_stand_in_a_category(guide: Guide) -> Iterator[Problem]:
    """A technology's folder is a category, and the category lists it."""
    for key, technology in guide.technologies.items():
        file, home = guide.files["technology", key], guide.category_of[key]
        yield from unknown(file, (), "category", home, guide.ids("category"))
        category = guide.categories.get(home)
        if category is None or technology.kind == "concept":
            continue
        if not any(key in choice.contenders for choice in category.choices) and (
            key not in category.companions
        ):
            message = f"is in no choice of '{home}'; add it there to `contenders` or `companions`"
            yield file.problem((), message)


def technology_references_exist(guide: Guide) -> Iterator[Problem]:
    """`instead` and `works_with` name technologies."""
    known = guide.ids("technology")
    for key, technology in guide.technologies.items():
        file = guide.files["technology", key]
        instead = technology.verdict.instead if technology.verdict else ()
        others = known - {key}
        for n, other in enumerate(technology.works_with):
            yield from unknown(file, ("works_with", n), "technology", other, others)
        for n, other in enumerate(instead):
            yield from unknown(file, ("verdict", "instead", n), "technology", other, others)


def verdicts_are_whole(guide: Guide) -> Iterator[Problem]:
    """Dates are in order, the past ends in the present, and a rejection shows the way out."""
    for key, technology in guide.technologies.items():
        file, verdict = guide.files["technology", key], technology.verdict
        if verdict is None:
            if technology.history:
                message = "is the history of a concept, which has no verdict; delete it"
                yield file.problem(("history",), message)
            continue
        if verdict.review_by <= verdict.decided:
            message = "review_by is not after decided; set a later day"
            yield file.problem(("verdict", "review_by"), message)
        for n, (before, after) in enumerate(pairwise(technology.history), start=1):
            if after.earliest < before.earliest:
                message = "is older than the line above it; put the oldest line first"
                yield file.problem(("history", n), message)
        last = technology.history[-1] if technology.history else None
        if last is None or (last.tier, last.date) != (verdict.tier, verdict.decided):
            message = (
                f"the last line of history is not the verdict; end it with {verdict.decided}, "
            )
            yield file.problem(("history",), message + f"tier {verdict.tier}")
        if bool(verdict.instead) != bool(verdict.move):
            message = "gives one of `instead` and `move`; say what to use and how to get there"
            yield file.problem(("verdict",), message)
        elif verdict.tier in {"legacy", "avoid"} and not verdict.instead:
            message = f"says {verdict.tier} but not what to do; add `instead` and `move`"
            yield file.problem(("verdict",), message)


def packages_are_locked(guide: Guide) -> Iterator[Problem]:
    """What readers are told to install is what was locked."""
    known = set(guide.packages.packages)
    if not known:  # the lock itself is missing, which is reported once
        return
    cure = "add it to a dependency group in pyproject.toml and run `make lock`"
    for kind, things in (
        ("technology", guide.technologies),
        ("snippet", guide.snippets),
        ("implementation", guide.implementations),
    ):
        for key, thing in things.items():
            file = guide.files[kind, key]
            package = thing.package if isinstance(thing, Technology) else None
            if package is not None and normalized(package) not in known:
                yield file.problem(("package",), f"package '{package}' is not locked; {cure}")
            if isinstance(thing, Implementation) and normalized(thing.server) not in known:
                yield file.problem(("server",), f"'{thing.server}' is not locked; {cure}")
            for n, requirement in enumerate(thing.install):
                if normalized(requirement) not in known:
                    message = f"'{requirement}' is not locked; {cure}"
                    yield file.problem(("install", n), message)


def aliases_are_claimed_once(guide: Guide) -> Iterator[Problem]:
    """No two pages answer to one name."""
    claimed: dict[str, str] = {}
    for key, technology in sorted(guide.technologies.items()):
        if (owner := claimed.setdefault(technology.name.casefold(), key)) != key:
            message = f"the name '{technology.name}' is taken by '{owner}'; tell them apart"
            yield guide.files["technology", key].problem(("name",), message)
    for kind, key, path, aliases in _aliases(guide):
        for n, alias in enumerate(aliases):
            place = f"{kind} {key} {path} {n}"
            if (owner := claimed.setdefault(alias.casefold(), place)) != place:
                message = f"the alias '{alias}' is taken by '{_named(owner)}'; delete one"
                yield guide.files[kind, key].problem((*path, "aliases", n), message)


def _aliases(guide: Guide) -> Iterator[tuple[str, str, tuple[str | int, ...], tuple[str, ...]]]:
    """Kind, id and place in the file of everything that has aliases, and these."""
    for key, technology in sorted(guide.technologies.items()):
        yield "technology", key, (), technology.aliases
    for key, category in sorted(guide.categories.items()):
        yield "category", key, (), category.aliases
        for n, choice in enumerate(category.choices):
            yield "category", key, ("choices", n), choice.aliases
    for key, snippet in sorted(guide.snippets.items()):
        yield "snippet", key, (), snippet.aliases
    for key, stack in sorted(guide.stacks.items()):
        yield "stack", key, (), stack.aliases
    for key, lesson in sorted(guide.lessons.items()):
        yield "lesson", key, (), lesson.aliases
        for n, section in enumerate(lesson.sections):
            yield "lesson", key, ("sections", n), section.aliases
    for key, answered in sorted(guide.answered.items()):
        yield "answered", key, (), answered.aliases


def _named(owner: str) -> str:
    """The id of what claimed a name first."""
    return owner.split()[1] if " " in owner else owner
