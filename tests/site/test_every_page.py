"""What holds for every page there is; the pages of a kind are looked at in one go."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Page

from tests.site.chromium import opened, settled
from tests.site.kinds import KINDS, LOST, addresses
from tests.site.telling import listed

NARROW, WIDE = 360, 1280
GROUPED = [
    pytest.param(kind, id=kind, marks=pytest.mark.xdist_group(f"pages-{kind}"))
    for kind in [*KINDS, "lost"]
]

WIDER_THAN_THE_WINDOW = """() => {
  const root = document.documentElement;
  if (root.scrollWidth <= innerWidth) return null;
  const far = [...document.body.querySelectorAll("*")]
    .filter(node => node.getBoundingClientRect().right > innerWidth + 1)
    .filter(node => !node.closest(".sp-scroll, pre, [popover]"))
    .map(node => node.outerHTML.slice(0, 100));
  return `${root.scrollWidth} px in ${innerWidth}: ${far.slice(-1)}`;
}"""


@dataclass
class Seen:
    """What was seen on the pages of one kind, a line per fault, each with its page."""

    pages: int = 0
    complaints: list[str] = field(default_factory=list)
    sideways: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def seen(browser: Browser, address: str) -> Iterator[dict[str, Seen]]:
    """What was seen so far, by kind."""
    yield (known := {})
    known.clear()


def look(page: Page, complaints: list[str], url: str, name: str, found: Seen) -> None:
    """Open the page in a narrow and a wide window and note what is wrong."""
    page.set_viewport_size({"width": NARROW, "height": 800})
    settled(page, url)
    for width in (NARROW, WIDE):
        page.set_viewport_size({"width": width, "height": 800})
        if wider := page.evaluate(WIDER_THAN_THE_WINDOW):
            found.sideways.append(f"/{name}: {wider}")
    found.complaints += [f"/{name}: {complaint}" for complaint in complaints]
    complaints.clear()
    found.pages += 1


@pytest.fixture
def of_kind(kind: str, seen: dict[str, Seen], browser: Browser, address: str) -> Seen:
    """What was seen on the pages of the kind."""
    if kind not in seen:
        seen[kind] = Seen()
        with opened(browser, address) as (page, complaints):
            for name in [LOST] if kind == "lost" else addresses(kind):
                look(page, complaints, address + name, name, seen[kind])
    return seen[kind]


@pytest.mark.parametrize("kind", GROUPED)
def test_page_does_not_complain_and_asks_only_its_own_origin(of_kind: Seen) -> None:
    assert of_kind.pages
    assert not of_kind.complaints, listed(of_kind.complaints)


@pytest.mark.parametrize("kind", GROUPED)
def test_page_does_not_scroll_sideways(of_kind: Seen) -> None:
    assert of_kind.pages
    assert not of_kind.sideways, listed(of_kind.sideways)
