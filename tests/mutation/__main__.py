"""`make mutate`: change snippets, one thing at a time, and report what no test noticed.

    python -m tests.mutation [only=<category>/<id>] [each=5] [seed=1]

Draws five mutants of each snippet that has a proof, or takes all of one named wholly by `only`.
Exit code 1 if fewer than 90 % are noticed, 2 for arguments that mean nothing.
"""

import os
import queue
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
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

DEFAULTS = {"only": "", "each": "5", "seed": "1"}


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Try the mutants and print what survived; give the exit code."""
    given = dict(DEFAULTS)
    for argument in arguments:
        name, _, value = argument.partition("=")
        if name not in DEFAULTS:
            print(f"unknown argument {name}; give only, each, seed as name=value", file=sys.stderr)
            return 2
        given[name] = value
    if not given["each"].isdecimal():
        print(f"each={given['each']} means nothing; give a number", file=sys.stderr)
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
    every = [one for thing in chosen for one in tries(thing, root, number, given["seed"])]
    return report(every, survivors(every, root))


def proven_snippets(guide: Guide, only: str) -> list[Thing]:
    """The snippets that ran here as they are, whose id starts with `only`; one, if it is whole."""
    found = [
        thing
        for thing in things(guide, only)
        if thing.kind == "snippet" and is_current(thing, guide)
    ]
    return [thing for thing in found if thing.id == only] or found


def survivors(every: list[Try], root: Path) -> list[Try]:
    """Those that no test noticed, as many at a time as there are cores."""
    copies: queue.Queue[Path] = queue.Queue()
    began = time.monotonic()
    left = []

    def noticed(one: Try) -> bool:
        copy = copies.get()
        try:
            return is_noticed(one, copy)
        finally:
            copies.put(copy)

    workers = os.cpu_count() or 1
    run = Run()
    try:
        with ExitStack() as stack, ThreadPoolExecutor(workers) as pool:
            for _ in range(workers):
                folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="stackproof-"))
                copies.put(stack.enter_context(copy_of(root, Path(folder).resolve())))
            for one, was_noticed in zip(every, pool.map(noticed, every), strict=True):
                if not was_noticed:
                    left.append(one)
                    print(f"survived {one}", flush=True)
    finally:
        run.close()
    print(f"{len(every)} mutants in {time.monotonic() - began:.0f} s")
    return left


def report(every: list[Try], left: list[Try]) -> int:
    """Print the survivors that change nothing, those that no test noticed, and the share."""
    known = equivalents()
    for one in left:
        because = known.get((one.thing.id, one.mutant.becomes))
        print(f"equivalent {one}: {because}" if because else f"not noticed {one}")
    share = 1 - len(left) / len(every)
    print(f"{len(every) - len(left)} of {len(every)} mutants noticed ({share:.1%})")
    return int(share < WANTED)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
