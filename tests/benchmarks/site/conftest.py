"""The built site and the browser, as the tests of the site have them; both sides in one folder."""

from pathlib import Path

import pytest

from tests.benchmarks.site.expanded import write_expanded
from tests.site.conftest import browser, site

__all__ = ["browser", "expanded", "site"]


@pytest.fixture(scope="session")
def expanded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the same pages, expanded, that MkDocs can build without the hooks."""
    folder = tmp_path_factory.mktemp("expanded")
    write_expanded(folder)
    return folder
