"""Snippets that do one job are tabs beside each other."""

from playwright.sync_api import Browser, expect

from tests.site.chromium import flawless


def test_tab_leads_to_the_same_place_beside_the_other_code(browser: Browser, address: str) -> None:
    with flawless(browser, address) as page:
        page.goto(f"{address}snippets/task-queues/celery-task/")
        tabs = page.get_by_role("navigation", name="A task that is tried again")
        expect(tabs.locator("[aria-current=page]")).to_have_text("Celery")
        tabs.get_by_role("link", name="Dramatiq").click()
        page.wait_for_url(f"{address}snippets/task-queues/dramatiq-actor/#same-job")
        expect(tabs.locator("[aria-current=page]")).to_have_text("Dramatiq")
        expect(tabs).to_be_in_viewport(ratio=1)
