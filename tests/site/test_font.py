"""The font is waited for where the wait is short, and never moves a line."""

from playwright.sync_api import Browser, Page

from tests.site.chromium import QUIET, opened, settled

# What had the font fetched: a link in the head, or a rule of the stylesheet that came to use it.
FETCHED_BY = """() => performance.getEntriesByType("resource")
  .filter(one => one.name.endsWith("inter.woff2")).map(one => one.initiatorType)"""
# A busy machine may take longer over a request than the stylesheet lets text wait for the font:
# text is hidden, and so asks for no face, until the link in the head has its answer.
HIDDEN = """
new MutationObserver((_, observer) => {
  observer.disconnect();
  document.documentElement.style.display = "none";
}).observe(document, {childList: true});
document.addEventListener("load", ({target}) => {
  if (target.as === "font") document.documentElement.style.display = "";
}, true);
"""


def faces(page: Page, selector: str) -> set[str]:
    """The names of the faces that an element is painted in."""
    session = page.context.new_cdp_session(page)
    session.send("DOM.enable")
    session.send("CSS.enable")
    root = session.send("DOM.getDocument")["root"]["nodeId"]
    found = session.send("DOM.querySelector", {"nodeId": root, "selector": selector})
    fonts = session.send("CSS.getPlatformFontsForNode", {"nodeId": found["nodeId"]})["fonts"]
    return {font["familyName"] for font in fonts}


def wait_for_answers(page: Page, milliseconds: int) -> None:
    """Have the page's requests answered as late as a link with this round trip would."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": milliseconds,
            "downloadThroughput": -1,
            "uploadThroughput": -1,
        },
    )


def test_first_page_on_a_quick_link_is_read_in_the_font(browser: Browser, address: str) -> None:
    with opened(browser, address) as (page, complaints):
        page.add_init_script(HIDDEN)
        wait_for_answers(page, milliseconds=20)
        settled(page, f"{address}technologies/fastapi/")
        assert faces(page, "h1") == {"Inter"}
        assert page.evaluate(FETCHED_BY) == ["link"], "not fetched ahead"
        assert page.evaluate("seen.shifts") == []
    assert complaints == []


def test_first_page_on_a_slow_link_is_read_in_a_local_face_and_stays_so(
    browser: Browser, address: str
) -> None:
    with opened(browser, address) as (page, complaints):
        wait_for_answers(page, milliseconds=600)
        settled(page, f"{address}technologies/fastapi/")
        page.evaluate("document.fonts.load('16px Inter')")
        page.evaluate(QUIET)
        assert "Inter" not in faces(page, "h1")
        assert page.evaluate(FETCHED_BY) == ["css"], "fetched ahead"
        assert page.evaluate("seen.shifts") == []
    assert complaints == []
