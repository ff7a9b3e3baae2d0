"""The list of snippets is narrowed down in place, and the address keeps the choice."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.site.chromium import flawless, opened, settled
from tests.site.kinds import the_guide

LIST = "snippets/"


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    with flawless(browser, address) as page:
        settled(page, address + LIST)
        yield page


def expected(**wanted: str) -> set[str]:
    """The titles of the snippets that fit, from the data."""
    return {
        snippet.title.replace("`", "")
        for key, snippet in the_guide().snippets.items()
        if wanted.get("category", key.split("/")[0]) == key.split("/")[0]
        and wanted.get("technology", snippet.technologies[0]) in snippet.technologies
        and (wanted.get("service") is None or wanted["service"] in (snippet.services or ("none",)))
    }


def shown(page: Page) -> set[str]:
    """The titles of the cards of snippets that a reader sees."""
    return set(page.locator(".sp-card[data-category]:visible h3").all_inner_texts())


@pytest.mark.parametrize(
    "wanted",
    [
        pytest.param({"category": "web-frameworks"}, id="category"),
        pytest.param({"technology": "fastapi"}, id="technology"),
        pytest.param({"service": "postgresql"}, id="service"),
        pytest.param({"service": "none"}, id="no service"),
        pytest.param({"technology": "fastapi", "service": "postgresql"}, id="two"),
    ],
)
def test_only_what_fits_is_shown_and_counted(page: Page, wanted: dict[str, str]) -> None:
    fitting = expected(**wanted)
    assert 0 < len(fitting) < len(the_guide().snippets)
    for name, value in wanted.items():
        page.locator(f"select[name={name}]").select_option(value)
    assert shown(page) == fitting
    expect(page.get_by_role("status").first).to_have_text(f"{len(fitting)} snippets")
    asked = page.url
    settled(page, asked)
    assert shown(page) == fitting


def test_heading_goes_with_its_last_snippet_and_comes_back(page: Page) -> None:
    heading = page.locator("h2#security")
    page.locator("select[name=category]").select_option("web-frameworks")
    expect(heading).to_be_hidden()
    page.locator("select[name=category]").select_option("")
    expect(heading).to_be_visible()
    assert shown(page) == expected()


def test_choice_that_there_is_not_shows_everything(page: Page, address: str) -> None:
    settled(page, f"{address}{LIST}?technology=cobol")
    assert shown(page) == expected()


def test_without_script_everything_is_shown_and_no_dead_control(
    browser: Browser, address: str, site: Path
) -> None:
    with opened(browser, address, script=False) as (page, _):
        page.goto(address + LIST)
        expect(page.locator("select[name=category]")).to_be_hidden()
        assert shown(page) == expected()
