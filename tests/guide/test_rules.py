"""What must hold between the files, and how it is said when it does not."""

import pytest

from tests.guide.conftest import Tree

RED = "data/technologies/stores/red.yml"
GREEN = "data/technologies/stores/green.yml"
STORES = "data/categories/stores.yml"
DECISION = "data/decisions/store.yml"
VERSUS = "data/versus/blue-vs-red.yml"
SNIPPET = "data/snippets/stores/keep-state.yml"

DANGLING = [
    pytest.param(
        STORES, "contenders: [red, blue]", "contenders: [rde, blue, red]",
        f"{STORES}:7: unknown technology 'rde'; did you mean 'red'?", id="contender",
    ),
    pytest.param(
        STORES, "pick: red", "pick: rde",
        f"{STORES}:9: unknown contender 'rde'; did you mean 'red'?", id="pick",
    ),
    pytest.param(
        STORES, "companions: [green]", "companions: [green, grene]",
        f"{STORES}:39: unknown technology 'grene'; did you mean 'green'?", id="companion",
    ),
    pytest.param(
        STORES, "decision: store", "decision: stor",
        f"{STORES}:27: unknown decision 'stor'; did you mean 'store'?", id="decision",
    ),
    pytest.param(
        STORES, "contenders: [blue], criteria", "contenders: [blau], criteria",
        f"{STORES}:26: unknown contender 'blau'; did you mean 'blue'?", id="table's contender",
    ),
    pytest.param(
        STORES, "criteria: [ease, ", "criteria: [eas, ",
        f"{STORES}:26: unknown criterion 'eas'; did you mean 'ease'?", id="table's criterion",
    ),
    pytest.param(
        STORES, "use: store/survives-kill", "use: store/survive-kill",
        f"{STORES}:36: unknown criterion 'store/survive-kill'; "
        "did you mean 'store/survives-kill'?", id="borrowed criterion",
    ),
    pytest.param(
        STORES, "good: [kept]", "good: [kpet]",
        f"{STORES}:12: 'kpet' is no outcome of 'survives-kill'; did you mean 'kept'?",
        id="good outcome",
    ),
    pytest.param(
        GREEN, "works_with: [red]", "works_with: [rad]",
        f"{GREEN}:3: unknown technology 'rad'; did you mean 'red'?", id="works_with",
    ),
    pytest.param(
        GREEN, "instead: [red]", "instead: [rad]",
        f"{GREEN}:13: unknown technology 'rad'; did you mean 'red'?", id="instead",
    ),
    pytest.param(
        RED, "probe: stores/survives-kill", "probe: stores/survive-kill",
        f"{RED}:25: unknown probe 'stores/survive-kill'; did you mean 'stores/survives-kill'?",
        id="probe",
    ),
    pytest.param(
        RED, "benchmark: stores/writes", "benchmark: stores/write",
        f"{RED}:27: unknown benchmark 'stores/write'; did you mean 'stores/writes'?",
        id="benchmark",
    ),
    pytest.param(
        RED, "distribution: red-client", "distribution: rot-client",
        f"{RED}:32: 'rot-client' is not locked; name a locked distribution", id="distribution",
    ),
    pytest.param(
        RED, "package: red-client\n", "package: rot-client\n",
        f"{RED}:3: package 'rot-client' is not locked; add it to a dependency group in "
        "pyproject.toml and run `make lock`", id="package",
    ),
    pytest.param(
        SNIPPET, "install: [red-client]", "install: [rot-client]",
        f"{SNIPPET}:4: 'rot-client' is not locked; add it to a dependency group in "
        "pyproject.toml and run `make lock`", id="install",
    ),
    pytest.param(
        SNIPPET, "technologies: [red]", "technologies: [rde]",
        f"{SNIPPET}:3: unknown technology 'rde'; did you mean 'red'?", id="snippet's technology",
    ),
    pytest.param(
        DECISION, "start: last", "start: lasst",
        f"{DECISION}:2: unknown question 'lasst'; did you mean 'last'?", id="first question",
    ),
    pytest.param(
        DECISION, "to: much", "to: mush",
        f"{DECISION}:8: unknown question 'mush'; did you mean 'much'?", id="next question",
    ),
    pytest.param(
        DECISION, "pick: blue", "pick: blau",
        f"{DECISION}:9: unknown technology 'blau'; did you mean 'blue'?", id="outcome",
    ),
    pytest.param(
        VERSUS, "pick: red", "pick: reed",
        f"{VERSUS}:3: unknown contender 'reed'; did you mean 'red'?", id="versus pick",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("path", "before", "after", "expected"), DANGLING)
def test_reference_to_nothing_is_told_the_nearest_name(
    tree: Tree, path: str, before: str, after: str, expected: str
) -> None:
    """The line of the reference, and what was probably meant."""
    tree.change(path, before, after)
    assert expected in tree.problems()


BROKEN = [
    pytest.param(
        DECISION, "pick: red, because: Red writes., flips_if: It is little.", "to: last",
        f"{DECISION}:13: leads back to 'last', a loop without end; lead it to a pick or to a new "
        "question", id="loop",
    ),
    pytest.param(
        DECISION,
        "      - answer: \"Yes, or I don't know\"\n        to: much\n",
        '      - {answer: "Yes", pick: red, because: It writes., flips_if: No.}\n',
        f"{DECISION}:9: no answer leads to the question 'much'; lead one there or delete it",
        id="unreachable question",
    ),
    pytest.param(
        DECISION, "pick: blue, because: Blue forgets., flips_if: You must keep it.", "because: So.",
        f"{DECISION}:9: 'answers' must lead to exactly one place; give `pick`, `stack` or `to`",
        id="dead end",
    ),
    pytest.param(
        DECISION, "pick: blue, because: Blue forgets., flips_if: You must keep it.", "pick: blue",
        f"{DECISION}:9: 'answers' picks without saying why; add `because` and `flips_if`",
        id="pick without a reason",
    ),
    pytest.param(
        DECISION, "pick: blue", "pick: green",
        f"{STORES}:27: the decision 'store' picks 'green', no contender of 'store'; mend one of "
        "them", id="outcome that is no contender",
    ),
    pytest.param(
        RED, "review_by: 2027-05-20", "review_by: 2026-11-20",
        f"{RED}:12: review_by is not after decided; set a later day", id="review before decision",
    ),
    pytest.param(
        RED, "{date: 2026-11-20, tier: recommended", "{date: 2026-11-20, tier: legacy",
        f"{RED}:36: the last line of history is not the verdict; end it with 2026-11-20, tier "
        "recommended", id="verdict differs from history",
    ),
    pytest.param(
        GREEN, "date: 2025,", "date: 2027,",
        f"{GREEN}:23: is older than the line above it; put the oldest line first",
        id="history out of order",
    ),
    pytest.param(
        GREEN, "  instead: [red]\n  move: Call Red itself.\n", "",
        f"{GREEN}:5: says avoid but not what to do; add `instead` and `move`",
        id="rejection without a way out",
    ),
    pytest.param(
        GREEN, "  instead: [red]\n", "",
        f"{GREEN}:5: gives one of `instead` and `move`; say what to use and how to get there",
        id="a way out of half the words",
    ),
    pytest.param(
        GREEN, "works_with: [red]", "works_with: [green]",
        f"{GREEN}:3: unknown technology 'green'; use 'blue', 'colour', 'red'",
        id="works with itself",
    ),
    pytest.param(
        GREEN, "name: Green", "name: RED",
        f"{RED}:1: the name 'Red' is taken by 'green'; tell them apart", id="name claimed twice",
    ),
    pytest.param(
        STORES, "contenders: [red, blue]", "contenders: [red, blue, red]",
        f"{STORES}:7: names the contender 'red' twice; delete one", id="contender twice",
    ),
    pytest.param(
        STORES, "contenders: [blue], criteria", "contenders: [blue, blue], criteria",
        f"{STORES}:26: names the contender 'blue' twice; delete one", id="column twice",
    ),
    pytest.param(
        STORES, "[ease, survives-kill]", "[ease, ease]",
        f"{STORES}:26: names the criterion 'ease' twice; delete one", id="row twice",
    ),
    pytest.param(
        STORES, "contenders: [blue, red]", "contenders: [blue, green]",
        f"{STORES}:36: 'green' has no cell in 'store/survives-kill'; make it a contender there or "
        "give this choice its own criterion", id="borrowed row without a cell",
    ),
    pytest.param(
        STORES, "versus: [[red, blue]]", "versus: [[red, red], [red, blue]]",
        f"{STORES}:28: compares 'red' with itself; name two", id="pair of one",
    ),
    pytest.param(
        STORES, "id: small-stores", "id: companions",
        f"{STORES}:38: 'companions' is an anchor of this page already; choose another id",
        id="anchor of the page's own",
    ),
    pytest.param(
        STORES, "id: small-stores, title: Small stores}",
        "id: small-stores, title: Small stores}\n    decision: store",
        f"{STORES}:39: the decision 'store' is drawn for 'store' already; delete one",
        id="decision drawn twice",
    ),
    pytest.param(
        STORES, "name: Ease of use, group: Opinion,", "name: Ease, applies_to: [reed],",
        f"{STORES}:22: unknown contender 'reed'; did you mean 'red'?", id="applies to nothing",
    ),
    pytest.param(
        STORES, "accepts: [judgement], field", "accepts: [source], field",
        f"{STORES}:23: 'best-for' shows a field of the verdict; it must accept judgement alone",
        id="field with evidence of its own",
    ),
    pytest.param(
        RED, "package: red-client\n", "",
        f"{RED}:28: reads package metadata, but the technology has no `package`; add it",
        id="metadata without a package",
    ),
    pytest.param(
        GREEN, "history:", "cells: {store: {}}\nhistory:",
        f"{GREEN}:21: 'green' is no contender of 'store'; add it there or delete the cells",
        id="cells of no contender",
    ),
    pytest.param(
        "data/contracts/pings/red.yml", "server: red-client", "server: rot-server",
        "data/contracts/pings/red.yml:6: 'rot-server' is not locked; add it to a dependency group "
        "in pyproject.toml and run `make lock`", id="server that is not locked",
    ),
    pytest.param(
        SNIPPET, 'highlight: ["2"]', 'highlight: ["2-1"]',
        f"{SNIPPET}:5: marks the lines 2-1, but the file has 2; mend the numbers",
        id="highlight backwards",
    ),
    pytest.param(
        RED, "    ease:\n      value: easy\n      evidence: {judgement: Two commands.}\n", "",
        f"{RED}:23: has no cell for 'store/ease'; add one, with evidence of the kind judgement",
        id="empty cell",
    ),
    pytest.param(
        RED,
        'value: Lines\n      evidence: {package: {distribution: red-client, file: red/disk.py, '
        'text: "LINES = 1"}}',
        "value: Lines\n      evidence: {judgement: I think so.}",
        f"{RED}:32: 'format' does not accept judgement; give evidence of the kind package or "
        "source", id="a judgement for a fact",
    ),
    pytest.param(
        RED, "aliases: [red db]", "aliases: [Blue DB]",
        f"{RED}:4: the alias 'Blue DB' is taken by 'blue'; delete one", id="alias claimed twice",
    ),
    pytest.param(
        RED, "aliases: [red db]", "aliases: [blue]",
        f"{RED}:4: the alias 'blue' is taken by 'blue'; delete one", id="alias that is a name",
    ),
    pytest.param(
        STORES, "name: Stores\n", "name: Stores\naliases: [disks, Red DB]\n",
        f"{STORES}:2: the alias 'Red DB' is taken by 'red'; delete one",
        id="alias of a category that a technology has",
    ),
    pytest.param(
        "data/learn/mistakes.yml", "  - id: in-memory\n",
        "  - id: in-memory\n    aliases: [red db]\n",
        "data/learn/mistakes.yml:6: the alias 'red db' is taken by 'red'; delete one",
        id="alias of a section that a technology has",
    ),
    pytest.param(
        "data/stacks/keeper.yml", "name: Keeper\n", "name: Keeper\naliases: [red db]\n",
        "data/stacks/keeper.yml:2: the alias 'red db' is taken by 'red'; delete one",
        id="alias of a stack that a technology has",
    ),
    pytest.param(
        "data/search/synonyms.yml", "groups:\n", "groups:\n  - [kept, Durable]\n",
        "data/search/synonyms.yml:3: 'durable' stands in the group of 'kept' already; delete one",
        id="word in two groups",
    ),
    pytest.param(
        SNIPPET, "install:", "same_job: State that stays\ninstall:",
        f"{SNIPPET}:4: no other snippet does the job 'State that stays'; delete the line",
        id="job of one snippet",
    ),
    pytest.param(
        STORES, "companions: [green]", "companions: []",
        f"{GREEN}:1: is in no choice of 'stores'; add it there to `contenders` or `companions`",
        id="technology in no choice",
    ),
    pytest.param(
        STORES, "companions: [green]", "companions: [green, red]",
        f"{STORES}:7: 'red' is contender and companion; delete one of them",
        id="contender and companion",
    ),
    pytest.param(
        STORES, "id: stores-short", "id: stores-compared",
        f"{STORES}:26: 'stores-compared' is an anchor of this page already; choose another id",
        id="anchor claimed twice",
    ),
    pytest.param(
        STORES, "id: writes,", "id: ease,",
        f"{STORES}:22: the criterion 'ease' is there twice; delete one", id="criterion twice",
    ),
    pytest.param(
        STORES, "versus: [[red, blue]]", "versus: [[red, blue], [blue, red]]",
        f"{STORES}:28: claims /compare/blue-vs-red/ a second time; delete the pair",
        id="pair claimed twice",
    ),
    pytest.param(
        STORES, "    versus: [[red, blue]]\n", "",
        f"{VERSUS}:1: 'blue-vs-red' is a pair of no choice; add the pair to a choice's `versus` or "
        "delete the file", id="versus file of no pair",
    ),
    pytest.param(
        STORES, "        outcomes: {kept: Keeps everything, lost: Forgets everything}\n"
        "        good: [kept]\n", "",
        f"{STORES}:12: 'survives-kill' must have outcomes if, and only if, it accepts a probe; "
        "mend `accepts`", id="probe without outcomes",
    ),
    pytest.param(
        STORES, ', unit: "× Red", better: higher', "",
        f"{STORES}:19: 'writes' needs `unit` and `better` if, and only if, it accepts a benchmark",
        id="benchmark without a unit",
    ),
    pytest.param(
        SNIPPET, 'highlight: ["2"]', 'highlight: ["2-9"]',
        f"{SNIPPET}:5: marks the lines 2-9, but the file has 2; mend the numbers",
        id="highlight past the end",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("path", "before", "after", "expected"), BROKEN)
def test_broken_rule_is_said_with_its_cure(
    tree: Tree, path: str, before: str, after: str, expected: str
) -> None:
    """The rule, the line that breaks it, and what to do."""
    tree.change(path, before, after)
    assert expected in tree.problems()


def test_technology_in_two_categories_is_refused(tree: Tree) -> None:
    """Both would claim /technologies/red/."""
    tree.write("data/technologies/other/red.yml", (tree.root / RED).read_bytes())
    assert (
        f"{RED}:1: claims the address of data/technologies/other/red.yml; rename one of them"
        in (tree.problems())
    )


def test_technology_outside_every_category_is_refused(tree: Tree) -> None:
    """Its folder must be a category."""
    tree.write("data/technologies/stors/new.yml", (tree.root / GREEN).read_bytes())
    problems = tree.problems()
    expected = "data/technologies/stors/new.yml:1: unknown category 'stors'; did you mean 'stores'?"
    assert expected in problems


@pytest.mark.parametrize(
    ("gone", "expected"),
    [
        (VERSUS, f"{STORES}:28: has no page; write data/versus/blue-vs-red.yml"),
        (
            SNIPPET,
            f"snippets/stores/keep_state.py:1: is shown nowhere; describe it in {SNIPPET}",
        ),
        (
            "snippets/stores/keep_state.py",
            f"{SNIPPET}:1: wants exactly one file snippets/stores/<stem>.<extension>; found none",
        ),
        (
            "tests/snippets/stores/test_keep_state.py",
            f"{SNIPPET}:1: has no test; write tests/snippets/stores/test_keep_state.py",
        ),
        ("data/packages.json", "data/packages.json:1: is missing; run `make lock`"),
    ],
)
def test_missing_file_is_named(tree: Tree, gone: str, expected: str) -> None:
    """What belongs together must be there together."""
    (tree.root / gone).unlink()
    assert expected in tree.problems()


def test_implementation_without_code_is_refused(tree: Tree) -> None:
    """Its folder is where its page takes the code from."""
    path = tree.root / "snippets/contracts/pings/red"
    (path / "app.py").unlink()
    path.rmdir()
    message = (
        "data/contracts/pings/red.yml:1: has no code; write it in snippets/contracts/pings/red/"
    )
    assert tree.problems() == [message]


def test_criterion_that_does_not_apply_wants_no_cell(tree: Tree) -> None:
    """`applies_to` leaves a contender out, and only then is an empty cell no problem."""
    tree.change(
        STORES, "{id: ease, name: Ease of use,", "{id: ease, applies_to: [blue], name: Ease,"
    )
    tree.change(
        RED, "    ease:\n      value: easy\n      evidence: {judgement: Two commands.}\n", ""
    )
    assert tree.problems() == []


@pytest.mark.parametrize(
    ("path", "raw", "said"),
    [
        ("keep_state.py", b"a = 1\r\n", "1: has a carriage return"),
        ("keep_state.py", b"a = 1\nb = '\xe9'\n", "2: is not UTF-8 text"),
        ("keep_state/logo.png", b"\x89PNG\x00", "1: is not UTF-8 text"),
    ],
)
def test_code_that_is_no_plain_text_is_refused(
    tree: Tree, path: str, raw: bytes, said: str
) -> None:
    """Readers copy it, and the proof is of its bytes."""
    tree.write(f"snippets/stores/{path}", raw)
    assert any(one.startswith(f"snippets/stores/{path}:{said}") for one in tree.problems())


def test_code_that_is_a_link_out_of_the_snippets_is_refused(tree: Tree) -> None:
    """It would publish a file that nobody meant to publish."""
    (tree.root / "snippets/stores/keep_state").mkdir()
    (tree.root / "snippets/stores/keep_state/packages.json").symlink_to(
        tree.root / "data/packages.json"
    )
    expected = "snippets/stores/keep_state/packages.json:1: is a link out of the snippets; "
    assert expected + "put the file itself here" in tree.problems()


def test_category_without_its_page_is_told_what_to_write(tree: Tree) -> None:
    """The page with a marker for each choice and for the companions."""
    (tree.root / "docs/categories/stores.md").unlink()
    (problem,) = tree.problems()
    assert problem.startswith(f"{STORES}:1: has no page; write docs/categories/stores.md with")


def test_choice_missing_from_its_page_is_named(tree: Tree) -> None:
    """It would be in the data, and nowhere on the site."""
    tree.change("docs/categories/stores.md", "<!-- guide:choice small-store -->", "")
    (problem,) = tree.problems()
    assert problem == (
        "docs/categories/stores.md:1: lacks the line <!-- guide:choice small-store -->; "
        "add it where it belongs"
    )


def test_decision_of_too_many_questions_is_refused(tree: Tree) -> None:
    """Nobody answers them, and a flowchart of them cannot be drawn."""
    chain = "".join(
        f"  q{n}:\n    ask: A?\n    answers:\n      - {{answer: a, to: q{n + 1}}}\n"
        f"      - {{answer: b, pick: red, because: B., flips_if: C.}}\n"
        for n in range(40)
    )
    tree.write(DECISION, f"title: T\nstart: q0\nquestions:\n{chain}")
    assert f"{DECISION}:3: asks 40 questions; split it, 30 are the most" in tree.problems()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("probe/stores/survives-kill", "{}"),
        ("probe/stores/survives-kill", "not JSON"),
        ("probe/stores/other", None),
    ],
)
def test_edited_proof_is_refused(tree: Tree, name: str, text: str | None) -> None:
    """A proof that no run wrote is a problem, whatever is wrong with it."""
    original = (tree.root / "data/proof/probe/stores/survives-kill.json").read_text("utf-8")
    tree.write(f"data/proof/{name}.json", original if text is None else text)
    (problem,) = tree.problems()
    assert "run `make prove only=stores/" in problem
