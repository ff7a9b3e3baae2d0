"""The changed copies of a file: every one there could be, and a sample that a seed decides."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from warnings import catch_warnings

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code

from tests.mutation.operators import operators


@dataclass(frozen=True)
class Mutant:
    """A file in which one thing is changed: the line it is in, before and after, and the whole."""

    line: int
    was: str
    becomes: str
    code: str

    @property
    def change(self) -> str:
        """The line as it becomes, or what was left out: `@cache → nothing`."""
        return self.becomes or f"{self.was} → nothing"

    def __str__(self) -> str:
        return f"{self.line}: {self.was}  →  {self.becomes or 'nothing'}"


def mutants(code: str) -> list[list[Mutant]]:
    """Every mutant of the code: a list for each place in it, by place.

    Mutants that are no Python, or the same code, are left out.
    """
    places: dict[tuple[int, int], list[Mutant]] = {}
    nodes = list(ast_nodes(get_ast(code)))
    for operator in operators():
        starts = [start for node in nodes for start, _ in operator.mutation_positions(node)]
        for occurrence, start in enumerate(starts):
            changed = mutate_code(code, operator, occurrence)
            if changed is not None and changed != code and compiles(changed):
                places.setdefault(start, []).append(mutant(code, changed, start[0]))
    return [places[place] for place in sorted(places)]


def sampled(places: Sequence[Sequence[Mutant]], number: int, seed: str) -> list[Mutant]:
    """At most `number` mutants, each in another place, as the seed draws them; by line."""
    # The draw decides what is tried, nothing that has to be kept secret.
    draw = random.Random(seed)
    chosen = draw.sample(list(places), min(number, len(places)))
    return sorted((draw.choice(list(place)) for place in chosen), key=lambda one: one.line)


def mutant(code: str, changed: str, line: int) -> Mutant:
    """The mutant with its line as it was and as it becomes."""
    before, after = code.splitlines(), changed.splitlines()
    becomes = after[line - 1] if len(before) == len(after) else ""
    return Mutant(line, before[line - 1].strip(), becomes.strip(), changed)


def compiles(code: str) -> bool:
    """Tell whether the text is Python, be it of a kind that Python warns of."""
    try:
        with catch_warnings(action="ignore", category=SyntaxWarning):
            compile(code, "mutant", "exec")
    except SyntaxError:
        return False
    return True
