"""The fixtures that give a test its snippet."""

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from guide.places import snippet_files
from tests.snippets.loading import ROOT, loaded, snippet_path
from tests.snippets.package_index import ages, index

__all__ = ["ages", "index", "snippet", "snippet_file"]


@pytest.fixture
def snippet(request: pytest.FixtureRequest) -> Iterator[ModuleType]:
    """Give the snippet under test as a fresh module.

    What it reads as it is imported (the environment) is set by autouse fixtures of the test file,
    which pytest runs first.
    """
    with loaded(snippet_path(request.path)) as module:
        yield module


@pytest.fixture
def snippet_file(request: pytest.FixtureRequest) -> Path:
    """Give the file of the snippet under test, whatever its language."""
    path = snippet_path(request.path)
    (found,) = snippet_files(ROOT, f"{path.parent.name}/{path.stem.replace('_', '-')}")
    return found
