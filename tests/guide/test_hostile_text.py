"""Text from data is shown as text: it never becomes HTML, Markdown, Mermaid or a template."""

import html
import re
from html.parser import HTMLParser

import markdown
import pytest

from guide.decisions import mermaid
from guide.pages import expand, generated_pages
from guide.render import environment, highlighted, markdown_text, prose, relative, safe_link
from tests.guide.conftest import Tree

HOSTILE = {
    "HTML": "<script>alert(1)</script>",
    "an attribute's end": '" onmouseover="alert(1)" x="\' onclick=\'a',
    "an entity": "&lt;b&gt; &amp; &#60;",
    "Markdown emphasis": "*a* _b_ **c** __d__",
    "a Markdown link": "[a](javascript:alert(1)) ![b](https://x.example/y.png)",
    "a Markdown heading": "# a",
    "an anchor": "a {#stolen .x onclick=y}",
    "Jinja": "{{ 7 * 7 }} {% raw %} <# c #>",
    "a snippet include": '--8<-- "LICENSE"',
    "a guide marker": "<!-- guide:home -->",
    "a block's place": '<div data-guide="0"></div>',
    "a table": "| a | b |",
    "a code fence": "``` x",
}


class Shape(HTMLParser):
    """The tags of a page with their attributes, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the tag and the names of its attributes."""
        self.tags.append((tag, tuple(name for name, _ in attrs)))

    def handle_data(self, data: str) -> None:
        """Keep the text."""
        self.text.append(data)


def shape(tree: Tree, path: str) -> Shape:
    """A generated page of the tree as MkDocs would make it."""
    guide = tree.guide()
    page = next(page for page in generated_pages(guide) if page.path == path)
    body = page.markdown.split("---\n", 2)[2]
    here = path.removesuffix(".md") + "/"
    rendered = expand(body, guide, environment(), here, path)
    converted = markdown.markdown(rendered.markdown, extensions=["attr_list", "tables", "toc"])
    parsed = Shape()
    parsed.feed(rendered.filled(converted))
    return parsed


RED = "data/technologies/stores/red.yml"
STORES = "data/categories/stores.yml"
SNIPPET = "data/snippets/stores/keep-state.yml"
FIELDS = {
    "a technology's name": (RED, "name: Red", "name: {}"),
    "a summary": (RED, "summary: A store called Red.", "summary: {}"),
    "a reason": (RED, "would_change_if: It lost data.", "would_change_if: {}"),
    "a point": (RED, "pros: [It is red.]", "pros: [{}]"),
    "a cell": (RED, "value: easy", "value: {}"),
    "a judgement": (RED, "judgement: Two commands.", "judgement: {}"),
    "a quoted text": (RED, 'text: "LINES = 1"', "text: {}"),
    "a source's title": (RED, "title: The book of Red", "title: {}"),
    "a criterion": (STORES, "name: After a kill", "name: {}"),
    "an outcome": (STORES, "kept: Keeps everything", "kept: {}"),
    "a question": (STORES, "question: Which store keeps my state?", "question: {}"),
    "a snippet's title": (SNIPPET, "title: Keep state in Red", "title: {}"),
}


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("field", FIELDS.values(), ids=FIELDS.keys())
def test_text_field_adds_no_tag_to_the_page(
    tree: Tree, field: tuple[str, str, str], hostile: str
) -> None:
    """Tags and attributes are those of a page with harmless text, and the text is shown."""
    path, before, after = field
    quoted = '"' + hostile.replace("\\", "\\\\").replace('"', '\\"') + '"'
    tree.change(path, before, after.format('"harmless"'))
    harmless = shape(tree, "technologies/red.md")
    tree.change(path, after.format('"harmless"'), after.format(quoted))
    hit = shape(tree, "technologies/red.md")
    assert hit.tags == harmless.tags
    assert hostile in "".join(hit.text)


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE.keys())
def test_prose_shows_what_was_written(hostile: str) -> None:
    """Escaped, the text reads as it stands in the data, back-ticks around code left out."""
    shown = html.unescape(re.sub(r"</?code>", "`", str(prose(hostile))))
    assert shown == hostile


def test_back_ticks_mark_code_and_nothing_else() -> None:
    """Code is marked, and HTML inside it is still escaped."""
    assert str(prose("see `a<b`")) == "see <code>a&lt;b</code>"


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE.keys())
def test_markdown_heading_shows_what_was_written(hostile: str) -> None:
    """A heading with that text is one heading with that text and the anchor it was given."""
    converted = markdown.markdown(
        f"## {markdown_text(hostile)} {{#mine}}", extensions=["attr_list", "tables", "footnotes"]
    )
    parsed = Shape()
    parsed.feed(converted)
    assert parsed.tags == [("h2", ("id",))]
    assert "".join(parsed.text) == hostile


@pytest.mark.parametrize(
    "hostile",
    ['"] --> evil["', 'a" click b', "end", "a|b", "<img src=x>", "#quot;", "&amp;", "`md`", "a;b"],
)
def test_mermaid_label_cannot_leave_its_quotation_marks(tree: Tree, hostile: str) -> None:
    """Every line of the source keeps its form, whatever a label says."""
    guide = tree.guide()
    decision = guide.decisions["store"]
    harmless = mermaid(decision, lambda _: "name").splitlines()
    hit = mermaid(decision, lambda _: hostile).splitlines()
    assert len(hit) == len(harmless)
    for before, after in zip(harmless, hit, strict=True):
        start, _, end = before.partition('("name")')
        assert after.startswith(start)
        assert after.endswith(end)
        assert after.count('"') == before.count('"')


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "//x.example", "x"])
def test_template_refuses_what_is_no_web_address(address: str) -> None:
    """The models let none through; a template that was handed one all the same stops the build."""
    with pytest.raises(ValueError, match="not a web address"):
        safe_link(address)


@pytest.mark.parametrize(
    "code",
    [
        "a = 1\n",
        "\n\na = 1\n\n\n",
        "\ta = 1\n",
        "a = '<b>&amp;</b>'  \n",
        "x = 1\r\ny = 2\n",
        "é = '日本'\n",
    ],
)
@pytest.mark.parametrize("name", ["a.py", "Makefile", "a.yml", "a.unknown"])
def test_highlighted_code_is_the_file_to_the_letter(code: str, name: str) -> None:
    """What a reader copies from the page is what was tested."""
    parsed = Shape()
    parsed.feed(str(highlighted(code, name, (1,))))
    assert "".join(parsed.text) == code.replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("target", "here", "expected"),
    [
        ("technologies/red/", "", "technologies/red/"),
        ("technologies/red/", "compare/blue-vs-red/", "../../technologies/red/"),
        ("", "technologies/red/", "../../"),
        ("proof/#lock", "proof/", "#lock"),
        ("proof/#lock", "technologies/red/", "../../proof/#lock"),
        ("snippets/a/b.py", "snippets/a/b/", "../b.py"),
        ("https://red.example.org/#x", "technologies/red/", "https://red.example.org/#x"),
        ("technologies/red/", "technologies/red/", "./"),
    ],
)
def test_links_are_relative_to_the_page(target: str, here: str, expected: str) -> None:
    """The site works from any folder of any host."""
    assert relative(target, here) == expected
