"""What the sample guide's pages say, whole, in `golden/`; and what a marker may be."""

import os
import re
from pathlib import Path

import pytest

from guide import views
from guide.made import Made
from guide.pages import (
    expand,
    generated_pages,
    navigation,
    raw_files,
    redirects,
    whole_tables,
)
from guide.problems import DataError
from guide.render import environment
from guide.whole import Guide
from tests.guide.conftest import Tree

GOLDEN = Path(__file__).parent / "golden"
JINJA = environment()
# Views that no generated page holds: the page of each, and the marker on it.
VIEWS = {
    "view--home.md": ("", "home"),
    "view--choice--store.md": ("categories/stores/", "choice store"),
    "view--choice--small-store.md": ("categories/stores/", "choice small-store"),
    "view--companions--stores.md": ("categories/stores/", "companions stores"),
    "view--how-it-was-run--pings.md": ("categories/stores/", "how-it-was-run pings"),
    "view--proof.md": ("proof/", "proof"),
    "view--flowchart--project.md": ("categories/stores/", "flowchart project"),
    "view--faq.md": ("learn/faq/", "faq"),
    "view--versions.md": ("learn/version-recommendations/", "versions"),
    "view--changes.md": ("changes/", "changes"),
}


def rendered_pages(guide: Guide) -> dict[str, str]:
    """Golden file → the Markdown of a page or view with its blocks of HTML in their places."""
    texts = {}
    for page in generated_pages(guide):
        front, body = page.markdown.split("---\n", 2)[1:]
        here = page.path.removesuffix("index.md").replace(".md", "/")
        rendered = expand(body, guide, JINJA, here, page.path)
        text = f"---\n{front}---\n" + rendered.filled(rendered.markdown)
        texts[page.path.replace("/", "--")] = text
    for name, (here, marker) in VIEWS.items():
        rendered = expand(f"<!-- guide:{marker} -->\n", guide, JINJA, here, name)
        texts[name] = rendered.filled(rendered.markdown)
    return texts


def test_pages_say_what_their_golden_files_say(sample: Guide) -> None:
    """Every page and view of the sample. `UPDATE_GOLDEN=1` writes them anew: read them."""
    texts = rendered_pages(sample)
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.mkdir(exist_ok=True)
        for name, text in texts.items():
            (GOLDEN / name).write_text(text, "utf-8")
    assert texts.keys() == {path.name for path in GOLDEN.iterdir()}
    for name, text in texts.items():
        assert text == (GOLDEN / name).read_text("utf-8"), name


@pytest.fixture
def twins(tree: Tree) -> Tree:
    """The sample with a second snippet, in Blue, that does what the first does in Red."""
    described = "data/snippets/stores/keep-state"
    tree.change(f"{described}.yml", "install:", "same_job: State that stays\ninstall:")
    text = (tree.root / f"{described}.yml").read_text("utf-8")
    tree.write(f"{described}-too.yml", text.replace("[red]", "[blue]").replace(" in Red", ""))
    for path in ("snippets/stores/keep_state.py", "tests/snippets/stores/test_keep_state.py"):
        tree.write(path.replace(".py", "_too.py"), (tree.root / path).read_bytes())
    return tree


def test_snippets_of_one_job_have_tabs_that_lead_from_one_to_the_next(twins: Tree) -> None:
    page = rendered_pages(twins.guide())["snippets--stores--keep-state.md"]
    tabs = page.partition('<ul class="sp-jobs__tabs">')[2].partition("</ul>")[0]
    assert re.findall(r'<a href="([^"]+)"( aria-current="page")?>(\w+)</a>', tabs) == [
        ("../keep-state-too/#same-job", "", "Blue"),
        ("#same-job", ' aria-current="page"', "Red"),
    ]
    assert "State that stays" in page


def test_tabs_of_one_job_name_different_technologies(twins: Tree) -> None:
    twins.change("data/snippets/stores/keep-state-too.yml", "[blue]", "[red, blue]")
    (problem,) = twins.problems()
    assert problem == (
        "data/snippets/stores/keep-state-too.yml:3: begins with the technology of "
        "'stores/keep-state', which does the same job; let another come first, "
        "or leave out the job"
    )


def test_every_view_has_a_golden_file() -> None:
    """A view that is added needs one too."""
    generated = {"technology", "versus", "decision", "stack", "lesson", "snippet", "contract"}
    assert {marker.split()[0] for _, marker in VIEWS.values()} | generated | {"index"} == set(
        views.VIEWS
    )


def test_home_asks_the_first_question_of_the_web_framework_decision(tree: Tree) -> None:
    """Outcomes link to their technology, other answers to the next question."""
    (tree.root / "data/learn/faq/red-or-blue.yml").unlink()
    decisions = tree.root / "data/decisions"
    (decisions / "store.yml").rename(decisions / "web-framework.yml")
    tree.change("data/categories/stores.yml", "decision: store", "decision: web-framework")
    rendered = expand("<!-- guide:home -->\n", tree.guide(), JINJA, "", "x.md")
    text = rendered.filled(rendered.markdown)
    assert '<h2 class="sp-ask__q" id="ask">Must it last?</h2>' in text
    assert 'href="technologies/blue/">No</a>' in text
    assert 'href="decisions/web-framework/#web-framework-much">Yes, or I don' in text


def test_proof_page_says_that_nothing_is_left_to_be_executed(tree: Tree) -> None:
    """Once the sample's benchmark is current."""
    proof = "data/proof/benchmark/stores/writes.json"
    tree.change(proof, '"version": "1.1.0"', '"version": "1.2.0"')
    rendered = expand("<!-- guide:proof -->\n", tree.guide(), JINJA, "proof/", "x.md")
    text = rendered.filled(rendered.markdown)
    assert "nothing: every probe, benchmark and snippet" in text
    assert "Not executed on this version" not in text


def test_snippet_without_proof_says_what_it_waits_for(tree: Tree) -> None:
    """On its own page and on the proof page, where its link leads."""
    (tree.root / "data/proof/snippet/stores/keep-state.json").unlink()
    with (tree.root / "data/snippets/stores/keep-state.yml").open("a", encoding="utf-8") as file:
        file.write("waits_for: a store that takes a week to start\n")
    both = "<!-- guide:snippet stores/keep-state -->\n\n<!-- guide:proof -->\n"
    rendered = expand(both, tree.guide(), JINJA, "proof/", "x.md")
    text = rendered.filled(rendered.markdown)
    assert "on this version</b> It waits for a store that takes a week to start." in text
    assert "</code>, waits for a store that takes a week to start</li>" in text
    (anchor,) = set(re.findall(r'href="[^"]*#(snippet-[^"]+)"', text))
    assert f'id="{anchor}"' in text


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
    (address, text), *others = Made(redirects(sample, JINJA)).items()
    assert others == []
    assert address == "compare/red-vs-blue/index.html"
    assert "url=../blue-vs-red/" in text


def test_each_choice_has_a_table_of_all_its_contenders_and_criteria(sample: Guide) -> None:
    """`/compare/` picks from it; its links lead from where it lies."""
    tables = Made(whole_tables(sample, JINJA))
    assert set(tables) == {"compare/tables/store.html", "compare/tables/small-store.html"}
    table = tables["compare/tables/store.html"]
    choice = sample.categories["stores"].choices[0]
    for key in choice.contenders:
        assert f'data-key="{key}"><a href="../../technologies/{key}/"' in table
    assert table.count('<th scope="row"') == len(choice.criteria) + 1  # the verdict


def test_raw_files_are_the_files_themselves(sample: Guide) -> None:
    """Snippets, contract implementations, and the tests behind what ran."""
    files = raw_files(sample)
    assert files["snippets/stores/keep_state.py"] == sample.root / "snippets/stores/keep_state.py"
    assert "snippets/contracts/pings/red/app.py" in files
    assert "proof/tests/probes/stores/test_survives_kill.py" in files


def test_every_generated_page_is_in_the_navigation(sample: Guide) -> None:
    """A page outside the navigation can be found by nobody."""
    listed = str(navigation(sample))
    assert [page.path for page in generated_pages(sample) if page.path not in listed] == []
