"""The whole guide, loaded and checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .guidance import Answered, Lesson, Stack
from .models import (
    Category,
    Contract,
    Decision,
    Implementation,
    Snippet,
    Synonyms,
    Technology,
    Versus,
)
from .packages import Packages
from .proofs import Proof
from .yamlfile import YamlFile


@dataclass(frozen=True)
class Guide:
    """Everything that the site says, checked.

    Ids are file stems. Snippets and implementations have two: `<category>/<id>`,
    `<contract>/<technology>`.
    """

    root: Path
    """The repository."""
    files: Mapping[tuple[str, str], YamlFile]
    """(kind, id) → the file it came from, of broken files too."""
    categories: Mapping[str, Category]
    technologies: Mapping[str, Technology]
    category_of: Mapping[str, str]
    """Technology → its category."""
    decisions: Mapping[str, Decision]
    versus: Mapping[str, Versus]
    snippets: Mapping[str, Snippet]
    stacks: Mapping[str, Stack]
    lessons: Mapping[str, Lesson]
    answered: Mapping[str, Answered]
    """The questions of the FAQ, each with its answer."""
    synonyms: Mapping[str, Synonyms]
    contracts: Mapping[str, Contract]
    implementations: Mapping[str, Implementation]
    packages: Packages
    proofs: Mapping[str, Proof]
    """`<kind>/<category>/<id>` → its proof."""
    stale: Mapping[str, str]
    """Of the proofs, those that say nothing about the present bytes and versions, and why."""

    def ids(self, kind: str) -> set[str]:
        """The ids of all files of a kind, of broken files too."""
        return {key for found, key in self.files if found == kind}
