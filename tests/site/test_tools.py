"""A comparison is narrowed down, ordered and copied in place; without a script it is whole."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.site.chromium import flawless, held_back, opened, settled
from tests.site.test_browser import violations

START = "categories/web-frameworks/"
WHOLE = 9


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A page with a comparison of many."""
    with flawless(browser, address) as page:
        settled(page, address + START)
        expect(tools(page)).to_be_visible()
        yield page


def tools(page: Page) -> Locator:
    """The tools of the page's first comparison."""
    return page.locator("[data-tools]").first


def columns(page: Page) -> list[str]:
    """The contenders that its table shows, in order."""
    return (
        page.locator("[data-tools] + .sp-scroll").first.locator("thead th").all_text_contents()[1:]
    )


def test_tools_cannot_be_pressed_before_they_work(browser: Browser, address: str) -> None:
    with flawless(browser, address) as page:
        held = held_back(page, "**/compare/tools.js")
        settled(page, address + START)
        expect(tools(page)).to_be_hidden()
        held[0].continue_()
        expect(tools(page)).to_be_visible()


def test_contender_is_left_out_and_comes_back(page: Page) -> None:
    before = columns(page)
    assert len(before) == WHOLE
    tools(page).get_by_role("button", name="Contenders").click()
    tools(page).get_by_label("Flask").uncheck()
    assert columns(page) == [name for name in before if name != "Flask"]
    expect(tools(page).locator("[role=status]")).to_have_text("8 of 9 contenders")
    tools(page).get_by_label("Flask").check()
    assert columns(page) == before
    expect(tools(page).locator("[role=status]")).to_have_text("")


def test_what_they_must_have_leaves_those_that_have_all_of_it(page: Page) -> None:
    tools(page).get_by_role("button", name="Must have").click()
    group = tools(page).get_by_role("group", name="Admin site")
    group.get_by_label("Built in (3)").check()
    assert columns(page) == ["Django", "Django REST Framework", "Django Ninja"]
    openapi = tools(page).get_by_role("group", name="OpenAPI document, no add-ons")
    openapi.get_by_label("Yes, and valid").check()
    assert columns(page) == ["Django Ninja"]
    openapi.get_by_label("No").check()
    assert len(columns(page)) == 3, "either of two values of a row"


def test_what_nobody_has_is_said(page: Page) -> None:
    tools(page).get_by_role("button", name="Must have").click()
    tools(page).get_by_role("group", name="Admin site").get_by_label("Built in").check()
    tools(page).get_by_role("group", name="Dependency injection").get_by_label("Built in").check()
    assert columns(page) == []
    expect(tools(page).locator("[role=status]")).to_have_text("No contender has all of this.")


def orders(page: Page) -> Locator:
    """The orders to choose from, which are there once somebody reaches for them."""
    select = tools(page).get_by_label("Order")
    select.focus()
    return select


def test_contenders_stand_in_the_order_of_their_names(page: Page) -> None:
    before = columns(page)
    orders(page).select_option(label="by name")
    assert columns(page) == sorted(before, key=str.lower)
    orders(page).select_option("")
    assert columns(page) == before


def test_contenders_stand_in_the_order_of_a_row_the_best_first(page: Page) -> None:
    offered = orders(page).locator("option").all_text_contents()[2:]
    assert len(offered) > 5
    box = page.locator("[data-tools] + .sp-scroll").first
    for label in offered:
        orders(page).select_option(label=label)
        row = box.locator("tbody tr:not(.sp-group)", has_text=label.removeprefix("by: ")).first
        ranks = row.locator("td").evaluate_all("cells => cells.map(one => one.dataset.rank)")
        found = [float(one) if one is not None else float("inf") for one in ranks]
        assert found == sorted(found), label
        assert len(set(found)) > 1, label
    assert len(columns(page)) == WHOLE


def test_keyboard_alone_opens_a_panel_and_asks(page: Page) -> None:
    button = tools(page).get_by_role("button", name="Must have")
    button.focus()
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-expanded", "true")
    tools(page).get_by_role("group", name="Admin site").get_by_label("Built in").focus()
    page.keyboard.press("Space")
    assert len(columns(page)) == 3
    button.focus()
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-expanded", "false")
    assert len(columns(page)) == 3


def test_side_by_side_takes_the_contenders_along(page: Page, address: str) -> None:
    tools(page).get_by_role("button", name="Must have").click()
    tools(page).get_by_role("group", name="Admin site").get_by_label("Built in").check()
    tools(page).get_by_role("link", name="Side by side").click()
    page.wait_for_url(
        f"{address}compare/?in=web-framework&of=django,django-rest-framework,django-ninja"
    )


def test_copy_as_markdown_gives_the_columns_shown(page: Page) -> None:
    tools(page).get_by_role("button", name="Must have").click()
    tools(page).get_by_role("group", name="Admin site").get_by_label("Built in").check()
    tools(page).get_by_role("button", name="Copy as Markdown").click()
    expect(tools(page).get_by_role("button", name="Copied")).to_be_visible()
    lines = page.evaluate("navigator.clipboard.readText()").splitlines()
    assert lines[0].count("](") == 3
    assert "| **Built in** |  |  |  |" in lines
    expect(tools(page).get_by_role("button", name="Copy as Markdown")).to_be_visible(timeout=4000)


@pytest.mark.parametrize("width", [1280, 360])
def test_axe_finds_nothing_with_the_panels_open(browser: Browser, address: str, width: int) -> None:
    with opened(browser, address, width=width) as (page, _):
        settled(page, address + START)
        for name in ("Contenders", "Must have", "Evidence in words"):
            tools(page).get_by_role("button", name=name).click()
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") == 0


def test_without_script_the_table_is_whole_and_no_dead_control(
    browser: Browser, address: str
) -> None:
    with opened(browser, address, script=False) as (page, _):
        page.goto(address + START)
        expect(tools(page)).to_be_hidden()
        assert len(columns(page)) == WHOLE
