"""Measure contenders in turns, so that what disturbs the machine disturbs all of them."""

import statistics
from collections.abc import Callable, Iterable

from tests.benchmarks.fixtures import Measured


def in_turns(
    contenders: Iterable[str], rounds: int, measure: Callable[[str], float]
) -> dict[str, list[float]]:
    """Give each contender's figure in each round; every other round goes through them backwards."""
    order = list(contenders)
    figures: dict[str, list[float]] = {contender: [] for contender in order}
    for number in range(rounds):
        for contender in order if number % 2 == 0 else reversed(order):
            figures[contender].append(measure(contender))
    return figures


def record_ratios(
    measured: Measured, figures: dict[str, list[float]], *, baseline: str, unit: str
) -> None:
    """Record each contender's figures as ratios to the baseline's figure of the same round."""
    for contender, own in figures.items():
        ratios = [value / base for value, base in zip(own, figures[baseline], strict=True)]
        measured(contender, ratios, raw={"median": statistics.median(own), "unit": unit})
