"""`make prove`: run probes, benchmarks and snippets again and write their proofs.

    python -m tests.proof [only=web-frameworks] [kind=probe] [check=1]

With `check=1` nothing is written and the command fails when an outcome differs.
"""

import datetime as dt
import os
import sys
import time

from guide.load import load_guide
from guide.problems import DataError
from guide.proofs import Proof
from guide.whole import Guide
from tests.proof.proving import contradictions, proof_of, proof_path, proof_text
from tests.proof.record import ROOT
from tests.proof.running import run_alone
from tests.proof.things import Thing, things
from tests.services.run import Run

WORDS = ("only", "kind", "check")


def main(arguments: list[str]) -> int:
    """Prove what the arguments name; 1 if anything failed or differs, 2 for unknown arguments."""
    wanted = dict(argument.partition("=")[::2] for argument in arguments)
    if unknown := sorted(set(wanted) - set(WORDS)):
        sys.stderr.write(f"unknown argument {unknown[0]}; give {', '.join(WORDS)} as name=value\n")
        return 2
    try:
        guide = load_guide(ROOT)
    except DataError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    chosen = [
        thing
        for thing in things(guide, wanted.get("only", ""))
        if wanted.get("kind", thing.kind) == thing.kind
    ]
    if not chosen:
        sys.stderr.write("nothing to prove has such a name; see data/proof/ for names\n")
        return 2
    run = Run()
    try:
        told = [_prove(thing, guide, bool(wanted.get("check"))) for thing in chosen]
    finally:
        run.close()
    bad = told.count("failed") + told.count("differs")
    counts = ", ".join(f"{told.count(word)} {word}" for word in dict.fromkeys(told))
    sys.stdout.write(f"\n{len(told)} proven: {counts}\n")
    return 1 if bad else 0


def _prove(thing: Thing, guide: Guide, check: bool) -> str:  # noqa: FBT001  # one switch of one command
    started = time.monotonic()
    record = run_alone(thing)
    word, lines = "ran", list(record.failures)
    before = guide.proofs.get(str(thing))
    if record.failures:
        word = "failed"
    elif not record.passed:
        word, lines = "skipped", sorted(set(record.skipped))
    else:
        after = proof_of(thing, record, guide, dt.datetime.now(dt.UTC).date())
        differing = contradictions(before, after) if before else []
        if check and differing:
            word, lines = "differs", differing
        elif not check:
            _write(thing, after)
            lines = [f"changed: {line}" for line in differing]
    seconds = time.monotonic() - started
    sys.stdout.write(f"{word:8} {seconds:6.1f} s  {thing}\n")
    sys.stdout.writelines(f"         {line}\n" for line in lines)
    sys.stdout.flush()
    return word


def _write(thing: Thing, proof: Proof) -> None:
    path = proof_path(ROOT, thing)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(proof_text(proof), "utf-8")
    os.replace(partial, path)  # noqa: PTH105  # never a half-written proof


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
