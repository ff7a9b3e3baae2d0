"""A page as Markdown says what the page says, and nothing in it becomes more than text."""

import html

import markdown
import pytest

from guide.as_markdown import page_markdown

HERE = "https://guide.example/technologies/red/"
DAY = "2026-11-21"


def content(code: str) -> str:
    """The Markdown of the piece of HTML, without what says where it is from."""
    text, _, source = page_markdown(code, HERE, DAY).rpartition("\n\n---\n\n")
    assert source == f"Stackproof, <{HERE}>, data of {DAY}.\n"
    return text


CODE = """\
<div class="language-bash highlight"><pre><span></span><code><b>ls</b> *_a[0]_* &lt; b
</code></pre></div><button>Copy</button>"""
TABLE = """\
<table><thead><tr><th>Criterion</th><th>Red</th></tr></thead><tbody><tr>
<th>Speed <details class="sp-crit"><summary>How</summary>Runs a | second.</details></th>
<td>3 <a class="sp-ev" href="#x" title="test_red"><span class="sp-sr">Evidence: </span>RAN</a></td>
</tr></tbody></table>"""
TABLE_AS_MARKDOWN = f"""\
| Criterion | Red |
| --- | --- |
| Speed: Runs a \\| second. | 3 [RAN]({HERE}#x "test_red") |"""


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ('<h1 id="a">Red<a class="headerlink" href="#a">¶</a></h1>', "# Red"),
        ('<p><a href="../blue/#why">Blue</a></p>', f"[Blue]({HERE[:-4]}blue/#why)"),
        ("<dl><div><dt>Version</dt><dd>5.7</dd></div></dl>", "**Version:** 5.7"),
        ('<p><span class="sp-verdict">Avoid</span> it</p>', "**Avoid** it"),
        (CODE, "```bash\nls *_a[0]_* < b\n```"),
        (TABLE, TABLE_AS_MARKDOWN),
    ],
    ids=["heading", "link", "fact", "verdict", "code", "table"],
)
def test_html_has_its_like_in_markdown(code: str, expected: str) -> None:
    assert content(code) == expected


@pytest.mark.parametrize(
    "text",
    [
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "[here](javascript:alert)",
        "![here](https://elsewhere.example/x.png)",
        "**bold** __init__ *a*",
        "# no heading",
        "- no list",
        "1. no list",
    ],
)
def test_text_stays_text(text: str) -> None:
    again = markdown.markdown(content(f"<p>{text}</p>"))
    inner = again.removeprefix("<p>").removesuffix("</p>")
    assert "<" not in inner
    assert html.unescape(inner) == html.unescape(text)


def test_text_in_brackets_names_no_address() -> None:
    again = markdown.markdown(content("<p>[here]: https://elsewhere.example</p><p>[here]</p>"))
    assert "<a" not in again
    assert again.count("[here]") == 2


def test_site_without_an_address_keeps_its_links() -> None:
    text = page_markdown('<p><a href="../blue/">Blue</a></p>', "", DAY)
    assert text == f"[Blue](../blue/)\n\n---\n\nStackproof, data of {DAY}.\n"
