"""What can be changed in a snippet: Cosmic Ray's operators, and two of our own.

A snippet says little in arithmetic and much in keyword arguments and calls, so leaving one of
those out is the change that its test has to notice.
"""

from collections.abc import Iterator
from typing import Any

from cosmic_ray.operators.operator import Example, Operator
from cosmic_ray.plugins import get_operator, operator_names
from parso.python.tree import Name

Position = tuple[tuple[int, int], tuple[int, int]]

LEFT_OUT = (
    "Operator_BitOr",  # `int | None` is a type here
    "Operator_RShift",  # `first >> second` is no arithmetic
    "VariableReplacer",  # replaces at random, so no seed holds
    "VariableInserter",  # the same
    "ExceptionReplacer",  # fails on `except jwt.InvalidTokenError` in 8.7.0
)


class WithoutKeywordArgument(Operator):  # type: ignore[misc]  # Cosmic Ray has no types
    """Leaves out a keyword argument."""

    def mutation_positions(self, node: Any) -> Iterator[Position]:
        """Give the place of the node if it is a keyword argument."""
        if node.type == "argument" and node.children[1] == "=":
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, index: int) -> Any:  # noqa: ARG002  # one change for a place
        """Give an argument that says nothing, so that the commas around it stay right."""
        return instead("**{}", node)

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        """Give what it does to a call."""
        return (Example("f(a, b=1)", "f(a, **{})"),)


class WithoutStatement(Operator):  # type: ignore[misc]  # the same
    """Leaves out a statement that is nothing but a call, awaited or not."""

    def mutation_positions(self, node: Any) -> Iterator[Position]:
        """Give the place of the node if it is such a statement."""
        if node.type == "simple_stmt" and node.children[0].type == "atom_expr":
            yield node.start_pos, node.children[0].end_pos

    def mutate(self, node: Any, index: int) -> Any:  # noqa: ARG002  # one change for a place
        """Give the same line with `pass`."""
        node.children[0] = instead("pass", node.children[0])
        return node

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        """Give what it does to a line."""
        return (Example("f(a)\n", "pass\n"),)


def instead(text: str, node: Any) -> Any:
    """Give a leaf that stands where the node stood, after the same white space."""
    return Name(text, node.start_pos, node.get_first_leaf().prefix)


def operators() -> list[Operator]:
    """Give one of each operator, in an order that does not change."""
    names = [name for name in sorted(operator_names()) if not any(out in name for out in LEFT_OUT)]
    return [WithoutKeywordArgument(), WithoutStatement(), *(get_operator(name)() for name in names)]
