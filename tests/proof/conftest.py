"""The sample guide of tests/guide, and records such as its runs would leave."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from guide.load import load_guide
from guide.whole import Guide
from tests.proof.record import Record
from tests.proof.things import Thing, things

SAMPLE = Path(__file__).parents[1] / "guide" / "sample"


@pytest.fixture(scope="session")
def sample() -> Guide:
    """The sample guide, not to be changed."""
    return load_guide(SAMPLE)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of the sample guide's repository."""
    return Path(shutil.copytree(SAMPLE, tmp_path / "tree"))


def record(**changes: object) -> Record:
    """A record of one passed test, with changes."""
    return Record.model_validate(
        {
            "passed": 1,
            "failures": (),
            "skipped": (),
            "imported": (),
            "properties": (),
            "uncovered": {},
            **changes,
        }
    )


def named(guide: Guide, name: str) -> Thing:
    """The thing of that name; what the sample installs exists nowhere, so nothing is installed."""
    found = next(thing for thing in things(guide) if str(thing) == name)
    return replace(found, install=())
