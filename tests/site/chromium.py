"""A headless Chromium that stays on this machine, and pages that note what they complain of."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, Response, Route, sync_playwright

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Nothing outside is found, so a foreign request fails at once and is seen here alone.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
DEBIAN = Path("/usr/bin/chromium")

WATCH = """
addEventListener("securitypolicyviolation", event => {
  console.error(`policy: ${event.violatedDirective} refused ${event.blockedURI || event.sample}`);
});
window.seen = {shifts: [], body: null, scheme: null, schemeAt: null};
new PerformanceObserver(list => list.getEntries().forEach(entry => seen.shifts.push(
  entry.value.toFixed(4) + " " + entry.sources
    .map(source => source.node?.outerHTML || source.node?.textContent || "?")
    .map(text => text.slice(0, 160)).join(" | ")
))).observe({type: "layout-shift", buffered: true});
new MutationObserver(() => {
  const root = document.documentElement;
  if (root && root.dataset.scheme && seen.schemeAt === null) seen.schemeAt = performance.now();
  if (document.body && seen.body === null) {
    seen.body = performance.now();
    seen.scheme = root.dataset.scheme || null;
  }
}).observe(document, {subtree: true, childList: true, attributes: true});
"""

# Fonts are there and used, and two frames were painted since.
QUIET = """() => document.fonts.ready.then(() => new Promise(done =>
  requestAnimationFrame(() => requestAnimationFrame(done))))"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the browser of the environment, of Debian, or Playwright's own.

    The test that wants it is skipped where there is none; in CI it fails.
    """
    with sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
        named = os.environ.get("CHROMIUM")
        found = Path(named) if named else next((p for p in (DEBIAN, own) if p.exists()), None)
        if found is None:
            no_browser("no Chromium: install Debian's `chromium`, or name one in CHROMIUM")
        elif not found.exists():
            pytest.fail(f"CHROMIUM names {found}, which is not there", pytrace=False)
        browser = playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        yield browser
        browser.close()


def no_browser(reason: str) -> None:
    """Skip the test, or fail it in CI."""
    if os.environ.get("CI", "").lower() in {"1", "true", "yes"}:
        pytest.fail(f"required in CI: {reason}", pytrace=False)
    pytest.skip(reason)


@contextmanager
def opened(
    browser: Browser, address: str, *, width: int = 1280, scheme: str = "light", script: bool = True
) -> Iterator[tuple[Page, list[str]]]:
    """Give a page of a fresh reader, nothing in its cache, and the list of its complaints.

    Complaints are console errors and warnings, exceptions, breaches of the policy, requests that
    fail or leave the site at `address`.
    """
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
        java_script_enabled=script,
    )
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    context.add_init_script(WATCH)
    page = context.new_page()
    complaints = noted(page, address)
    try:
        yield page, complaints
    finally:
        context.close()


@contextmanager
def flawless(browser: Browser, address: str, *, width: int = 1280) -> Iterator[Page]:
    """Give a page of a fresh reader, which has complained of nothing when it is left."""
    with opened(browser, address, width=width) as (page, complaints):
        yield page
    assert complaints == []


def noted(page: Page, address: str) -> list[str]:
    """Give the list to which the page's complaints are added as they come."""
    complaints: list[str] = []

    def request(one: Request) -> None:
        if not one.url.startswith((address, "blob:", "data:")):
            complaints.append(f"foreign request: {one.url}")

    def response(one: Response) -> None:
        if one.status >= 400:
            complaints.append(f"{one.status} for {one.url}")

    def failed(one: Request) -> None:
        # A page that is left takes its last requests with it: most often the icon.
        if one.failure != "net::ERR_ABORTED":
            complaints.append(f"failed: {one.url} {one.failure}")

    page.on("request", request)
    page.on("response", response)
    page.on("requestfailed", failed)
    page.on("pageerror", lambda error: complaints.append(f"exception: {error}"))
    page.on(
        "console",
        lambda one: (
            complaints.append(f"console {one.type}: {one.text}")
            if one.type in {"error", "warning"}
            else None
        ),
    )
    return complaints


def held_back(page: Page, pattern: str) -> list[Route]:
    """Answer no request that fits the pattern, and give the list to which each is added."""
    routes: list[Route] = []

    def hold(route: Route) -> None:
        routes.append(route)

    page.route(pattern, hold)
    return routes


def settled(page: Page, url: str) -> None:
    """Open the page and wait until everything is there and painted."""
    page.goto(url, wait_until="load")
    page.evaluate(QUIET)
