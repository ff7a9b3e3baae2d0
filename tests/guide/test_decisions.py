"""A decision is a graph with an end to every way."""

from guide.decisions import drawn, loops, mermaid, outcomes, unreachable
from guide.models import Decision
from guide.whole import Guide


def decision(questions: dict[str, list[str]]) -> Decision:
    """A decision whose answers lead to the named questions, or to a pick for `!red`."""
    return Decision.model_validate(
        {
            "title": "T",
            "start": next(iter(questions)),
            "questions": {
                name: {
                    "ask": f"{name}?",
                    "answers": tuple(
                        {"answer": to, "pick": to[1:], "because": "b", "flips_if": "f"}
                        if to.startswith("!")
                        else {"answer": to, "to": to}
                        for to in ways
                    ),
                }
                for name, ways in questions.items()
            },
        }
    )


def test_question_that_no_answer_leads_to_is_unreachable() -> None:
    """Also when two such questions lead to each other."""
    found = decision({"a": ["!x", "!y"], "b": ["c", "!x"], "c": ["b", "!x"]})
    assert unreachable(found) == ["b", "c"]


def test_way_back_is_a_loop() -> None:
    """The answer that leads back, by question and position."""
    assert loops(decision({"a": ["b", "!x"], "b": ["!x", "a"]})) == [("b", 1)]


def test_two_ways_to_one_question_are_no_loop() -> None:
    """Ways may meet."""
    assert loops(decision({"a": ["b", "c"], "b": ["c", "!x"], "c": ["!x", "!y"]})) == []


def test_very_long_way_is_walked() -> None:
    """Longer than Python recurses."""
    chain = {f"q{n}": [f"q{n + 1}", "!x"] for n in range(5000)} | {"q5000": ["!x", "!y"]}
    assert loops(decision(chain)) == []
    assert unreachable(decision(chain)) == []


def test_outcomes_are_named_once_in_order() -> None:
    """However many answers lead to them."""
    assert outcomes(decision({"a": ["!y", "b"], "b": ["!x", "!y"]})) == ["y", "x"]


def test_mermaid_source_names_every_question_answer_and_outcome(sample: Guide) -> None:
    """As one reads it in an editor that draws Mermaid."""
    names = {
        f"technologies/{key}": technology.name for key, technology in sample.technologies.items()
    }
    assert mermaid(sample.decisions["store"], names.__getitem__) == (
        "flowchart TD\n"
        '  q-last["Must it last?"]\n'
        '  q-last -->|"Yes, or I don\'t know"| q-much\n'
        '  q-last -->|"No"| o-last-1("Blue")\n'
        '  q-much["Is it much?"]\n'
        '  q-much -->|"Yes"| o-much-0("Red")\n'
        '  q-much -->|"No"| o-much-1("Red")\n'
    )


def test_question_that_two_answers_lead_to_is_drawn_once() -> None:
    """The second time a link points to it, so that no id stands twice on the page."""
    top = drawn(decision({"a": ["b", "c"], "b": ["c", "!x"], "c": ["!x", "!y"]}))
    (_, c), (_, b) = top.answers
    assert c is not None
    assert b is not None
    assert (c.name, c.again) == ("c", False)
    assert [(one.name, one.again) for _, one in b.answers if one] == [("c", True)]


def test_flowchart_puts_outcomes_first_and_long_ways_last() -> None:
    """As it is drawn: the eye meets what is decided before what is still asked."""
    tree = drawn(
        decision({"a": ["b", "!x", "c"], "b": ["c2", "!x"], "c": ["!x", "!y"], "c2": ["!x", "!y"]})
    )
    assert [answer.answer for answer, _ in tree.answers] == ["!x", "c", "b"]
