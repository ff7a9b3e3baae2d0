"""What reading without a network costs those who have one.

The service worker asks the network first, so nothing old is shown; the browser must start it before
it asks for anything. That this costs next to nothing is why there is one.
"""

import statistics
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.benchmarks.site.test_paint import LARGEST, SLOW, SLOWER_CPU
from tests.site.building import PREFIX
from tests.site.chromium import opened
from tests.site.kinds import largest
from tests.site.serving import POLICY, serving

ROUNDS = 9
MOST = 1.1
"""The most that the largest paint of a next page may be later."""

READY = f"""() => navigator.serviceWorker.register("{PREFIX}offline.js")
  .then(() => navigator.serviceWorker.ready).then(() => undefined)"""


def next_page(browser: Browser, address: str, name: str, *, worker: bool) -> float:
    """Milliseconds to the largest paint of a page whose reader has seen the start page."""
    with opened(browser, address, width=412) as (page, _):
        page.goto(address, wait_until="load")
        if worker:
            page.evaluate(READY)
            page.reload()  # from now on through the worker
        page.goto(f"{address}stacks/", wait_until="load")
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.send("Network.emulateNetworkConditions", SLOW)
        session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER_CPU})
        if worker:
            # As the browser does by itself after half a minute.
            session.send("ServiceWorker.enable")
            session.send("ServiceWorker.stopAllWorkers")
        page.goto(address + name, wait_until="load")
        took: float = page.evaluate(LARGEST)
        return took


@pytest.mark.timeout(900)
def test_next_page_is_painted_as_soon_with_the_service_worker(browser: Browser, site: Path) -> None:
    name = largest("technology", site)
    without: list[float] = []
    beside: list[float] = []
    with serving(site, POLICY, compressed=True) as (address, _):
        for _ in range(ROUNDS):
            without.append(next_page(browser, address, name, worker=False))
            beside.append(next_page(browser, address, name, worker=True))
    alone, kept = statistics.median(without), statistics.median(beside)
    print(
        f"\nLCP of a next page {alone:.0f} ({min(without):.0f}–{max(without):.0f}), with "
        f"the service worker {kept:.0f} ({min(beside):.0f}–{max(beside):.0f}) ms: "
        f"× {kept / alone:.2f}, limit {MOST}"
    )
    assert kept <= MOST * alone
