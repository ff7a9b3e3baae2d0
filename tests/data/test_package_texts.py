"""A text that a cell quotes from a package stands in the locked package."""

from importlib.metadata import Distribution, distributions

import pytest

from guide.models import PackageText
from guide.packages import normalized
from tests.proof.record import ROOT
from tests.repository import repository_guide

GUIDE = repository_guide()
QUOTES = {
    f"{key}/{choice}/{criterion}": cell.evidence.package
    for key, technology in GUIDE.technologies.items()
    for choice, cells in technology.cells.items()
    for criterion, cell in cells.items()
    if cell.evidence.package is not None
}
# What the tests themselves do not need is installed apart, to be read.
APART = [str(path) for path in ROOT.glob(".venv/texts/lib/python*/site-packages")]
INSTALLED = {
    normalized(found.name): found for found in (*distributions(path=APART), *distributions())
}


def installed(name: str) -> Distribution:
    """The distribution as it is locked."""
    assert normalized(name) in INSTALLED, f"{name} is not there to be read; run `make lock`"
    return INSTALLED[normalized(name)]


def text_of(found: PackageText) -> str:
    """The text of the file that the cell names; METADATA is the distribution's own description."""
    distribution = installed(found.distribution)
    if found.file == "METADATA":
        return distribution.read_text("METADATA") or ""
    paths = [path for path in distribution.files or () if path.as_posix() == found.file]
    assert paths, f"{found.distribution} has no file {found.file}"
    return paths[0].read_text("utf-8")


@pytest.mark.parametrize("found", QUOTES.values(), ids=QUOTES.keys())
def test_quoted_text_stands_in_the_package(found: PackageText) -> None:
    """To the letter, but for white space; and the installed version is the locked one."""
    locked = GUIDE.packages.get(found.distribution)
    assert locked is not None
    assert installed(found.distribution).version == locked.version
    assert " ".join(found.text.split()) in " ".join(text_of(found).split())
