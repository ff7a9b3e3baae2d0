"""One page of each kind in a browser: the one with most in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, FloatRect, Page, Route, expect

from tests.site.chromium import QUIET, held_back, opened, settled
from tests.site.kinds import KINDS, LOST, largest
from tests.site.telling import listed

EVERY_KIND = [pytest.param(kind, id=kind) for kind in [*KINDS, "lost"]]
# Unfolds all, or none, or of those with code only the first few: each has the same colours.
UNFOLD = """most => document.querySelectorAll("details").forEach(one => {
  one.open = most > 0 && (!one.querySelector("pre") || most-- > 1);
})"""

# When the first paint was. `wait_for_function` would evaluate a text, which the policy refuses.
PAINTED = """() => new Promise(done => new PerformanceObserver(
  list => done(list.getEntries()[0].startTime)
).observe({type: "paint", buffered: true}))"""

# A cell that is laid out as a box of its own ends before its row does, and so does its line.
NO_CELLS = """() => [...document.querySelectorAll("th, td")]
  .filter(cell => !["table-cell", "none"].includes(getComputedStyle(cell).display))
  .map(cell => cell.outerHTML.slice(0, 140))"""

# Where a parser may rest with the head half read: within the search button, after it, at the end.
HEAD_ENDS = ('class="sp-search__word">Search</span>', "</kbd></a>", "</header>")
HEAD_PARTS = (".sp-head__in", ".sp-logo", ".sp-tabs", ".sp-head__end", ".sp-search", ".sp-theme")


@pytest.fixture
def url(kind: str, site: Path, address: str) -> str:
    """The address of the page looked at."""
    return address + (LOST if kind == "lost" else largest(kind, site))


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A page of a fresh reader with a wide, light window."""
    with opened(browser, address) as (page, _):
        yield page


def violations(page: Page) -> list[str]:
    """What axe finds on the page as it is, a line per node."""
    return [
        f"{rule['id']} ({rule['impact']}): {' '.join(map(str, node['target']))} "
        f"{node['html'][:140]} {' '.join(node['failureSummary'].split())[:200]}"
        for rule in Axe().run(page).response["violations"]
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", EVERY_KIND)
def test_axe_finds_nothing(page: Page, url: str, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    settled(page, url)
    page.evaluate(UNFOLD, 1000 if scheme == "light" else 6)
    found = [f"1280 {line}" for line in violations(page)]
    # Folded again, as a reader finds it: axe takes its time over each piece of coloured code.
    page.evaluate(UNFOLD, 0)
    page.set_viewport_size({"width": 360, "height": 800})
    found += [f"360 {line}" for line in violations(page)]
    assert not found, listed(found)


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("kind", EVERY_KIND)
def test_cells_of_tables_fill_their_rows(page: Page, url: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    settled(page, url)
    boxes = page.evaluate(NO_CELLS)
    assert not boxes, listed(boxes)


def assert_nothing_moves(page: Page, url: str, late: str) -> None:
    """Load the page with the files that fit the pattern coming after the first paint.

    What moved is named; each line begins with how much, as Chrome counts it.
    """
    asked: list[Route] = []
    painted = False

    def hold(route: Route) -> None:
        asked.append(route)
        if painted:
            route.continue_()

    page.route(late, hold)
    page.goto(url, wait_until="commit")
    page.evaluate(PAINTED)
    held, painted = list(asked), True
    for route in held:
        route.continue_()
    page.wait_for_load_state("load")
    page.evaluate(QUIET)
    assert asked, f"the page does not ask for {late}"
    lines = page.evaluate("seen.shifts")
    assert not lines, listed(lines)


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("kind", EVERY_KIND)
def test_nothing_moves_when_the_script_comes_late(
    browser: Browser, address: str, url: str, width: int
) -> None:
    with opened(browser, address, width=width) as (page, _):
        page.route("**/*.woff2", lambda route: route.abort())
        assert_nothing_moves(page, url, "**/site.js")


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("kind", EVERY_KIND)
def test_nothing_moves_when_the_fonts_come_late(
    browser: Browser, address: str, url: str, width: int
) -> None:
    with opened(browser, address, width=width) as (page, _):
        assert_nothing_moves(page, url, "**/*.woff2")


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("kind", EVERY_KIND)
def test_top_of_a_page_is_painted_before_the_rest_and_moves_no_more(
    browser: Browser, address: str, url: str, width: int
) -> None:
    """The first section waits for a script; a page without sections has none."""
    with opened(browser, address, width=width) as (page, _):
        if "<h2 id=" in page.request.get(url).text():
            assert_nothing_moves(page, url, "**/fold.js")
        else:
            settled(page, url)
            assert page.locator("script[src$='fold.js']").count() == 0


def test_top_of_a_page_is_read_while_the_rest_is_awaited(browser: Browser, address: str) -> None:
    with opened(browser, address) as (page, _):
        held = held_back(page, "**/fold.js")
        page.goto(f"{address}technologies/celery/", wait_until="commit")
        page.evaluate(PAINTED)
        expect(page.locator("main .sp-verdict").first).to_be_visible()
        assert page.locator("#use, footer").count() == 0
        held[0].abort()  # a script that never comes keeps nothing back
        expect(page.locator("#use")).to_be_visible()
        expect(page.locator("footer")).to_be_attached()


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("kind", EVERY_KIND)
def test_head_stands_where_it_will_before_the_rest_has_come(
    browser: Browser, address: str, url: str, width: int
) -> None:
    """A slow line gives the page in pieces; what comes later must not move what is there."""
    with opened(browser, address, width=width) as (page, _):
        # Whether they come in time to be shown is chance.
        page.route("**/*.woff2", lambda route: route.abort())
        settled(page, url)
        whole = boxes(page)
        text = page.request.get(url).text()
        for end in HEAD_ENDS:
            answered_with(page, url, text.partition(end)[0] + end)
            page.goto(url)
            assert page.locator("main").count() == 0
            found = boxes(page)
            assert ".sp-search" in found
            assert found == {part: whole[part] for part in found}, f"cut after {end}"


def answered_with(page: Page, url: str, body: str) -> None:
    """Answer with that text what is asked of the address from now on."""
    page.route(url, lambda route: route.fulfill(body=body, status=200))


def boxes(page: Page) -> dict[str, FloatRect]:
    """Selector → place and size of each part of the head that is there and shown."""
    parts = {part: page.locator(part) for part in HEAD_PARTS}
    return {part: box for part, one in parts.items() if one.count() and (box := one.bounding_box())}


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_skip_link_leads_to_the_content_by_keyboard(page: Page, url: str) -> None:
    settled(page, url)
    page.keyboard.press("Tab")
    link = page.locator(":focus")
    expect(link).to_have_text("Skip to content")
    expect(link).to_be_in_viewport(ratio=1)
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    if page.locator("main a[href]:visible, main button:visible").count():
        expect(page.locator("main :focus")).to_have_count(1)


@pytest.mark.parametrize("system", ["light", "dark"])
def test_colour_scheme_chosen_is_there_before_the_next_page_is_painted(
    browser: Browser, address: str, site: Path, system: str
) -> None:
    other = "light" if system == "dark" else "dark"
    with opened(browser, address, scheme=system) as (page, _):
        settled(page, address)
        before = background(page)
        page.get_by_role("button", name=f"Switch to {other} mode").click()
        chosen = background(page)
        assert chosen != before
        settled(page, address + largest("technology", site))
        assert background(page) == chosen
        assert page.evaluate("seen.scheme") == other, "not set when the body began"
        assert page.evaluate("seen.schemeAt") < page.evaluate(PAINTED)
        page.get_by_role("button", name=f"Switch to {system} mode").click()
        assert background(page) == before


def background(page: Page) -> str:
    """The colour behind the page."""
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


def test_page_without_script_shows_its_flowchart(
    browser: Browser, address: str, site: Path
) -> None:
    with opened(browser, address, script=False) as (page, complaints):
        page.goto(address + largest("decision", site))
        expect(page.locator(".sp-flow__link").first).to_be_visible()
        assert complaints == []


def test_reversed_pair_sends_its_reader_on(browser: Browser, address: str, site: Path) -> None:
    pair = largest("versus", site)
    one, other = pair.removeprefix("compare/").removesuffix("/").split("-vs-")
    with opened(browser, address) as (page, complaints):
        page.goto(f"{address}compare/{other}-vs-{one}/")
        page.wait_for_url(address + pair)
        assert complaints == []


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_moves_when_what_a_lost_reader_may_have_meant_is_found(
    browser: Browser, address: str, width: int
) -> None:
    with opened(browser, address, width=width) as (page, _):
        page.goto(f"{address}technologies/postgrsql/")
        page.locator("[data-lost] a").nth(3).wait_for()
        page.evaluate(QUIET)
        lines = list(page.evaluate("seen.shifts"))
        assert not lines, listed(lines)


@pytest.mark.parametrize(
    "path",
    ["technologies/celery/", "compare/celery-vs-rq/", "snippets/task-queues/celery-task/"],
)
def test_way_above_a_page_leads_to_its_rivals(browser: Browser, address: str, path: str) -> None:
    with opened(browser, address) as (page, _):
        page.goto(address + path)
        page.get_by_role("navigation", name="Breadcrumb").get_by_text("Task queues").click()
        page.wait_for_url(f"{address}categories/task-queues/")


def test_lost_reader_gets_the_page_for_it(browser: Browser, address: str) -> None:
    with opened(browser, address) as (page, _):
        answer = page.goto(f"{address}deep/below/nowhere/")
        assert answer is not None
        assert answer.status == 404
        page.get_by_role("link", name="Start page").click()
        page.wait_for_url(address)
