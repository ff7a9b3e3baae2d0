"""Stacks, lessons and the questions of the FAQ: what must hold, and how it is said."""

import pytest

from guide.context import Context
from tests.guide.conftest import Tree

KEEPER = "data/stacks/keeper.yml"
LESSON = "data/learn/mistakes.yml"
QUESTION = "data/learn/faq/red-or-blue.yml"
PROJECT = "data/decisions/project.yml"
STORES = "data/categories/stores.yml"

BROKEN = [
    pytest.param(
        KEEPER, "pick: red", "pick: rde",
        f"{KEEPER}:9: unknown technology 'rde'; did you mean 'red'?", id="role",
    ),
    pytest.param(
        KEEPER, "pick: blue, when", "pick: bleu, when",
        f"{KEEPER}:11: unknown technology 'bleu'; did you mean 'blue'?", id="alternative",
    ),
    pytest.param(
        KEEPER, "pick: blue, when", "pick: red, when",
        f"{KEEPER}:11: 'red' is its own alternative; name another or delete it",
        id="own alternative",
    ),
    pytest.param(
        KEEPER, "role: Cache", "role: Store",
        f"{KEEPER}:12: names the role 'Store' twice; delete one", id="role twice",
    ),
    pytest.param(
        KEEPER, "next_stacks: [many]", "next_stacks: [keeper]",
        f"{KEEPER}:17: unknown stack 'keeper'; use 'many'", id="next is itself",
    ),
    pytest.param(
        KEEPER, "review_by: 2027-05-20", "review_by: 2026-11-20",
        f"{KEEPER}:19: review_by is not after decided; set a later day", id="review",
    ),
    pytest.param(
        PROJECT, "stack: keeper", "stack: keeperr",
        f"{PROJECT}:7: unknown stack 'keeperr'; did you mean 'keeper'?", id="outcome",
    ),
    pytest.param(
        PROJECT, "stack: keeper", "pick: red, stack: keeper",
        f"{PROJECT}:7: 'answers' must lead to exactly one place; give `pick`, `stack` or `to`",
        id="two outcomes",
    ),
    pytest.param(
        LESSON, "technologies/red", "technologies/rde",
        f"{LESSON}:12: unknown page 'technologies/rde'; did you mean 'technologies/red'?", id="see",
    ),
    pytest.param(
        LESSON, "categories/stores#store", "categories/stores#shop",
        f"{LESSON}:12: unknown page 'categories/stores#shop'; "
        "did you mean 'categories/stores#store'?", id="anchor",
    ),
    pytest.param(
        LESSON, "id: no-backup", "id: in-memory",
        f"{LESSON}:14: names the section 'in-memory' twice; delete one", id="section twice",
    ),
    pytest.param(
        LESSON, "    text: [A disk is no backup.]\n", "",
        f"{LESSON}:14: 'sections' says nothing; give `text` or `parts`", id="silent section",
    ),
    pytest.param(
        QUESTION, "compare/blue-vs-red", "compare/red-vs-blue",
        f"{QUESTION}:3: unknown page 'compare/red-vs-blue'; did you mean 'compare/blue-vs-red'?",
        id="proof",
    ),
    pytest.param(
        QUESTION, "answer: [Red.,", f"answer: [{'word ' * 150}Red.,",
        f"{QUESTION}:1: 'the file' takes 155 words; "
        "150 are the most, leave the rest to its proof",
        id="too long",
    ),
    pytest.param(
        STORES, "to: learn/mistakes,", "to: learn/mistake,",
        f"{STORES}:43: unknown page 'learn/mistake'; did you mean 'learn/mistakes'?",
        id="read next",
    ),
    pytest.param(
        STORES, "to: learn/mistakes,", 'to: learn/mistakes, url: "https://a.example.org",',
        f"{STORES}:43: 'read_next' must lead to one page; give `to`, or `title` and `url`",
        id="read two",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("path", "before", "after", "problem"), BROKEN)
def test_slip_is_said_with_its_cure(
    tree: Tree, path: str, before: str, after: str, problem: str
) -> None:
    """One slip, one line."""
    tree.change(path, before, after)
    assert problem in tree.problems()


def test_lesson_does_not_take_the_address_of_a_written_page(tree: Tree) -> None:
    """`/learn/faq/` is a page of docs/ around what the data says."""
    text = (tree.root / LESSON).read_text("utf-8")
    tree.write("data/learn/faq.yml", text)
    assert tree.problems() == [
        "data/learn/faq.yml:1: claims /learn/faq/, a page of docs/; rename it"
    ]


def test_concept_needs_an_explanation_and_nothing_else_of_a_verdict(tree: Tree) -> None:
    """What is no concept says what speaks for and against it."""
    colour = "data/technologies/stores/colour.yml"
    tree.change(colour, "about: [A colour is a name., It says nothing of the store.]\n", "")
    assert tree.problems() == [f"{colour}:1: 'the file' says nothing under about; write it"]
    red = "data/technologies/stores/red.yml"
    (tree.root / colour).unlink()
    tree.change(red, "pros: [", "about: [")
    assert f"{red}:1: 'the file' says nothing under pros; write it" in tree.problems()


def test_stack_installs_each_distribution_once_as_its_first_role_wants_it(tree: Tree) -> None:
    """A database's client is a driver's package again; what not every service has is left out."""
    red, green = (f"data/technologies/stores/{name}.yml" for name in ("red", "green"))
    tree.change(red, "package: red-client", 'package: red-client\ninstall: ["red-client[fast]"]')
    tree.change(green, "works_with: [red]", "works_with: [red]\ninstall: [Red_Client]")
    guide = tree.guide()
    installed = Context(guide, "").install_of_stack(guide.stacks["keeper"])
    assert installed == ("red-client[fast]",)
