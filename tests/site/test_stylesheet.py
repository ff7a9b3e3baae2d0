"""The stylesheet that is served says what its pieces say."""

from pathlib import Path

from playwright.sync_api import Browser

from tests.site.building import ROOT

PIECES = ROOT / "overrides/.css"
RULES = """text => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  return [...sheet.cssRules].map(rule => rule.cssText.replace(/\\s*,\\s*/g, ","));
}"""
"""Its rules, without the space that a custom property keeps as it was written."""


def test_shortened_stylesheet_has_every_rule_unchanged(site: Path, browser: Browser) -> None:
    served = (site / "assets/stackproof.css").read_text("utf-8")
    page = browser.new_page()
    rules = set(page.evaluate(RULES, served))
    written = [
        f"{piece.name}: {rule}"
        for piece in PIECES.iterdir()
        for rule in page.evaluate(RULES, piece.read_text("utf-8"))
    ]
    page.close()
    assert len(written) > 400
    assert [rule for rule in written if rule.split(": ", 1)[1] not in rules] == []
    assert "/*" not in served
