"""What the first load of a technology page transfers, beside Material as it comes."""

import gzip
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.site.chromium import opened
from tests.site.kinds import largest
from tests.site.serving import POLICY, serving

MOST_KILOBYTES = 90
MOST_REQUESTS = 12
MOST_OF_STOCK = 0.25


@dataclass(frozen=True)
class Load:
    """What a browser with nothing in its cache fetched for one page."""

    files: dict[str, int]
    """Path → bytes after `gzip -6`, of each file that this site served."""
    foreign: list[str]
    """The addresses elsewhere that it asked for."""

    @property
    def kilobytes(self) -> float:
        """All files together, in units of 1000 bytes."""
        return sum(self.files.values()) / 1000

    @property
    def requests(self) -> int:
        """How many times the browser asked, wherever."""
        return len(self.files) + len(self.foreign)


def first_load(browser: Browser, site: Path, name: str, policy: str | None) -> Load:
    """Load the page `name` of a built site until the network is quiet."""
    with (
        serving(site, policy) as (address, served),
        opened(browser, address) as (page, complaints),
    ):
        page.goto(address + name, wait_until="networkidle")
        foreign = [line for line in complaints if line.startswith("foreign request: ")]
    files = [(path.relative_to(site).as_posix(), path.read_bytes()) for path in served]
    assert len(dict(files)) == len(files), "something was fetched twice"
    return Load({path: len(gzip.compress(data, 6)) for path, data in files}, foreign)


@pytest.mark.timeout(300)
def test_first_load_of_a_technology_page_is_light(
    browser: Browser, site: Path, stock: Path
) -> None:
    name = largest("technology", site)
    ours = first_load(browser, site, name, POLICY)
    beside = first_load(browser, stock, name, None)
    print(f"\n\nfirst load of /{name}, bytes after gzip -6")
    for path, size in sorted(ours.files.items(), key=lambda item: -item[1]):
        print(f"  {size:8,}  {path}")
    print(f"{'':24}{'kB':>8}{'requests':>10}{'foreign':>9}")
    for title, load in (("this site", ours), ("Material as it comes", beside)):
        print(f"{title:24}{load.kilobytes:8.1f}{load.requests:10}{len(load.foreign):9}")
    print(f"{'limit':24}{MOST_KILOBYTES:8}{MOST_REQUESTS:10}{0:9}")
    assert ours.foreign == []
    assert ours.requests <= MOST_REQUESTS
    assert ours.kilobytes <= MOST_KILOBYTES
    assert ours.kilobytes <= MOST_OF_STOCK * beside.kilobytes
