"""The menu of a narrow window: what is nearby, without scripts, by keyboard too."""

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.site.chromium import flawless, settled

NARROW = 360
BEAT = "Periodic Celery tasks with Beat, by interval and by crontab, in UTC"
PIPELINES = "Pipelines and optimistic transactions with redis-py, with limits for time and tries"


def menu(page: Page) -> Locator:
    return page.get_by_role("navigation", name="Sections and pages nearby")


@pytest.mark.parametrize(
    ("path", "near", "far"),
    [
        ("technologies/celery/", "RQ", "FastAPI"),
        ("compare/celery-vs-rq/", "Celery or Taskiq", "Django or Flask"),
        ("snippets/task-queues/celery-task/", BEAT, PIPELINES),
        ("categories/task-queues/", "Caching", "Celery"),
        ("technologies/", "Technologies", "Celery"),
    ],
)
def test_menu_lists_what_is_near_and_leaves_out_other_categories(
    browser: Browser, address: str, path: str, near: str, far: str
) -> None:
    with flawless(browser, address, width=NARROW) as page:
        settled(page, address + path)
        page.get_by_role("button", name="Menu", exact=True).click()
        expect(menu(page)).to_be_visible()
        listed = menu(page).locator("li li a").all_inner_texts()
        assert near in listed
        assert far not in listed


def test_menu_is_entered_and_left_by_keyboard(browser: Browser, address: str) -> None:
    """It stands at the end of the document, yet comes right after its button."""
    with flawless(browser, address, width=NARROW) as page:
        settled(page, f"{address}technologies/celery/")
        button = page.get_by_role("button", name="Menu", exact=True)
        button.focus()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name="Close menu")).to_be_focused()
        page.keyboard.press("Tab")
        expect(menu(page).get_by_role("link", name="Home")).to_be_focused()
        page.keyboard.press("Escape")
        expect(button).to_be_focused()
        expect(menu(page)).to_be_hidden()
