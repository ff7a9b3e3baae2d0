"""The types of the fixtures that benchmarks use."""

from collections.abc import Sequence
from typing import Protocol, TypedDict


class Raw(TypedDict):
    """A median in natural units."""

    median: float
    unit: str


class Measured(Protocol):
    """Record a contender's figure in each round."""

    def __call__(
        self, contender: str, figures: Sequence[float], *, raw: Raw | None = None
    ) -> None: ...


class Context(Protocol):
    """Record a circumstance to be shown beside the figures."""

    def __call__(self, text: str) -> None: ...
