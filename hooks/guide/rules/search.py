"""What must hold of the words by which the search box finds pages."""

from collections.abc import Iterator

from guide.problems import Problem
from guide.whole import Guide


def words_stand_in_one_group(guide: Guide) -> Iterator[Problem]:
    """A word that meant two things would find both."""
    claimed: dict[str, str] = {}
    for key, synonyms in sorted(guide.synonyms.items()):
        for n, group in enumerate(synonyms.groups):
            for m, word in enumerate(group):
                if (first := claimed.get(word.casefold())) is not None:
                    message = f"'{word}' stands in the group of '{first}' already; delete one"
                    yield guide.files["synonyms", key].problem(("groups", n, m), message)
                claimed[word.casefold()] = group[0]
