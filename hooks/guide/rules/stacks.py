"""Rules for stacks: what fills their roles and what comes after them."""

from collections.abc import Iterator

from guide.problems import Problem
from guide.whole import Guide

from .shared import repeated, unknown


def stacks_are_whole(guide: Guide) -> Iterator[Problem]:
    """Roles are filled once, by technologies that there are, and reviews come after decisions."""
    technologies, stacks = guide.ids("technology"), guide.ids("stack")
    for key, stack in guide.stacks.items():
        file = guide.files["stack", key]
        yield from repeated(file, ("roles",), "role", [role.role for role in stack.roles])
        for n, role in enumerate(stack.roles):
            at = ("roles", n)
            yield from unknown(file, (*at, "pick"), "technology", role.pick, technologies)
            for m, other in enumerate(role.alternatives):
                loc = (*at, "alternatives", m, "pick")
                yield from unknown(file, loc, "technology", other.pick, technologies)
                if other.pick == role.pick:
                    message = f"'{role.pick}' is its own alternative; name another or delete it"
                    yield file.problem(loc, message)
        for n, other_stack in enumerate(stack.next_stacks):
            yield from unknown(file, ("next_stacks", n), "stack", other_stack, stacks - {key})
        if stack.review_by <= stack.decided:
            message = "review_by is not after decided; set a later day"
            yield file.problem(("review_by",), message)
