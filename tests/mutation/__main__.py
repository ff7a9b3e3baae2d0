"""`make mutate`: change snippets, one thing at a time, and report what no test noticed.

    python -m tests.mutation [only=<category>/<id>] [each=5] [seed=1] [minutes=15]

Draws five mutants of each snippet that has a proof, or takes all of one named wholly by `only`.
One of each snippet is tried before the second of any; what the time does not reach is counted
and not called noticed. Exit code 1 if fewer than 90 % of those tried are noticed, 2 for arguments
that mean nothing.
"""

import os
import queue
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import zip_longest
from pathlib import Path

from guide.load import load_guide
from guide.problems import DataError
from guide.whole import Guide
from tests.mutation.surviving import Try, copy_of, equivalents, is_noticed, tries
from tests.proof.__main__ import is_current
from tests.proof.things import Thing, things
from tests.services.run import Run

ROOT = Path(__file__).resolve().parents[2]
WANTED = 0.9
"""The share of mutants that tests must notice."""

DEFAULTS = {"only": "", "each": "5", "seed": "1", "minutes": "15"}


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Try the mutants and print what survived; give the exit code."""
    began = time.monotonic()
    given = dict(DEFAULTS)
    for argument in arguments:
        name, _, value = argument.partition("=")
        if name not in DEFAULTS:
            print(
                f"unknown argument {name}; give {', '.join(DEFAULTS)} as name=value",
                file=sys.stderr,
            )
            return 2
        given[name] = value
    for name in ("each", "minutes"):
        if not given[name].isdecimal():
            print(f"{name}={given[name]} means nothing; give a number", file=sys.stderr)
            return 2
    try:
        guide = load_guide(root)
    except DataError as error:
        print(error, file=sys.stderr)
        return 1
    chosen = proven_snippets(guide, given["only"])
    if not chosen:
        print(f"no proven snippet is named {given['only']}", file=sys.stderr)
        return 2
    number = None if [thing.id for thing in chosen] == [given["only"]] else int(given["each"])
    drawn = [tries(thing, root, number, given["seed"]) for thing in chosen]
    every = [one for turn in zip_longest(*drawn) for one in turn if one is not None]
    found = outcomes(every, root, began + 60 * int(given["minutes"]))
    print(f"\n{time.monotonic() - began:.0f} s", flush=True)
    return report(every, found)


def proven_snippets(guide: Guide, only: str) -> list[Thing]:
    """The snippets that ran here as they are, whose id starts with `only`; one, if it is whole."""
    found = [
        thing
        for thing in things(guide, only)
        if thing.kind == "snippet" and is_current(thing, guide)
    ]
    return [thing for thing in found if thing.id == only] or found


def outcomes(every: list[Try], root: Path, end: float) -> list[bool | None]:
    """For each whether a test noticed it; None for those not reached by `end` (`time.monotonic`).

    Twice as many are tried at a time as there are cores: most tests wait half their time, and
    those of a mutant that hangs do nothing else.
    """
    copies: queue.Queue[Path] = queue.Queue()

    def outcome(one: Try) -> bool | None:
        left = end - time.monotonic()
        if left <= 0:
            return None
        copy = copies.get()
        try:
            noticed = is_noticed(one, copy, left)
        finally:
            copies.put(copy)
        if noticed is False:
            print(f"survived {one}", flush=True)
        return noticed

    workers = 2 * (os.cpu_count() or 1)
    run = Run()
    try:
        with ExitStack() as stack, ThreadPoolExecutor(workers) as pool:
            for _ in range(workers):
                folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="stackproof-"))
                copies.put(stack.enter_context(copy_of(root, Path(folder).resolve())))
            return list(pool.map(outcome, every))
    finally:
        run.close()


def report(every: list[Try], found: list[bool | None]) -> int:
    """Print the survivors, those that change nothing apart, and the share; give the exit code."""
    known = equivalents()
    tried = [
        (one, noticed) for one, noticed in zip(every, found, strict=True) if noticed is not None
    ]
    left = [one for one, noticed in tried if not noticed]
    for one in left:
        because = known.get((one.thing.id, one.mutant.change))
        print(f"equivalent {one}: {because}" if because else f"not noticed {one}")
    share = 1 - len(left) / max(len(tried), 1)
    snippets = len({one.thing.id for one, _ in tried})
    print(
        f"{len(tried) - len(left)} of {len(tried)} mutants noticed ({share:.1%}) "
        f"in {snippets} snippets; {len(every) - len(tried)} not tried for lack of time"
    )
    return int(share < WANTED)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
