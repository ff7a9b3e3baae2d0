"""What the sample guide's pages say, whole, in `golden/`; and what a marker may be."""

import os
from pathlib import Path

import pytest

from guide.pages import expand, generated_pages, navigation, raw_files, redirects
from guide.problems import DataError
from guide.render import environment
from guide.whole import Guide

GOLDEN = Path(__file__).parent / "golden"
JINJA = environment()


def rendered_pages(guide: Guide) -> dict[str, str]:
    """Path → the page's Markdown with its blocks of HTML in their places."""
    texts = {}
    for page in generated_pages(guide):
        front, body = page.markdown.split("---\n", 2)[1:]
        here = page.path.removesuffix("index.md").replace(".md", "/")
        rendered = expand(body, guide, JINJA, here, page.path)
        texts[page.path] = f"---\n{front}---\n" + rendered.filled(rendered.markdown)
    return texts


def golden_name(path: str) -> Path:
    """Where the expected text of a page is kept."""
    return GOLDEN / path.replace("/", "--")


def test_pages_say_what_their_golden_files_say(sample: Guide) -> None:
    """Every page of the sample, to the letter. `UPDATE_GOLDEN=1` writes them anew: read them."""
    texts = rendered_pages(sample)
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.mkdir(exist_ok=True)
        for path, text in texts.items():
            golden_name(path).write_text(text, "utf-8")
    kept = {path.name for path in GOLDEN.iterdir()}
    assert {golden_name(path).name for path in texts} == kept
    for path, text in texts.items():
        assert text == golden_name(path).read_text("utf-8"), path


def test_marker_becomes_its_view(sample: Guide) -> None:
    """The lines around it stay, and the view's heading is there."""
    rendered = expand("before\n\n<!-- guide:choice store -->\n\nafter\n", sample, JINJA, "", "x.md")
    text = rendered.filled(rendered.markdown)
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "## Which store keeps my state? {#store}" in text


def test_blocks_of_two_markers_do_not_mix(sample: Guide) -> None:
    """Each block goes to its own place."""
    both = "<!-- guide:decision store -->\n\n<!-- guide:snippet stores/keep-state -->\n"
    rendered = expand(both, sample, JINJA, "", "x.md")
    text = rendered.filled(rendered.markdown)
    assert "data-guide" not in text
    assert text.index('data-flowchart="store"') < text.index("sp-snippet")


@pytest.mark.parametrize("fence", ["```", "````", "~~~"])
def test_marker_in_a_code_fence_is_left_alone(sample: Guide, fence: str) -> None:
    """Pages that explain markers can show them."""
    text = f"{fence}html\n<!-- guide:choice store -->\n{fence}\n"
    assert expand(text, sample, JINJA, "", "x.md").markdown == text


@pytest.mark.parametrize(
    ("marker", "said"),
    [
        ("<!-- guide:choise store -->", "unknown view 'choise'; did you mean 'choice'?"),
        ("<!-- guide:choice stor -->", "unknown choice 'stor'; did you mean 'store'?"),
        (
            "<!-- guide:choice -->",
            "the view 'choice' needs an id; write `<!-- guide:choice <id> -->`",
        ),
        ("<!-- guide:proof store -->", "the view 'proof' takes no id; delete 'store'"),
        ("text <!-- guide:proof -->", "no marker; write `<!-- guide:view id -->`"),
        ("<!-- guide:Choice store -->", "no marker; write `<!-- guide:view id -->`"),
    ],
)
def test_wrong_marker_is_said_with_its_line(sample: Guide, marker: str, said: str) -> None:
    """Counted from the top of the file, front matter included."""
    with pytest.raises(DataError) as caught:
        expand(f"# Title\n\n{marker}\n", sample, JINJA, "", "docs/x.md", offset=4)
    assert [str(problem) for problem in caught.value.problems] == [f"docs/x.md:7: {said}"]


def test_redirects_lead_from_the_other_order(sample: Guide) -> None:
    """The page compares in alphabetical order; whoever types the other one is sent there."""
    (address, text), *others = redirects(sample, JINJA).items()
    assert others == []
    assert address == "compare/red-vs-blue/index.html"
    assert "url=../blue-vs-red/" in text


def test_raw_files_are_the_files_themselves(sample: Guide) -> None:
    """Snippets, contract implementations, and the tests behind what ran."""
    files = raw_files(sample)
    assert files["snippets/stores/keep_state.py"] == (
        (sample.root / "snippets/stores/keep_state.py").read_text("utf-8")
    )
    assert "snippets/contracts/pings/red/app.py" in files
    assert "proof/tests/probes/stores/test_survives_kill.py" in files


def test_every_generated_page_is_in_the_navigation(sample: Guide) -> None:
    """A page outside the navigation can be found by nobody."""
    listed = str(navigation(sample))
    assert [page.path for page in generated_pages(sample) if page.path not in listed] == []
