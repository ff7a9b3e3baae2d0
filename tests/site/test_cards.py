"""Every page names the picture that other sites show beside a link to it."""

import re
from html import unescape
from pathlib import Path

from guide.cards import shown_cards
from guide.picture import HEIGHT, WIDTH
from tests.site.building import SITE_URL
from tests.site.kinds import KINDS, addresses, the_guide

META = re.compile(r'<meta (?:property|name)="((?:og|twitter):[a-z:_]+)" content="([^"]*)">')


def metas(site: Path, page: str) -> dict[str, str]:
    """What the page says of itself to other sites."""
    html = (site / page / "index.html").read_text("utf-8")
    return {name: unescape(content) for name, content in META.findall(html)}


def pages() -> list[str]:
    """The addresses of all pages."""
    return [address for kind in KINDS for address in addresses(kind)]


def test_every_page_names_a_picture_that_exists(site: Path) -> None:
    shown = shown_cards(the_guide())
    for page in pages():
        said, card = metas(site, page), shown.get(page, shown[""])
        assert said["og:image"] == SITE_URL + card.address, page
        assert said["og:image:alt"] == card.alt, page
        assert (site / card.address).read_bytes().startswith(b"\x89PNG"), page


def test_every_page_says_what_it_is(site: Path) -> None:
    for page in pages():
        said = metas(site, page)
        assert said["og:url"] == SITE_URL + page
        assert said["og:title"], page
        assert said["og:description"], page
        assert said["og:type"] == ("article" if page else "website")
        assert said["twitter:card"] == "summary_large_image"
        assert (said["og:image:width"], said["og:image:height"]) == (str(WIDTH), str(HEIGHT))


def test_every_thing_with_a_card_has_a_page(site: Path) -> None:
    assert set(shown_cards(the_guide())) <= set(pages())


def test_card_of_the_start_page_says_what_its_heading_says(site: Path) -> None:
    html = (site / "index.html").read_text("utf-8")
    assert f">{shown_cards(the_guide())[''].title}</h1>" in unescape(html)
