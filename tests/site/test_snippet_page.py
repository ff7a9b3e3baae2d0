"""What goes wrong is read beside the code where there is room, and after it elsewhere."""

import pytest
from playwright.sync_api import Browser, Page

from tests.site.chromium import flawless, settled

PAGE = "snippets/auth/jwt-key-rotation/"
BOXES = """() => Object.fromEntries(["code", "wrong"].map((name, number) => {
  const box = document.querySelector([".sp-file", ".sp-wrong__in"][number]).getBoundingClientRect();
  return [name, {left: box.left, right: box.right, top: box.top, bottom: box.bottom}];
}))"""
HIDDEN = """() => {
  const code = document.querySelector(".sp-file pre");
  return code.scrollWidth - code.clientWidth;
}"""


def boxes(page: Page) -> dict[str, dict[str, float]]:
    """Where the code and the text are in the window."""
    found: dict[str, dict[str, float]] = page.evaluate(BOXES)
    return found


@pytest.mark.parametrize("width", [1280, 1920])
def test_text_stays_in_sight_beside_the_code(browser: Browser, address: str, width: int) -> None:
    with flawless(browser, address) as page:
        page.set_viewport_size({"width": width, "height": 800})
        settled(page, address + PAGE)
        before = boxes(page)
        assert before["wrong"]["left"] >= before["code"]["right"]
        assert before["wrong"]["bottom"] < 800
        page.locator(".sp-stamp").scroll_into_view_if_needed()
        after = boxes(page)
        assert after["code"]["top"] < 0 < after["wrong"]["top"]
        assert after["wrong"]["bottom"] < 800
        assert page.evaluate(HIDDEN) == 0


@pytest.mark.parametrize("width", [360, 1200])
def test_text_follows_the_code_where_both_do_not_fit(
    browser: Browser, address: str, width: int
) -> None:
    with flawless(browser, address) as page:
        page.set_viewport_size({"width": width, "height": 800})
        settled(page, address + PAGE)
        found = boxes(page)
        assert found["wrong"]["top"] >= found["code"]["bottom"]
        assert page.evaluate(HIDDEN) == 0 or width < 1000
