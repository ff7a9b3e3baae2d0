"""A problem in the data: where it is, what is wrong, how to mend it."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, order=True)
class Problem:
    """One thing wrong, with its address; as text `path:line: what; cure`."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


class DataError(Exception):
    """The data cannot be used; `problems` holds everything that is wrong with it, sorted."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(map(str, self.problems)))


def nearest(word: str, known: Iterable[str], otherwise: str) -> str:
    """The cure for an unknown word: the known word most like it, or `otherwise`."""
    matches = get_close_matches(word, sorted(known), n=1)
    return f"did you mean '{matches[0]}'?" if matches else otherwise
