"""Two to four contenders stand side by side, and the address keeps which."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.site.chromium import QUIET, flawless, opened, settled
from tests.site.kinds import the_guide
from tests.site.test_browser import violations

START = "compare/"
ASKED = "compare/?in=web-framework&of=fastapi,django"
DIFFERENT = """() => [...document.querySelectorAll("[data-chosen] tbody")].map(body => [
  body.querySelector(".sp-group").textContent.trim(),
  [...body.rows].slice(1).map(row => new Set([...row.cells].slice(1).map(cell =>
    (cell.querySelector(".sp-val, .sp-verdict")?.textContent ?? "–").trim())).size),
])"""


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A page that complains of nothing."""
    with flawless(browser, address) as page:
        yield page


def columns(page: Page) -> list[str]:
    """The contenders side by side."""
    heads = page.locator("[data-chosen] thead th")
    expect(heads.first).to_be_visible()
    return heads.all_text_contents()[1:]


def tick(page: Page, name: str) -> Locator:
    """The box of a contender."""
    return page.get_by_role("checkbox", name=name, exact=True)


def test_question_brings_its_usual_contenders_and_the_address_keeps_them(
    page: Page, address: str
) -> None:
    settled(page, address + START)
    page.get_by_label("Question").select_option("web-framework")
    shown = columns(page)
    assert 2 <= len(shown) <= 4
    expect(page).to_have_url(re.compile(r"\?in=web-framework&of=[a-z,-]+$"))
    settled(page, page.url)
    assert columns(page) == shown


def test_contenders_come_and_go_but_never_more_than_four(page: Page, address: str) -> None:
    settled(page, address + ASKED)
    assert columns(page) == ["FastAPI", "Django"]
    tick(page, "Flask").check()
    tick(page, "Litestar").check()
    assert set(columns(page)) == {"FastAPI", "Django", "Flask", "Litestar"}
    expect(tick(page, "Starlette")).to_be_disabled()
    tick(page, "FastAPI").uncheck()
    assert "FastAPI" not in columns(page)
    expect(tick(page, "Starlette")).to_be_enabled()


def test_with_one_contender_left_the_table_waits_for_another(page: Page, address: str) -> None:
    settled(page, address + ASKED)
    assert len(columns(page)) == 2
    tick(page, "Django").uncheck()
    expect(page.locator(".sp-chooser").get_by_role("status")).to_have_text("Choose two to four.")
    expect(page.locator("[data-chosen] table")).to_be_hidden()


def test_rows_that_differ_come_first(page: Page, address: str) -> None:
    settled(page, address + ASKED)
    columns(page)
    bands = page.evaluate(DIFFERENT)
    assert [name for name, _ in bands][:2] == ["Differs", "Same in both"]
    assert all(values > 1 for values in bands[0][1])
    assert bands[0][1]


def test_pair_with_a_page_of_its_own_is_linked(page: Page, address: str) -> None:
    settled(page, address + ASKED)
    page.get_by_role("link", name="Our verdict: Django or FastAPI").click()
    page.wait_for_url(f"{address}compare/django-vs-fastapi/")


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        pytest.param("in=web-framework&of=flask", "Flask", id="one is filled up"),
        pytest.param("in=web-framework&of=cobol", "FastAPI", id="unknown contender"),
        pytest.param("in=nothing&of=fastapi", None, id="unknown question"),
    ],
)
def test_address_that_asks_for_less_or_nonsense_still_gives_a_page(
    page: Page, address: str, asked: str, shown: str | None
) -> None:
    settled(page, f"{address}{START}?{asked}")
    if shown:
        assert shown in columns(page)
        assert len(columns(page)) >= 2
    else:
        expect(page.get_by_label("Question")).to_have_value("")
        expect(page.locator("#questions")).to_be_in_viewport()


def test_address_that_somebody_has_added_to_moves_nothing(page: Page, address: str) -> None:
    settled(page, f"{address}{START}?utm_source=mail")
    expect(page.locator("#questions")).to_be_in_viewport()
    assert page.evaluate("seen.shifts") == []


def test_choice_taken_back_leads_to_the_list_again(page: Page, address: str) -> None:
    settled(page, address + ASKED)
    columns(page)
    expect(page.locator("#questions")).not_to_be_in_viewport()
    page.get_by_label("Question").select_option("")
    expect(page.locator("#questions")).to_be_in_viewport()


def test_links_in_the_table_lead_from_this_page(page: Page, address: str) -> None:
    settled(page, address + ASKED)
    columns(page)
    page.locator("[data-chosen] thead a").first.click()
    page.wait_for_url(f"{address}technologies/fastapi/")


def test_evidence_is_there_in_words_on_demand(page: Page, address: str) -> None:
    settled(page, address + ASKED)
    columns(page)
    button = page.get_by_role("button", name="Evidence in words")
    said = page.locator("[data-chosen] .sp-says")
    expect(said).to_have_count(0)
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(said.first).to_contain_text("by tests/probes/web-frameworks/")
    button.click()
    expect(said).to_have_count(0)


def test_copy_as_markdown_gives_the_table_as_shown(page: Page, address: str) -> None:
    settled(page, address + ASKED)
    columns(page)
    page.get_by_role("button", name="Copy as Markdown").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    lines = page.evaluate("navigator.clipboard.readText()").splitlines()
    fastapi, django = (f"{address}technologies/{key}/" for key in ("fastapi", "django"))
    assert lines[0] == f"|  | [FastAPI]({fastapi}) | [Django]({django}) |"
    assert lines[1] == "| --- | --- | --- |"
    assert "| Dependency injection | Built in (RAN) | None (RAN) |" in lines
    assert lines[-1] == f"Source: <{address}{ASKED}>"
    # As many cells in each row as the table has columns: nothing in a value broke out of its cell.
    rows = [line for line in lines if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {4}


def test_table_that_could_not_be_loaded_is_there_at_the_next_choice(
    browser: Browser, address: str
) -> None:
    with opened(browser, address) as (page, _):
        page.route("**/tables/web-framework.html", lambda route: route.abort(), times=1)
        settled(page, address + ASKED)
        status = page.locator(".sp-chooser").get_by_role("status")
        expect(status).to_contain_text("could not be loaded")
        page.get_by_label("Question").select_option("")
        page.get_by_label("Question").select_option("web-framework")
        assert columns(page)


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_with_a_table_open(
    browser: Browser, address: str, width: int, scheme: str
) -> None:
    with opened(browser, address, width=width, scheme=scheme) as (page, complaints):
        settled(page, address + ASKED)
        columns(page)
        page.get_by_role("button", name="Evidence in words").click()
        assert violations(page) == []
        overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert (overflow, complaints) == (0, [])


def test_nothing_in_sight_moves_when_the_address_names_a_choice(page: Page, address: str) -> None:
    settled(page, address + ASKED)
    columns(page)
    page.evaluate(QUIET)
    assert page.evaluate("seen.shifts") == []


def test_without_script_every_question_leads_to_its_table(browser: Browser, address: str) -> None:
    choices = [choice for one in the_guide().categories.values() for choice in one.choices]
    with opened(browser, address, script=False) as (page, _):
        page.goto(address + START)
        expect(page.get_by_label("Question")).to_be_hidden()
        links = page.locator("#questions ~ .sp-names dt a, .sp-names dt a")
        assert links.count() == len(choices)
        links.first.click()
        expect(page.locator(":target")).to_be_visible()


def test_print_shows_the_table_and_leaves_the_rest_out(page: Page, address: str) -> None:
    settled(page, address + ASKED)
    columns(page)
    page.emulate_media(media="print")
    expect(page.locator("[data-chosen] table")).to_be_visible()
    for hidden in (".sp-chooser", ".sp-tools", ".sp-names", ".sp-cards"):
        expect(page.locator(hidden).first).to_be_hidden()
