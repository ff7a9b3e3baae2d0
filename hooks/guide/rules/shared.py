"""What several rules need."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from guide.models import Category, Choice
from guide.problems import Problem, nearest
from guide.whole import Guide
from guide.yamlfile import Loc, YamlFile

FEW = 8
"""So many names a problem lists."""

Rule = Callable[[Guide], Iterable[Problem]]


def unknown(file: YamlFile, loc: Loc, kind: str, word: str, known: set[str]) -> Iterator[Problem]:
    """The problem that `word` is none of the `known` ones of its kind, if it is none."""
    if word not in known:
        named = ", ".join(f"'{one}'" for one in sorted(known))
        few = len(known) <= FEW
        cure = nearest(word, known, f"use {named}" if few and known else "add it")
        yield file.problem(loc, f"unknown {kind} '{word}'; {cure}")


def repeated(file: YamlFile, loc: Loc, kind: str, words: Sequence[str]) -> Iterator[Problem]:
    """The problem with each word that stands in a list for the second time."""
    for n, word in enumerate(words):
        if word in words[:n]:
            yield file.problem((*loc, n), f"names the {kind} '{word}' twice; delete one")


def choices(guide: Guide) -> Iterator[tuple[YamlFile, Category, Choice, Loc]]:
    """Every choice with its file, its category and its place in the file."""
    for key, category in guide.categories.items():
        for n, choice in enumerate(category.choices):
            yield guide.files["category", key], category, choice, ("choices", n)
