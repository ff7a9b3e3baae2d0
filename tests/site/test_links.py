"""Every address of the built site leads somewhere, and every thing has its fixed address."""

from collections import Counter
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest

from tests.site.building import ROOT, SITE_URL
from tests.site.kinds import LOST, the_guide
from tests.site.markup import CSS_ADDRESS, markup
from tests.site.telling import listed

TABLES = ("async-frameworks", "frameworks-short", "frameworks-detailed")


def pages(site: Path) -> list[Path]:
    """Every HTML file of the site."""
    return sorted(site.rglob("*.html"))


def address(site: Path, file: Path) -> str:
    """The full address of a file of the site."""
    return SITE_URL + file.relative_to(site).as_posix().removesuffix("index.html")


def fault(site: Path, page: Path, link: str) -> str | None:
    """What is wrong with an address that stands in a page; None if it leads somewhere."""
    return fault_at(site, urljoin(address(site, page), link))


@cache
def fault_at(site: Path, target: str) -> str | None:
    """What is wrong with a full address, which most pages of the site have in common."""
    parts = urlsplit(target)
    if not parts.geturl().startswith(SITE_URL):
        if parts.scheme == "https" and parts.hostname:
            return None
        return "is no https address"
    file = site / unquote(parts.geturl().removeprefix(SITE_URL).partition("#")[0].partition("?")[0])
    file = file / "index.html" if file.is_dir() else file
    if not file.is_file():
        return "leads nowhere"
    if parts.fragment and unquote(parts.fragment) not in markup(file).ids:
        return f"has no such anchor in {file.relative_to(site)}"
    return None


def faults(site: Path, page: Path) -> list[str]:
    """The addresses of a page that lead nowhere, each with what is wrong."""
    links = dict.fromkeys(markup(page).links)
    return [
        f"{page.relative_to(site)}: '{link}' {wrong}"
        for link in links
        if (wrong := fault(site, page, link))
    ]


def test_every_address_leads_somewhere(site: Path) -> None:
    lines = [line for page in pages(site) for line in faults(site, page)]
    assert not lines, listed(lines)


@pytest.mark.parametrize(
    ("link", "wrong"),
    [
        ("nowhere/", "leads nowhere"),
        ("#nowhere", "has no such anchor in index.html"),
        ("proof/#nowhere", "has no such anchor in proof/index.html"),
        ("/proof/", "is no https address"),
        ("http://example.com/", "is no https address"),
        ("mailto:somebody@example.com", "is no https address"),
        ("proof/", None),
        ("proof/#the-lock", None),
        ("https://example.com/", None),
    ],
)
def test_broken_address_is_noticed(site: Path, link: str, wrong: str | None) -> None:
    if link == "/proof/":  # from the root of the host, which is not the root of the site
        link = SITE_URL.replace("/guide/", "/proof/").replace("https", "http")
    assert fault(site, site / "index.html", link) == wrong


def test_every_address_in_a_style_sheet_leads_somewhere(site: Path) -> None:
    sheet = site / "assets/stackproof.css"
    links = CSS_ADDRESS.findall(sheet.read_text("utf-8"))
    assert links
    assert [link for link in links if fault(site, sheet, link)] == []


def test_no_page_has_an_id_twice(site: Path) -> None:
    twice = {
        str(page.relative_to(site)): [key for key, n in Counter(markup(page).ids).items() if n > 1]
        for page in pages(site)
    }
    assert {page: ids for page, ids in twice.items() if ids} == {}


def test_every_page_has_one_first_heading(site: Path) -> None:
    counts = {
        str(page.relative_to(site)): markup(page).headings.count("h1")
        for page in pages(site)
        if not markup(page).refresh
    }
    assert {page: n for page, n in counts.items() if n != 1} == {}


def test_nothing_in_a_page_needs_an_exception_from_the_policy(site: Path) -> None:
    found = {str(page.relative_to(site)): markup(page).inline for page in pages(site)}
    assert {page: what for page, what in found.items() if what} == {}


def test_reversed_pair_leads_to_the_pair(site: Path) -> None:
    led = {}
    for key in the_guide().versus:
        one, other = key.split("-vs-")
        page = site / f"compare/{other}-vs-{one}/index.html"
        led[key] = urljoin(address(site, page), markup(page).refresh or "")
    assert led
    assert led == {key: f"{SITE_URL}compare/{key}/" for key in the_guide().versus}


@pytest.mark.parametrize(
    ("kind", "place"),
    [
        ("categories", "categories/{}/"),
        ("technologies", "technologies/{}/"),
        ("versus", "compare/{}/"),
        ("decisions", "decisions/{}/"),
        ("snippets", "snippets/{}/"),
        ("contracts", "snippets/contracts/{}/"),
    ],
)
def test_everything_in_the_data_has_its_address(site: Path, kind: str, place: str) -> None:
    keys = getattr(the_guide(), kind)
    assert keys
    assert [key for key in keys if not (site / place.format(key) / "index.html").is_file()] == []


def test_only_tables_to_pick_from_are_kept_from_search_engines(site: Path) -> None:
    unlisted = {page for page in pages(site) if markup(page).unlisted}
    assert unlisted == set((site / "compare/tables").iterdir())


def test_every_page_is_in_the_site_map_once(site: Path) -> None:
    text = (site / "sitemap.xml").read_text("utf-8")
    listed = Counter(part.partition("</loc>")[0] for part in text.split("<loc>")[1:])
    there = {
        address(site, page)
        for page in pages(site)
        if page.name != LOST and not markup(page).refresh and not markup(page).unlisted
    }
    assert listed == dict.fromkeys(there, 1)


def test_every_file_of_snippets_is_served_as_it_is(site: Path) -> None:
    files = [
        path.relative_to(ROOT)
        for path in sorted((ROOT / "snippets").rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    ]
    assert files
    assert [
        str(path)
        for path in files
        if not (site / path).is_file() or (site / path).read_bytes() != (ROOT / path).read_bytes()
    ] == []


@pytest.mark.parametrize("table", TABLES)
def test_table_of_the_inventory_stands_on_its_page(site: Path, table: str) -> None:
    page = site / "categories/web-frameworks/index.html"
    assert table in markup(page).ids
    assert f"cap-{table}" in markup(page).ids, "the heading has no table below it"
