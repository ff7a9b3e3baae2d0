"""What `make prove` saw: one file per snippet, probe and benchmark in `data/proof/`."""

import datetime as dt
import hashlib
from pathlib import Path
from typing import Literal

from .models import Model
from .packages import Packages

ProofKind = Literal["snippet", "probe", "benchmark"]


class Distribution(Model):
    """A distribution that took part in a run."""

    version: str
    lock: str
    """The digest of its lines in the lock on that day."""


class Figure(Model):
    """What a benchmark measured for one contender."""

    median: float
    low: float
    high: float
    """The lowest and highest of the rounds."""
    rounds: int
    raw: str | None = None
    """The median in natural units, such as `412 requests/s`: good for this one machine only."""


class Proof(Model):
    """The record that something ran: written by the run itself, never by hand."""

    kind: ProofKind
    id: str
    """`<category>/<id>`."""
    ran_on: dt.date
    python: str
    platform: str
    sources: dict[str, str]
    """SHA-256 of what ran and of its test, by path."""
    distributions: dict[str, Distribution]
    """What took part, by normalized name."""
    services: dict[str, str] = {}
    """The servers that answered, by service: `PostgreSQL 18.6`."""
    tests: int
    """How many tests passed."""
    outcomes: dict[str, str] = {}
    """For a probe: contender → outcome."""
    figures: dict[str, Figure] = {}
    """For a benchmark: contender → figure."""
    context: tuple[str, ...] = ()
    """For a benchmark: how it was measured."""


def digest(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def staleness(proof: Proof, root: Path, packages: Packages) -> str | None:
    """Why the proof says nothing about the present bytes and versions; None if it still does."""
    for name, before in proof.sources.items():
        path = root / name
        if not path.is_file():
            return f"{name} is gone"
        if digest(path) != before:
            return f"{name} has changed"
    for name, ran in proof.distributions.items():
        locked = packages.packages.get(name)
        if locked is None:
            return f"{name} is no longer locked"
        if locked.version != ran.version:
            return f"it ran on {name} {ran.version}, {locked.version} is locked now"
        if locked.lock != ran.lock:
            return f"other files of {name} {ran.version} are locked now"
    return None
