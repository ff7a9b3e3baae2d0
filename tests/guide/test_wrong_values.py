"""A value of the wrong kind is said in the author's words, with its line and what to write."""

import pytest

from tests.guide.conftest import Tree

RED = "data/technologies/stores/red.yml"


def test_sample_has_no_problem(tree: Tree) -> None:
    """Otherwise the tests below would find what they did not cause."""
    assert tree.problems() == []


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(
            "summary: A store called Red.",
            "summary: yes",
            "5: 'summary' is the yes/no value true, not text; put it in quotes",
            id="yes where text belongs",
        ),
        pytest.param(
            "summary: A store called Red.",
            "summary: 3.10",
            "5: 'summary' is the number 3.1, not text; put it in quotes",
            id="3.10 where text belongs",
        ),
        pytest.param(
            "summary: A store called Red.",
            "summary: 2026-11-20",
            "5: 'summary' is the date 2026-11-20, not text; put it in quotes",
            id="a date where text belongs",
        ),
        pytest.param(
            "decided: 2026-11-20",
            "decided: soon",
            "11: 'decided' is 'soon', not a day; write it as 2026-11-20",
            id="text where a date belongs",
        ),
        pytest.param(
            "summary: A store called Red.",
            "summary:",
            "5: 'summary' is empty, not text; put it in quotes",
            id="nothing where text belongs",
        ),
        pytest.param(
            "package: red-client",
            "package: red-client\nalias: [red store]",
            "4: unknown key 'alias'; did you mean 'aliases'?",
            id="unknown key",
        ),
        pytest.param(
            "summary: A store called Red.\n", "", "1: lacks the key 'summary'; add it", id="missing"
        ),
        pytest.param(
            "tier: recommended",
            "tier: best",
            "7: 'tier' is 'best'; write one of 'recommended', 'alternative', 'situational', "
            "'legacy' or 'avoid'",
            id="unknown tier",
        ),
        pytest.param(
            "pros: [It is red.]",
            "pros: It is red.",
            "15: 'pros' is 'It is red.', not a list; start each item with `- `",
            id="text where a list belongs",
        ),
        pytest.param(
            "summary: A store called Red.",
            "summary: " + "x" * 300,
            "5: 'summary' has 300 characters; shorten it to 200",
            id="too long",
        ),
        pytest.param(
            "summary: A store called Red.",
            'summary: "Red\\u0007"',
            "5: 'summary' holds the control character '\\x07'; delete it",
            id="control character",
        ),
        pytest.param(
            "summary: A store called Red.",
            'summary: " "',
            "5: 'summary' is empty; write the text or delete the key",
            id="white space alone",
        ),
        pytest.param(
            'links: {home: "https://red.example.org"}',
            'links: {home: "javascript:alert(1)"}',
            "19: 'home' is not a web address; write it in full, starting with https://",
            id="a script for a link",
        ),
        pytest.param(
            'links: {home: "https://red.example.org"}',
            'links: {home: "https://red.example.org/\\"onclick="}',
            "19: 'home' holds a character that no web address may hold; percent-encode it",
            id="a quotation mark in a link",
        ),
        pytest.param(
            "aliases: [red db]",
            "aliases: [red db]\nid: rad",
            "5: the id 'rad' is not the file's stem 'red'; delete the id",
            id="an id that is not the stem",
        ),
        pytest.param(
            "evidence: {probe: stores/survives-kill}",
            "evidence: {probe: stores/survives-kill, judgement: Sure.}",
            "25: 'evidence' holds 2 kinds of evidence; give exactly one of probe, benchmark, "
            "metadata, package, source, judgement",
            id="two kinds of evidence",
        ),
        pytest.param(
            "evidence: {probe: stores/survives-kill}",
            "evidence: {}",
            "25: 'evidence' holds 0 kinds of evidence; give exactly one of probe, benchmark, "
            "metadata, package, source, judgement",
            id="no evidence",
        ),
        pytest.param(
            "evidence: {probe: stores/survives-kill}",
            "value: Kept\n      evidence: {probe: stores/survives-kill}",
            "24: 'survives-kill' has a value of its own; delete it, the probe supplies it",
            id="a typed value for a probe",
        ),
        pytest.param(
            "value: easy\n      evidence: {judgement: Two commands.}",
            "evidence: {judgement: Two commands.}",
            "33: 'ease' has no value; say what the judgement shows",
            id="a judgement without a value",
        ),
    ],
)
def test_wrong_value_is_said_with_its_line_and_cure(
    tree: Tree, before: str, after: str, expected: str
) -> None:
    """The file, the line, what is there, what to write: exactly this, and nothing else."""
    tree.change(RED, before, after)
    assert tree.problems() == [f"{RED}:{expected}"]
