"""From the first key to the first result, beside Material's own search of the same pages."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.site.chromium import opened
from tests.site.kinds import largest
from tests.site.serving import POLICY, serving

ROUNDS = 7
QUERY = "celery"
COLD, WARM = 0.30, 0.25
"""The most that ours may take of stock's, in the medians."""


@dataclass(frozen=True)
class Box:
    """A search box: how it is opened, what it is typed into and where results stand."""

    key: str
    field: str
    result: str


OURS = Box("/", ".sp-searching input", ".sp-found")
STOCK = Box("/", "input.md-search__input", "li.md-search-result__item a")

# Keys go in one by one, as a reader's do; the clock starts at the first.
TYPE = """async ([field, result, query]) => {
  const input = document.querySelector(field);
  const shown = () => [...document.querySelectorAll(result)].some(one => one.textContent.trim());
  const frame = () => new Promise(done => requestAnimationFrame(done));
  const put = text => {
    input.value = text;
    for (const name of ["keydown", "input", "keyup"])
      input.dispatchEvent(new Event(name, {bubbles: true}));
  };
  put("");
  while (shown()) await frame();
  const begun = performance.now();
  for (let length = 1; length <= query.length; length += 1) put(query.slice(0, length));
  while (!shown()) await frame();
  return performance.now() - begun;
}"""


def typed(page: Page, box: Box) -> float:
    """Milliseconds from the first key to the first result on the screen."""
    took: float = page.evaluate(TYPE, [box.field, box.result, QUERY])
    return took


def first_and_next(browser: Browser, address: str, box: Box) -> tuple[float, float]:
    """Milliseconds of a reader's first search, and of the second on the same page."""
    with opened(browser, address) as (page, _):
        page.goto(address, wait_until="load")
        page.keyboard.press(box.key)
        return typed(page, box), typed(page, box)


def told(name: str, ours: Sequence[float], stock: Sequence[float], most: float) -> float:
    """Print a line of the table; give the ratio of the medians."""
    ratio = statistics.median(ours) / statistics.median(stock)
    print(
        f"{name:8}{statistics.median(ours):8.1f} ({min(ours):.1f}–{max(ours):.1f})"
        f"{statistics.median(stock):10.1f} ({min(stock):.1f}–{max(stock):.1f})"
        f"   × {ratio:.2f}, limit {most}"
    )
    return ratio


@pytest.mark.timeout(900)
def test_result_comes_sooner_than_in_material(browser: Browser, site: Path, stock: Path) -> None:
    name = largest("technology", site)
    ours: list[tuple[float, float]] = []
    theirs: list[tuple[float, float]] = []
    with (
        serving(site, POLICY, compressed=True) as (address, _),
        serving(stock, None, compressed=True) as (beside, _),
    ):
        for _ in range(ROUNDS):
            ours.append(first_and_next(browser, address + name, OURS))
            theirs.append(first_and_next(browser, beside + name, STOCK))
    print("\n\nms from the first key to the first result: this site, Material as it comes")
    cold, warm = (
        told(
            label,
            [one[place] for one in ours],
            [one[place] for one in theirs],
            most,
        )
        for place, (label, most) in enumerate((("cold", COLD), ("warm", WARM)))
    )
    assert cold <= COLD
    assert warm <= WARM
