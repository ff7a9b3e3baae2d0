"""What several rules need."""

from collections.abc import Callable, Iterable, Iterator

from guide.models import Category, Choice
from guide.problems import Problem, nearest
from guide.whole import Guide
from guide.yamlfile import Loc, YamlFile

Rule = Callable[[Guide], Iterable[Problem]]


def unknown(file: YamlFile, loc: Loc, kind: str, word: str, known: set[str]) -> Iterator[Problem]:
    """The problem that `word` is none of the `known` ones of its kind, if it is none."""
    if word not in known:
        cure = nearest(word, known, f"add its file or use one of the {len(known)} there are")
        yield file.problem(loc, f"unknown {kind} '{word}'; {cure}")


def choices(guide: Guide) -> Iterator[tuple[YamlFile, Category, Choice, Loc]]:
    """Every choice with its file, its category and its place in the file."""
    for key, category in guide.categories.items():
        for n, choice in enumerate(category.choices):
            yield guide.files["category", key], category, choice, ("choices", n)
