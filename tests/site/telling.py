"""How tests tell many faults at once."""

from collections.abc import Sequence

MOST = 40


def listed(lines: Sequence[str]) -> str:
    """The faults, a line each, after their number; the first of them where there are very many."""
    left = len(lines) - MOST
    more = [f"and {left} more"] if left > 0 else []
    return "\n".join([f"{len(lines)} found", *lines[:MOST], *more])
