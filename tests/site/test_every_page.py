"""What holds for every page there is; the pages of a kind are looked at in batches."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.site.chromium import opened, settled
from tests.site.kinds import KINDS, LOST, addresses
from tests.site.telling import listed

NARROW, WIDE = 360, 1280
MOST_PAGES = 60

WIDER_THAN_THE_WINDOW = """() => {
  const root = document.documentElement;
  if (root.scrollWidth <= innerWidth) return null;
  const far = [...document.body.querySelectorAll("*")]
    .filter(node => node.getBoundingClientRect().right > innerWidth + 1)
    .filter(node => !node.closest(".sp-scroll, pre, [popover]"))
    .map(node => node.outerHTML.slice(0, 100));
  return `scrolls sideways, ${root.scrollWidth} px in ${innerWidth}: ${far.slice(-1)}`;
}"""


def faults(page: Page, complaints: list[str], url: str) -> list[str]:
    """What is wrong with the page at the address in a narrow and in a wide window."""
    page.set_viewport_size({"width": NARROW, "height": 800})
    settled(page, url)
    wider = [page.evaluate(WIDER_THAN_THE_WINDOW)]
    page.set_viewport_size({"width": WIDE, "height": 800})
    wider.append(page.evaluate(WIDER_THAN_THE_WINDOW))
    found = [*complaints, *filter(None, wider)]
    complaints.clear()
    return found


def batches() -> Iterator[object]:
    """The pages of every kind, as many as one test looks at within its time."""
    for kind in KINDS:
        names = addresses(kind)
        for start in range(0, len(names), MOST_PAGES):
            first = "" if start == 0 else f"-from-{start}"
            yield pytest.param(names[start : start + MOST_PAGES], id=f"{kind}{first}")
    yield pytest.param([LOST], id="lost")


@pytest.mark.parametrize("names", [*batches()])
def test_page_is_quiet_keeps_to_its_origin_and_does_not_scroll_sideways(
    browser: Browser, address: str, names: list[str]
) -> None:
    with opened(browser, address) as (page, complaints):
        lines = [
            f"/{name}: {fault}"
            for name in names
            for fault in faults(page, complaints, address + name)
        ]
    assert not lines, listed(lines)
