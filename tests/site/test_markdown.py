"""Every page is there as Markdown too, and one button copies it."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from guide.places import snippet_files
from tests.site.building import PREFIX, ROOT, SITE_URL
from tests.site.chromium import flawless, opened, settled
from tests.site.kinds import KINDS, addresses, the_guide

ADDRESS = re.compile(rf"\]\(<?({re.escape(SITE_URL)}[^ )>]*)")

FENCED = re.compile(r"^(`{3,}).*\n([\s\S]*?)^\1$", re.MULTILINE)
HEADING = re.compile(r"^# ", re.MULTILINE)


def markdown_of(site: Path, address: str) -> str:
    """The Markdown of the page at the address."""
    return (site / address / "index.md").read_text("utf-8")


@pytest.mark.parametrize("kind", KINDS)
def test_page_has_its_heading_and_its_source_in_markdown(site: Path, kind: str) -> None:
    for address in addresses(kind):
        text = markdown_of(site, address)
        assert len(HEADING.findall(FENCED.sub("", text))) == 1, address
        assert f"\n\n---\n\nStackproof, <{SITE_URL}{address}>, data of " in text


def test_links_of_markdown_lead_somewhere(site: Path) -> None:
    links = {
        link: path
        for path in site.rglob("index.md")
        for link in ADDRESS.findall(path.read_text("utf-8"))
    }
    assert len(links) > len(the_guide().technologies)
    missing = [
        f"{path}: {link}"
        for link, path in links.items()
        for target in [site / urlsplit(link).path.removeprefix(PREFIX)]
        if not (target / "index.html").is_file() and not target.is_file()
    ]
    assert not missing


def test_code_of_snippets_is_whole_in_markdown(site: Path) -> None:
    for key in the_guide().snippets:
        (main,) = snippet_files(ROOT, key)
        text = markdown_of(site, f"snippets/{key}/")
        blocks = [block for _, block in FENCED.findall(text)]
        assert main.read_text("utf-8") in blocks, key


def test_verdict_and_reason_of_technologies_are_in_markdown(site: Path) -> None:
    verdicts = {key: one.verdict for key, one in the_guide().technologies.items() if one.verdict}
    for key, verdict in verdicts.items():
        assert f"\n**{verdict.tier.capitalize()}** " in markdown_of(site, f"technologies/{key}/"), (
            key
        )


def test_list_for_programs_names_every_page_but_home_and_lists(site: Path) -> None:
    text = (site / "llms.txt").read_text("utf-8")
    listed = [link.removeprefix(SITE_URL) for link in ADDRESS.findall(text)]
    assert len(listed) == len(set(listed))
    lists = ["home", "names", *(kind for kind in KINDS if kind.startswith("list-of-"))]
    pages = {f"{one}index.md" for kind in KINDS if kind not in lists for one in addresses(kind)}
    assert set(listed) == pages


def test_button_copies_the_page_as_markdown(browser: Browser, address: str, site: Path) -> None:
    with flawless(browser, address) as page:
        settled(page, f"{address}technologies/celery/")
        page.get_by_role("button", name="Copy page").click()
        expect(page.get_by_role("button", name="Copied")).to_be_visible()
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied == markdown_of(site, "technologies/celery/")


def test_page_that_cannot_be_reached_is_not_called_copied(browser: Browser, address: str) -> None:
    with opened(browser, address) as (page, _):
        settled(page, f"{address}technologies/celery/")
        page.evaluate("navigator.clipboard.writeText('before')")
        page.context.set_offline(True)
        page.get_by_role("button", name="Copy page").click()
        expect(page.get_by_role("button", name="Not copied")).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()") == "before"


def test_without_a_script_a_link_leads_to_the_markdown(browser: Browser, address: str) -> None:
    with opened(browser, address, script=False) as (page, complaints):
        page.goto(f"{address}technologies/celery/")
        link = page.get_by_role("link", name="Markdown")
        answer = page.request.get(str(link.evaluate("link => link.href")))
        assert answer.headers["content-type"].startswith("text/markdown")
        assert answer.text().startswith("# Celery\n")
        assert complaints == []
