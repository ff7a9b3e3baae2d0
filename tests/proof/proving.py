"""A record → the proof that the site reads."""

import datetime as dt
import json
import platform
import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, FiniteFloat, ValidationError, field_validator

from guide.packages import normalized
from guide.proofs import Distribution, Figure, Proof, digest
from guide.whole import Guide
from tests.probes.distributions import closure
from tests.proof.record import Record
from tests.proof.things import Thing, imported_distributions


class Raw(BaseModel):
    """A median in natural units."""

    median: FiniteFloat
    unit: str


class Measured(BaseModel):
    """What a benchmark wrote down for one contender."""

    rounds: tuple[FiniteFloat, ...]
    """Ratios to the baseline, one for each round."""
    raw: Raw | None = None

    @field_validator("rounds")
    @classmethod
    def _not_empty(cls, rounds: tuple[float, ...]) -> tuple[float, ...]:
        if not rounds:
            raise ValueError("no round was measured")  # noqa: EM101  # pydantic shows it as it is
        return rounds


def proof_of(thing: Thing, record: Record, guide: Guide, today: dt.date) -> Proof:
    """The proof that the record gives; the run must have passed.

    Raises:
        ValueError: With the contender, when its figure is none.
    """
    return Proof(
        kind=thing.kind,
        id=thing.id,
        ran_on=today,
        python=platform.python_version(),
        platform=f"{platform.system()} {platform.machine()}",
        sources={
            path.as_posix(): digest(guide.root / path) for path in _sources(thing, record, guide)
        },
        distributions=_distributions(thing, record, guide),
        services=_services(record),
        tests=record.passed,
        outcomes=dict(sorted(record.all_of("outcome"))),
        figures={name: _figure(name, figure) for name, figure in sorted(record.all_of("figure"))},
        context=tuple(dict.fromkeys(record.all_of("context"))),
    )


def proof_path(root: Path, thing: Thing) -> Path:
    """Where a thing's proof is kept."""
    return root / "data/proof" / f"{thing}.json"


def proof_text(proof: Proof) -> str:
    """The proof as it is kept: sorted, so that a rerun changes only what changed."""
    content = json.loads(proof.model_dump_json())
    return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def contradictions(before: Proof, after: Proof) -> list[str]:
    """What the later run saw otherwise: outcomes, and on which side of its baseline a figure is."""
    found = [
        f"{name} was '{word}' and is '{after.outcomes.get(name, 'missing')}'"
        for name, word in before.outcomes.items()
        if after.outcomes.get(name) != word
    ]
    for name, figure in before.figures.items():
        again = after.figures.get(name)
        if again is None:
            found.append(f"{name} was measured and is missing")
        elif side(again) != side(figure):
            found.append(f"{name} was {side(figure)} than its baseline and is {side(again)}")
    return found


def side(figure: Figure) -> str:
    """Whether the rounds put a ratio above or below its baseline, or cannot tell."""
    if figure.low > 1:
        return "more"
    return "less" if figure.high < 1 else "neither more nor less"


def _sources(thing: Thing, record: Record, guide: Guide) -> list[Path]:
    named = [Path(path) for paths in record.all_of("sources") for path in paths]
    found = {thing.test, *thing.sources}
    for path in named:
        whole = guide.root / path
        inside = (
            [file for file in whole.rglob("*") if file.is_file()] if whole.is_dir() else [whole]
        )
        found |= {
            file.relative_to(guide.root) for file in inside if "__pycache__" not in file.parts
        }
    return sorted(found)


def _distributions(thing: Thing, record: Record, guide: Guide) -> dict[str, Distribution]:
    names = {normalized(name) for _, ran in record.all_of("distributions") for name in ran}
    names |= set(closure(thing.install)) & imported_distributions(record.imported)
    # A worker or a suite may run in a process of its own, whose imports nobody saw.
    names |= {normalized(root) for root in thing.install}
    locked = guide.packages.packages
    return {
        name: Distribution(version=locked[name].version, lock=locked[name].lock)
        for name in sorted(names)
        if name in locked
    }


def _services(record: Record) -> dict[str, str]:
    """`postgresql=PostgreSQL 18.6 (wheel …)` → the service's name and what answered."""
    labels = sorted(set(record.all_of("service")))
    return {label.partition("=")[0]: label.partition("=")[2].partition(" (")[0] for label in labels}


def _figure(contender: str, written: Mapping[str, Any]) -> Figure:
    try:
        measured = Measured.model_validate(written)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        what = first["msg"].removeprefix("Value error, ")
        message = f"the figure of {contender}: {where}: {what}"
        raise ValueError(message) from None
    rounds, raw = measured.rounds, measured.raw
    return Figure(
        median=_short(statistics.median(rounds)),
        low=_short(min(rounds)),
        high=_short(max(rounds)),
        rounds=len(rounds),
        raw=f"{_short(raw.median):g} {raw.unit}" if raw else None,
    )


def _short(value: float) -> float:
    """The value with the four digits that such a measurement bears."""
    return float(f"{value:.4g}")
