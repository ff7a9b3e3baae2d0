"""The real site, built once per run, served, and a browser to look at it."""

import fcntl
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.site.building import build
from tests.site.chromium import chromium
from tests.site.serving import serving


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The folder of the built site, shared by the workers of the run and not to be changed."""
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent
    out = shared / "site"
    with (shared / "site.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not out.exists():
            fresh = shared / "site.fresh"
            build(fresh, PYTHONHASHSEED="1", SOURCE_DATE_EPOCH="1790000000")
            fresh.rename(out)
    return out


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """The address of the served site, with a slash at its end."""
    with serving(site) as (address, _):
        yield address


# Not for the session: Playwright keeps an event loop running, and tests elsewhere start their own.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    with chromium() as browser:
        yield browser
