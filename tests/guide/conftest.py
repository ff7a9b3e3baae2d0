"""A copy of the sample guide that a test may spoil."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from guide.load import load_guide
from guide.problems import DataError
from guide.whole import Guide

SAMPLE = Path(__file__).parent / "sample"


@dataclass(frozen=True)
class Tree:
    """A copy of the sample with which a test does as it likes."""

    root: Path

    def write(self, path: str, text: str | bytes) -> None:
        """Put a file into the tree."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(text, bytes):
            target.write_bytes(text)
        else:
            target.write_text(text, "utf-8")

    def change(self, path: str, before: str, after: str) -> None:
        """Replace the first occurrence of a text that must stand in the file."""
        text = (self.root / path).read_text("utf-8")
        assert before in text, f"{before!r} is not in {path}"
        self.write(path, text.replace(before, after, 1))

    def problems(self) -> list[str]:
        """What the loader says of the tree, a line each; none if it loads."""
        try:
            load_guide(self.root)
        except DataError as error:
            return [str(problem) for problem in error.problems]
        return []

    def guide(self) -> Guide:
        """The guide in the tree."""
        return load_guide(self.root)


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """A fresh copy of the sample guide."""
    root = tmp_path / "tree"
    shutil.copytree(SAMPLE, root)
    return Tree(root)


@pytest.fixture(scope="session")
def sample() -> Guide:
    """The sample guide, not to be changed."""
    return load_guide(SAMPLE)
