"""Search a framework's own distributions for a feature by the names that it would have."""

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from tests.probes.distributions import source_files

DEFINED = re.compile(r"^[ \t]*(?:class|def|async def)[ \t]+(\w+)", re.MULTILINE)


@cache
def defined_names(file: Path) -> frozenset[str]:
    """Give the names of the classes and functions that a Python file defines."""
    return frozenset(DEFINED.findall(file.read_text(encoding="utf-8")))


def found_names(distributions: Iterable[str], pattern: str) -> set[str]:
    """Give `module.py: Name` for each class, function or module whose whole name matches.

    A framework that is found not to have a feature must also have no name for it: a release that
    adds the feature makes its probe fail, instead of being called "none" for ever.
    """
    wanted = re.compile(pattern)
    return {
        f"{file.name}: {name}"
        for distribution in distributions
        for file in source_files(distribution)
        for name in {file.stem, file.parent.name, *defined_names(file)}
        if wanted.fullmatch(name)
    }
