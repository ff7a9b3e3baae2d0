"""What is saved while `make serve` runs is shown on every page that it changes."""

from collections.abc import Iterator

import pytest

from tests.site.writing import Served, served_copy

STARLETTE = "data/technologies/web-frameworks/starlette.yml"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A copy of the tree, served."""
    with served_copy(tmp_path_factory.mktemp("served")) as served:
        yield served


def test_edit_of_a_technology_is_on_each_page_that_shows_it(served: Served) -> None:
    pages = ("technologies/starlette/", "technologies/", "categories/web-frameworks/")
    before = [served.page(name) for name in (*pages, "compare/fastapi-vs-starlette/")]
    assert all("Starlette" in page for page in before)
    served.replace(STARLETTE, "name: Starlette\n", "name: Starlette renamed\n")
    served.until("technologies/starlette/", "Starlette renamed")
    for name in (*pages, "search/entries.json"):
        assert "Starlette renamed" in served.page(name), name


def test_edit_of_a_page_is_shown(served: Served) -> None:
    assert "A line more" not in served.page("contributing/")
    served.replace("docs/contributing.md", "# Contribute\n", "# Contribute\n\nA line more.\n")
    served.until("contributing/", "A line more")


def test_edit_of_a_snippet_is_on_its_page_and_in_its_file(served: Served) -> None:
    name = min((served.tree / "snippets/web-frameworks").glob("*.py"))
    path = name.relative_to(served.tree).as_posix()
    page = f"snippets/web-frameworks/{name.stem.replace('_', '-')}/"
    assert "# as of now" not in served.page(page) + served.page(path)
    name.write_text(name.read_text("utf-8") + "\n# as of now\n", "utf-8")
    served.until(page, "# as of now")
    assert "# as of now" in served.page(path)


def test_markdown_of_a_page_is_there_before_the_page_is_looked_at(served: Served) -> None:
    assert served.page("technologies/valkey/index.md").startswith("# Valkey\n")


@pytest.mark.parametrize(
    ("file", "old", "new", "page"),
    [
        ("overrides/partials/footer.html", "<footer", '<footer id="new"', "technologies/redis/"),
        ("overrides/.css/base.css", "*,", ".new,", "assets/stackproof.css"),
        ("docs/assets/js/site.js", "", "// new\n", "assets/js/site.js"),
        ("hooks/guide/templates/technology.md.j2", "", "New.\n\n", "technologies/redis/"),
    ],
)
def test_edit_of_what_pages_are_made_of_is_shown(
    file: str, old: str, new: str, page: str, served: Served
) -> None:
    assert new.strip() not in served.page(page)
    served.replace(file, old, new)
    served.until(page, new.strip())


def test_mistake_is_told_in_place_of_the_page_until_it_is_mended(served: Served) -> None:
    marker, wrong = "<!-- guide:changes -->", "<!-- guide:chances -->"
    served.replace("docs/changes.md", marker, wrong)
    served.until("changes/", "unknown view")
    assert "</body>" in served.page("changes/")
    assert "Redis" in served.page("technologies/redis/")
    served.replace("docs/changes.md", wrong, marker)
    served.until("changes/", "<h1")
