"""A decision is drawn so that nothing covers, clips or hides anything, and outcomes are links."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Browser, Page

from guide.models import Decision
from tests.site.chromium import opened, settled
from tests.site.kinds import the_guide
from tests.site.telling import listed

WIDTHS = [360, 1200]
SMALLEST_TEXT = 12

BOXES = """chart => [...chart.querySelectorAll(
  ".sp-flow__ask, .sp-flow__label, .sp-flow__out")].map(node => {
  const box = node.getBoundingClientRect();
  return {
    text: node.textContent.trim().replace(/\\s+/g, " ").slice(0, 50),
    left: box.left, right: box.right, top: box.top, bottom: box.bottom,
    kind: node.classList[0].replace("sp-flow__", ""),
    shown: node.checkVisibility({opacityProperty: true, visibilityProperty: true}),
    clipped: node.scrollWidth > node.clientWidth + 1 || node.scrollHeight > node.clientHeight + 1,
    inline: getComputedStyle(node).display === "inline",
    smallest: Math.min(...[node, ...node.querySelectorAll("*")]
      .map(one => parseFloat(getComputedStyle(one).fontSize)))
  };
})"""

UNDER_THE_POINTER = """link => {
  link.scrollIntoView({block: "center"});
  const box = link.getBoundingClientRect();
  const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  return link.contains(top);
}"""


@dataclass(frozen=True)
class Box:
    """A question, an answer or an outcome as drawn, in pixels of the window."""

    text: str
    left: float
    right: float
    top: float
    bottom: float
    kind: str
    shown: bool
    clipped: bool
    inline: bool
    smallest: float

    def covers(self, other: "Box") -> bool:
        """The two share more than an edge."""
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return across > 1 and down > 1


def outcomes(decision: Decision) -> list[str]:
    """The pages that the decision's answers lead to; a question reached twice is drawn once."""
    answers = [answer for question in decision.questions.values() for answer in question.answers]
    return [answer.outcome for answer in answers if answer.outcome]


@pytest.fixture
def page(browser: Browser, address: str, width: int) -> Iterator[Page]:
    """A page of the width."""
    with opened(browser, address, width=width) as (page, _):
        yield page


@pytest.fixture
def boxes(page: Page, address: str, key: str) -> list[Box]:
    """The boxes of the flowchart on the decision's page."""
    settled(page, f"{address}decisions/{key}/")
    return [Box(**one) for one in page.locator(f"[data-flowchart={key}]").evaluate(BOXES)]


every_decision = pytest.mark.parametrize("key", sorted(the_guide().decisions))
every_width = pytest.mark.parametrize("width", WIDTHS)


@every_decision
@every_width
def test_every_outcome_is_a_link_that_can_be_clicked(page: Page, address: str, key: str) -> None:
    decision = the_guide().decisions[key]
    here = f"{address}decisions/{key}/"
    settled(page, here)
    links = page.locator(f"[data-flowchart={key}] .sp-flow__out a")
    led = [urljoin(here, link.get_attribute("href") or "") for link in links.all()]
    wanted = [f"{address}{outcome}/" for outcome in outcomes(decision)]
    assert sorted(led) == sorted(wanted)
    hidden = [link.inner_text() for link in links.all() if not link.evaluate(UNDER_THE_POINTER)]
    assert not hidden, listed(hidden)


@every_decision
@every_width
def test_nothing_covers_anything(boxes: list[Box]) -> None:
    pairs = [f"'{a.text}' and '{b.text}'" for a, b in combinations(boxes, 2) if a.covers(b)]
    assert not pairs, listed(pairs)


@every_decision
@every_width
def test_everything_is_visible_within_the_window(boxes: list[Box], width: int) -> None:
    assert boxes
    lost = [
        f"{box.kind} '{box.text}': {box.left:.0f}-{box.right:.0f}, shown {box.shown}"
        for box in boxes
        if not box.shown or box.left < 0 or box.right > width or box.right - box.left < 16
    ]
    clipped = [f"clipped: '{box.text}'" for box in boxes if box.clipped and not box.inline]
    small = [f"{box.smallest} px: '{box.text}'" for box in boxes if box.smallest < SMALLEST_TEXT]
    assert not lost + clipped + small, listed(lost + clipped + small)


@every_decision
@pytest.mark.parametrize("width", [1200])
def test_wide_window_shows_outcomes_beside_questions(boxes: list[Box]) -> None:
    start = next(box for box in boxes if box.kind == "ask")
    beside = [box for box in boxes if box.kind == "out" and box.left > start.right]
    assert beside, "an indented list, no flowchart"


@every_decision
@pytest.mark.parametrize("width", [360])
def test_narrow_window_leaves_boxes_their_width(boxes: list[Box]) -> None:
    thin = [
        f"{box.right - box.left:.0f} px: '{box.text}'"
        for box in boxes
        if box.kind in {"ask", "out"} and box.right - box.left < 0.6 * 360
    ]
    assert not thin, listed(thin)
