"""The built site and the browser, as the tests of the site have them; both sides in one folder."""

from pathlib import Path

import pytest

from tests.benchmarks.site.expanded import STOCK, write_expanded
from tests.benchmarks.site.test_build import cost
from tests.site.conftest import browser, site

__all__ = ["browser", "expanded", "site", "stock"]


@pytest.fixture(scope="session")
def expanded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the same pages, expanded, that MkDocs can build without the hooks."""
    folder = tmp_path_factory.mktemp("expanded")
    write_expanded(folder)
    return folder


@pytest.fixture(scope="session")
def stock(expanded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same pages in Material as it comes, built: it takes a minute."""
    out = tmp_path_factory.mktemp("stock")
    cost(expanded / STOCK, out)
    return out
