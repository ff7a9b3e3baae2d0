"""What a service worker for reading without a network would cost those who have one.

There is none: the guide decided by these figures. The smallest worker that never shows old pages
asks the network first and keeps a copy. Who reads online pays for it at each page that is opened
after a while, because the browser must start it before anything else.
"""

import shutil
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
WORKER = """
addEventListener("install", () => skipWaiting());
addEventListener("activate", event => event.waitUntil(clients.claim()));
addEventListener("fetch", event => {
  if (event.request.method !== "GET") return;
  event.respondWith(fetch(event.request).then(answer => {
    const copy = answer.clone();
    event.waitUntil(caches.open("kept").then(kept => kept.put(event.request, copy)));
    return answer;
  }, () => caches.match(event.request)));
});
"""
READY = f"""() => navigator.serviceWorker.register("{PREFIX}worker.js")
  .then(() => navigator.serviceWorker.ready).then(() => undefined)"""


def next_page(browser: Browser, address: str, name: str, *, worker: bool) -> float:
    """Milliseconds to the largest paint of a page whose reader has seen the start page."""
    with opened(browser, address, width=412) as (page, _):
        page.goto(address, wait_until="load")
        if worker:
            page.evaluate(READY)
            page.wait_for_function("navigator.serviceWorker.controller !== null")
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
def test_pages_are_painted_sooner_without_a_service_worker(
    browser: Browser, site: Path, tmp_path: Path
) -> None:
    with_worker = tmp_path / "site"
    shutil.copytree(site, with_worker, ignore=shutil.ignore_patterns("*.png"))
    (with_worker / "worker.js").write_text(WORKER, "utf-8")
    name = largest("technology", site)
    without: list[float] = []
    beside: list[float] = []
    with (
        serving(site, POLICY, compressed=True) as (address, _),
        serving(with_worker, POLICY, compressed=True) as (other, _),
    ):
        for _ in range(ROUNDS):
            without.append(next_page(browser, address, name, worker=False))
            beside.append(next_page(browser, other, name, worker=True))
    ours, theirs = statistics.median(without), statistics.median(beside)
    print(
        f"\nLCP of a next page {ours:.0f} ({min(without):.0f}–{max(without):.0f}), with a service "
        f"worker {theirs:.0f} ({min(beside):.0f}–{max(beside):.0f}) ms: × {theirs / ours:.2f}"
    )
    assert theirs > ours
