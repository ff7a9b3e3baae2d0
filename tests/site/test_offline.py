"""What was read stays readable without a network; with one, nothing old is shown."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Browser, Error, Page, expect

from tests.site.building import SITE_URL
from tests.site.chromium import opened
from tests.site.serving import POLICY, serving

READ = "technologies/celery/"
# A browser asks for the picture of its tab when it likes, past every service worker.
KEPT = """async () => {
  const kept = await caches.open("stackproof");
  const own = performance.getEntriesByType("resource").map(one => one.name)
    .filter(one => !one.includes("favicon"));
  const found = await Promise.all([location.href, ...own].map(one => kept.match(one)));
  return navigator.serviceWorker.controller !== null && found.every(Boolean);
}"""


@pytest.fixture
def published(site: Path, tmp_path: Path) -> Path:
    """A copy of the site, whose pages may name another address as theirs."""
    copy = tmp_path / "site"
    shutil.copytree(site, copy, ignore=shutil.ignore_patterns("*.png"))
    return copy


@pytest.fixture
def page(browser: Browser, published: Path) -> Iterator[Page]:
    """A page that was read once, served where it says that it is; all it is made of is kept."""
    file = published / READ / "index.html"
    with (
        serving(published, POLICY) as (address, _),
        opened(browser, address) as (page, _),
    ):
        file.write_text(file.read_text("utf-8").replace(SITE_URL, address), "utf-8")
        page.goto(address + READ, wait_until="load")
        for _ in range(100):
            if page.evaluate(KEPT):
                break
            page.wait_for_timeout(50)
        else:
            pytest.fail("not everything that the page is made of is kept")
        yield page


def test_page_that_was_read_once_is_there_without_a_network(page: Page) -> None:
    page.context.set_offline(True)
    page.reload()
    expect(page.locator("h1")).to_contain_text("Celery")
    assert page.evaluate("getComputedStyle(document.body).fontFamily").startswith("Inter")
    with pytest.raises(Error):
        page.goto(urljoin(page.url, "../../stacks/"))


def test_changed_page_is_shown_at_once_where_there_is_a_network(
    page: Page, published: Path
) -> None:
    file = published / READ / "index.html"
    file.write_text(file.read_text("utf-8").replace(">Celery<", ">New<"), "utf-8")
    later = file.stat().st_mtime + 60  # the server tells changes by the second
    os.utime(file, (later, later))
    page.reload()
    expect(page.locator("h1")).to_contain_text("New")


def test_site_that_is_being_written_keeps_nothing(browser: Browser, site: Path) -> None:
    with serving(site, POLICY) as (address, _), opened(browser, address) as (page, _):
        page.goto(address + READ, wait_until="load")
        page.wait_for_timeout(500)
        found = "navigator.serviceWorker.getRegistrations().then(all => all.length)"
        assert page.evaluate(found) == 0
