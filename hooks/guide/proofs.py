"""What `make prove` saw: one file per snippet, probe and benchmark in `data/proof/`."""

import datetime as dt
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from .models import Model
from .packages import Packages
from .places import further_files, snippet_files, test_path

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


def stale_proofs(proofs: Mapping[str, Proof], root: Path, packages: Packages) -> dict[str, str]:
    """The proofs that are stale, by name, and why; each file is read once."""
    digests = {
        name: digest(root / name) if (root / name).is_file() else None
        for name in {name for proof in proofs.values() for name in proof.sources}
    }
    found = {
        key: _changed(proof, digests) or _added(key, proof, root) or _other_version(proof, packages)
        for key, proof in proofs.items()
    }
    return {key: why for key, why in found.items() if why is not None}


def _changed(proof: Proof, digests: Mapping[str, str | None]) -> str | None:
    for name, before in proof.sources.items():
        if digests[name] is None:
            return f"{name} is gone"
        if digests[name] != before:
            return f"{name} has changed"
    return None


def _added(key: str, proof: Proof, root: Path) -> str | None:
    kind, _, reference = key.partition("/")
    if kind != "snippet":
        return None
    files = [*snippet_files(root, reference), *further_files(root, reference)]
    shown = {*(path.relative_to(root) for path in files), test_path(kind, reference)}
    added = sorted({path.as_posix() for path in shown} - set(proof.sources))
    return f"{added[0]} was added since" if added else None


def _other_version(proof: Proof, packages: Packages) -> str | None:
    ran_on, used = (_minor(version) for version in (proof.python, packages.python))
    if ran_on != used:
        return f"it ran on Python {ran_on}, {used} is used now"
    for name, ran in proof.distributions.items():
        locked = packages.packages.get(name)
        if locked is None:
            return f"{name} is no longer locked"
        if locked.version != ran.version:
            return f"it ran on {name} {ran.version}, {locked.version} is locked now"
        if locked.lock != ran.lock:
            return f"other files of {name} {ran.version} are locked now"
    return None


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])
