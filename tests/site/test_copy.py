"""Copying gives exactly the file that was tested."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from guide.places import snippet_files
from tests.site.building import ROOT
from tests.site.chromium import opened, settled
from tests.site.kinds import addresses, the_guide

SHOWN = "() => [...document.querySelectorAll('pre > code')].map(code => code.textContent)"


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A page of a reader who lets the site write to the clipboard."""
    with opened(browser, address) as (page, _):
        yield page


def copied(page: Page) -> str:
    """What the clipboard holds."""
    return str(page.evaluate("navigator.clipboard.readText()"))


@pytest.mark.parametrize("key", sorted(the_guide().snippets))
def test_copy_gives_the_bytes_of_each_file_of_the_snippet(
    page: Page, address: str, key: str
) -> None:
    (main,) = snippet_files(ROOT, key)
    settled(page, f"{address}snippets/{key}/")
    figures = page.locator("figure.sp-file")
    assert figures.locator("figcaption").first.inner_text() == main.name
    for number in range(figures.count()):
        figure = figures.nth(number)
        name = figure.locator("figcaption").inner_text()
        path = main if number == 0 else main.with_suffix("") / name
        figure.get_by_role("button", name="Copy").click()
        expect(figure.get_by_role("button", name="Copied")).to_be_visible()
        assert copied(page).encode() == path.read_bytes(), name


@pytest.mark.parametrize("key", sorted(the_guide().contracts))
def test_contract_page_shows_the_bytes_of_each_implementation(
    page: Page, address: str, key: str
) -> None:
    folder = ROOT / "snippets/contracts" / key
    files = [
        path.read_text("utf-8")
        for path in sorted(folder.glob("*/**/*"))
        if path.is_file() and "__pycache__" not in path.parts and path.stat().st_size
    ]
    assert files
    settled(page, f"{address}snippets/contracts/{key}/")
    assert sorted(page.evaluate(SHOWN)) == sorted(files)


def test_copy_gives_the_install_line_alone(page: Page, address: str) -> None:
    settled(page, address + "technologies/fastapi/")
    line = page.locator(".sp-install__line").filter(has_text="uv add").first
    line.get_by_role("button", name="Copy").click()
    expect(line.get_by_role("button", name="Copied")).to_be_visible()
    assert copied(page) == line.locator("code").inner_text()


def test_copy_gives_the_mermaid_source_of_the_flowchart(page: Page, address: str) -> None:
    settled(page, address + addresses("decision")[0])
    details = page.locator("details").filter(has_text="As Mermaid")
    details.locator("summary").click()
    details.get_by_role("button", name="Copy").click()
    expect(details.get_by_role("button", name="Copied")).to_be_visible()
    assert copied(page).startswith("flowchart ")
