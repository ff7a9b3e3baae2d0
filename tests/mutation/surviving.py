"""Run a snippet's own test on its mutants, in a copy of the repository."""

import itertools
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.mutation.mutants import Mutant, mutants, sampled
from tests.proof.running import OPTIONS, PLUGIN, exit_code
from tests.proof.things import Thing
from tests.snippets.processes import environment

COPIED = ("data", "hooks", "snippets", "tests", "tools", "pyproject.toml")
TIMEOUT = 60.0
"""Seconds after which a test that does not end has noticed: the snippet hangs."""

SECONDS = itertools.count(1_000_000_000)
"""When a changed file says that it was written: compiled files go by the second, so none is old."""

EQUIVALENT = Path(__file__).with_name("equivalent.yml")


@dataclass(frozen=True)
class Try:
    """A mutant of one file of a snippet."""

    thing: Thing
    path: Path
    """The file, from the root of the repository."""
    mutant: Mutant

    def __str__(self) -> str:
        return f"{self.path}:{self.mutant}"


def tries(thing: Thing, root: Path, number: int | None, seed: str) -> list[Try]:
    """What to try of one snippet: `number` of its mutants, or every one if None."""
    found = []
    for path in thing.sources:
        if path.suffix == ".py":
            code = (root / path).read_text("utf-8")
            found += [[Try(thing, path, one) for one in place] for place in mutants(code)]
    if number is None:
        return [one for place in found for one in place]
    return drawn(found, number, f"{seed} {thing.id}")


def drawn(places: list[list[Try]], number: int, seed: str) -> list[Try]:
    """At most `number` of them, each of another place."""
    by_mutant = {id(one.mutant): one for place in places for one in place}
    chosen = sampled([[one.mutant for one in place] for place in places], number, seed)
    return [by_mutant[id(one)] for one in chosen]


@contextmanager
def copy_of(root: Path, folder: Path) -> Iterator[Path]:
    """Give a copy of what tests of snippets need; files are changed there and nowhere else."""
    leave = shutil.ignore_patterns("__pycache__", ".*", "golden")
    for name in COPIED:
        if (root / name).is_dir():
            shutil.copytree(root / name, folder / name, ignore=leave)
        else:
            shutil.copy2(root / name, folder / name)
    yield folder


def is_noticed(one: Try, copy: Path, seconds: float = TIMEOUT) -> bool | None:
    """Tell whether the snippet's own test fails, or never ends, with the mutant in its place.

    None if `seconds` were too few to tell.
    """
    file = copy / one.path
    before = file.read_text("utf-8")
    _write(file, one.mutant.code)
    try:
        code = ended_with(one.thing, copy, min(seconds, TIMEOUT))
    finally:
        _write(file, before)
    if code is None and seconds < TIMEOUT:
        return None
    return code != 0


def _write(file: Path, code: str) -> None:
    file.write_text(code, "utf-8")
    os.utime(file, (second := next(SECONDS), second))


def ended_with(thing: Thing, copy: Path, seconds: float) -> int | None:
    """The exit code of the snippet's test in the copy; None if it did not end in time."""
    command = [sys.executable, "-m", "pytest", str(thing.test), "-x", "-q", *OPTIONS]
    # PYTHONPATH names the tree that this is a copy of.
    apart = {**environment(), "PYTHONPATH": "", "PYTEST_PLUGINS": PLUGIN}
    return exit_code(command, apart, copy / "output.txt", seconds, copy)


def equivalents(path: Path = EQUIVALENT) -> dict[tuple[str, str], str]:
    """Snippet and change, as `Mutant.change` has it → why nothing changes by it."""
    written = yaml.safe_load(path.read_text("utf-8")) or {}
    return {
        (snippet, each["becomes"]): each["because"]
        for snippet, found in written.items()
        for each in found
    }
