"""The tree that is shown is the project beside it, which boots, answers and passes its tests."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from pydantic import ValidationError

from tests.snippets.loading import snippet_path

TREE = snippet_path(Path(__file__)).with_suffix(".txt")
PROJECT = TREE.with_suffix("")
INDENT = 4


@pytest.fixture
def _project(monkeypatch: pytest.MonkeyPatch, postgresql_url: str) -> Iterator[None]:
    """Enter the project as a fresh process would; what it imported is forgotten at the end."""
    monkeypatch.setenv("BOOKSHOP_DATABASE_URL", postgresql_url)
    monkeypatch.chdir(PROJECT)
    monkeypatch.setattr(sys, "path", sys.path.copy())
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if str(PROJECT) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def shown_paths() -> set[str]:
    """Give the paths of the files in the tree, from the folder that is its root."""
    parents: list[str] = []
    found = set()
    for line in TREE.read_text("utf-8").splitlines()[1:]:
        entry = line.partition("#")[0].rstrip()
        name = entry.lstrip("│├└─ \N{NO-BREAK SPACE}")
        depth = (len(entry) - len(name)) // INDENT
        parents[depth - 1 :] = [name.rstrip("/")]
        if not name.endswith("/"):
            found.add("/".join(parents))
    return found


def test_tree_shows_exactly_the_files_of_the_project() -> None:
    files = {path for path in PROJECT.rglob("*") if path.is_file()}
    kept = {path for path in files if not {"__pycache__", ".pytest_cache"} & set(path.parts)}
    assert shown_paths() == {path.relative_to(PROJECT).as_posix() for path in kept}


@pytest.mark.usefixtures("_project")
def test_tests_of_the_project_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    # A reader of this project has none of the other technologies' plugins.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    class Outcomes:
        passed = 0

        def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
            self.passed += report.when == "call" and report.passed

    outcomes = Outcomes()
    assert pytest.main(["-p", "no:cacheprovider", "--rootdir=."], plugins=[outcomes]) == 0
    assert outcomes.passed == 4


@pytest.mark.usefixtures("_project")
def test_app_boots_and_answers() -> None:
    sys.path.insert(0, str(PROJECT))
    from bookshop.main import app  # noqa: PLC0415  # the project, once its folder is on the path

    with TestClient(app) as client:
        assert client.get("/books").json() == []
        paths = client.get("/openapi.json").json()["paths"]
        tags = {path: [kind["tags"] for kind in paths[path].values()] for path in paths}
        assert tags == {"/authors": [["authors"]], "/books": [["books"], ["books"]]}


@pytest.mark.parametrize(
    ("address", "said"),
    [(None, "database_url\n  Field required"), ("mysql://db/books", "URL scheme should be")],
    ids=["missing", "of-another-database"],
)
@pytest.mark.usefixtures("_project")
def test_wrong_settings_stop_the_service_at_its_start(
    monkeypatch: pytest.MonkeyPatch, address: str | None, said: str
) -> None:
    if address is None:
        monkeypatch.delenv("BOOKSHOP_DATABASE_URL")
    else:
        monkeypatch.setenv("BOOKSHOP_DATABASE_URL", address)
    sys.path.insert(0, str(PROJECT))
    from bookshop.main import app  # noqa: PLC0415  # see above

    with pytest.raises(ValidationError, match=said), TestClient(app):
        pytest.fail("the service started")
