"""What was read stays readable without a network; with one, nothing old is shown."""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Page, expect

from tests.site.building import SITE_URL
from tests.site.chromium import opened
from tests.site.serving import POLICY, serving

READ = "technologies/celery/"
PAGES = ("index.html", f"{READ}index.html", "stacks/index.html")
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
    """A copy of the site whose pages may name another address as theirs."""
    copy = tmp_path / "site"
    shutil.copytree(site, copy, ignore=shutil.ignore_patterns("*.png"))
    return copy


@pytest.fixture
def network() -> Iterator[ExitStack]:
    """What `close` cuts off."""
    with ExitStack() as stack:
        yield stack


def online(network: ExitStack, site: Path) -> str:
    """Serve the site where its pages say that they are; give the address."""
    address, _ = network.enter_context(serving(site, POLICY))
    for name in PAGES:
        text = (site / name).read_text("utf-8")
        (site / name).write_text(text.replace(SITE_URL, address), "utf-8")
    return address


def read(page: Page, address: str) -> None:
    """Read the page, and wait until it and what it is made of are kept."""
    page.goto(address, wait_until="load")
    for _ in range(100):
        if page.evaluate(KEPT):
            return
        page.wait_for_timeout(50)
    pytest.fail("not everything that the page is made of is kept")


def test_page_that_was_read_once_is_there_without_a_network(
    browser: Browser, published: Path, network: ExitStack
) -> None:
    address = online(network, published)
    with opened(browser, address) as (page, _):
        read(page, address + READ)
        page.context.set_offline(True)
        page.reload()
        expect(page.locator("h1")).to_contain_text("Celery")
        assert page.evaluate("getComputedStyle(document.body).fontFamily").startswith("Inter")
        with pytest.raises(Error):
            page.goto(f"{address}stacks/")


def test_changed_page_is_shown_at_once_where_there_is_a_network(
    browser: Browser, published: Path, network: ExitStack
) -> None:
    address = online(network, published)
    with opened(browser, address) as (page, _):
        read(page, address + READ)
        file = published / READ / "index.html"
        file.write_text(file.read_text("utf-8").replace(">Celery<", ">New<"), "utf-8")
        later = file.stat().st_mtime + 60  # the server tells changes by the second
        os.utime(file, (later, later))
        page.reload()
        expect(page.locator("h1")).to_contain_text("New")


def test_site_that_is_being_written_keeps_nothing(
    browser: Browser, site: Path, network: ExitStack
) -> None:
    address, _ = network.enter_context(serving(site, POLICY))
    with opened(browser, address) as (page, _):
        page.goto(address + READ, wait_until="load")
        page.wait_for_timeout(500)
        found = "navigator.serviceWorker.getRegistrations().then(all => all.length)"
        assert page.evaluate(found) == 0
