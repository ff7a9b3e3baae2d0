"""A comparison that is wider than a phone scrolls inside its own box and keeps its first column."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.site.chromium import opened, settled
from tests.site.kinds import addresses, largest
from tests.site.telling import listed

SCROLLED = """() => [...document.querySelectorAll(".sp-scroll:has(> .sp-compare)")].map(box => {
  box.scrollLeft = 10_000;
  box.scrollTop = 150;
  const edge = box.getBoundingClientRect();
  const head = box.querySelector("thead th:first-child").getBoundingClientRect();
  return {
    name: box.querySelector("caption").textContent,
    moved: box.scrollLeft,
    keyboard: box.tabIndex,
    shown: edge.width - head.width,
    strayed: [...box.querySelectorAll("thead th:first-child, tbody th[scope=row]")]
      .filter(cell => Math.abs(cell.getBoundingClientRect().left - edge.left) > 2)
      .map(cell => cell.textContent.trim()),
    head: box.scrollTop ? head.top - edge.top : 0,
  };
})"""


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A page as wide as a phone."""
    with opened(browser, address, width=360) as (page, _):
        yield page


def test_first_column_and_header_stay_when_a_comparison_is_scrolled(
    page: Page, address: str
) -> None:
    lines = []
    tables = 0
    for category in addresses("category"):
        settled(page, address + category)
        for one in page.evaluate(SCROLLED):
            tables += one["moved"] > 0
            name = f"/{category} '{one['name']}'"
            lines += [f"{name}: '{row}' left" for row in one["strayed"]]
            if abs(one["head"]) > 2:
                lines.append(f"{name}: header at {one['head']:.0f} px")
            if one["moved"] and one["keyboard"] != 0:
                lines.append(f"{name}: cannot be scrolled by keyboard")
            if one["shown"] < 180:
                lines.append(f"{name}: only {one['shown']:.0f} px left beside the first column")
    assert tables, "no comparison is wider than the window"
    assert not lines, listed(lines)


@pytest.mark.parametrize("kind", ["versus", "technology"])
def test_first_column_stays_where_few_are_compared(
    page: Page, address: str, site: Path, kind: str
) -> None:
    settled(page, address + largest(kind, site))
    found = page.evaluate(SCROLLED)
    assert found
    assert [one["strayed"] for one in found if one["strayed"]] == []
