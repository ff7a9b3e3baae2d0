"""The fixture that gives a test its snippet."""

from collections.abc import Iterator
from types import ModuleType

import pytest

from tests.snippets.loading import loaded, snippet_path


@pytest.fixture
def snippet(request: pytest.FixtureRequest) -> Iterator[ModuleType]:
    """Give the snippet under test as a fresh module.

    What it reads as it is imported (the environment) is set by autouse fixtures of the test file,
    which pytest runs first.
    """
    with loaded(snippet_path(request.path)) as module:
        yield module
