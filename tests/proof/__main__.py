"""`make prove`: run probes, benchmarks and snippets again and write their proofs.

    python -m tests.proof [only=web-frameworks] [kind=probe] [check=1]

Only a whole run is a proof: no test skipped, no line of a snippet left out. With `check=1` nothing
is written and the command fails when an outcome differs or was never proven.
"""

import datetime as dt
import os
import sys
import time
from pathlib import Path

from guide.load import load_guide
from guide.problems import DataError
from guide.proofs import Proof
from guide.whole import Guide
from tests.proof.proving import contradictions, proof_of, proof_path, proof_text
from tests.proof.record import ROOT, Record
from tests.proof.running import run_alone
from tests.proof.things import Thing, things
from tests.services.run import Run

WORDS = ("only", "kind", "check", "missing")
TOLD = ("ran", "skipped", "differs", "failed")


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Prove what the arguments name in the repository at `root` and tell it on the terminal.

    Gives 0, 1 if the data is broken or anything failed or differs, 2 for unknown arguments.
    """
    wanted = dict(argument.partition("=")[::2] for argument in arguments)
    if unknown := sorted(set(wanted) - set(WORDS)):
        sys.stderr.write(f"unknown argument {unknown[0]}; give {', '.join(WORDS)} as name=value\n")
        return 2
    for switch in ("check", "missing"):
        if (given := wanted.get(switch, "1")) != "1":
            sys.stderr.write(f"{switch}={given} means nothing; give {switch}=1 or leave it out\n")
            return 2
    try:
        guide = load_guide(root)
    except DataError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    chosen = [
        thing
        for thing in things(guide, wanted.get("only", ""))
        if wanted.get("kind", thing.kind) == thing.kind
    ]
    if chosen and "missing" in wanted:
        chosen = [thing for thing in chosen if not is_current(thing, guide)]
        if not chosen:
            sys.stdout.write("every proof is there and current\n")
            return 0
    if not chosen:
        sys.stderr.write("nothing to prove has such a name; see data/proof/ for names\n")
        return 2
    run = Run()
    try:
        told = [_prove(thing, guide, "check" in wanted) for thing in chosen]
    finally:
        run.close()
    counts = ", ".join(f"{told.count(word)} {word}" for word in TOLD if word in told)
    sys.stdout.write(f"\n{len(told)} chosen: {counts}\n")
    return 1 if {"failed", "differs"} & set(told) else 0


def is_current(thing: Thing, guide: Guide) -> bool:
    """Tell whether there is a proof of the present bytes and versions."""
    return str(thing) in guide.proofs and str(thing) not in guide.stale


def _prove(thing: Thing, guide: Guide, check: bool) -> str:  # noqa: FBT001  # one switch of one command
    started = time.monotonic()
    word, lines = _outcome(thing, run_alone(thing, guide.root), guide, check)
    seconds = time.monotonic() - started
    sys.stdout.write(f"{word:8} {seconds:6.1f} s  {thing}\n")
    sys.stdout.writelines(f"         {line}\n" for line in lines)
    sys.stdout.flush()
    return word


def _outcome(thing: Thing, record: Record, guide: Guide, check: bool) -> tuple[str, list[str]]:  # noqa: FBT001  # the same
    """One of `TOLD`, and lines that say why; a whole run's proof is written unless checking."""
    if record.failures:
        return "failed", list(record.failures)
    if record.left_out:
        return "skipped", record.left_out
    if record.idle_lines:
        return "failed", record.idle_lines
    try:
        after = proof_of(thing, record, guide, dt.datetime.now(dt.UTC).date())
    except ValueError as error:
        return "failed", [str(error)]
    before = guide.proofs.get(str(thing))
    differing = contradictions(before, after) if before else []
    if not check:
        _write(guide.root, thing, after)
        return "ran", [f"changed: {line}" for line in differing]
    if before is None:
        return "differs", ["there is no proof yet"]
    return ("differs" if differing else "ran"), differing


def _write(root: Path, thing: Thing, proof: Proof) -> None:
    path = proof_path(root, thing)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(proof_text(proof), "utf-8")
    os.replace(partial, path)  # noqa: PTH105  # never a half-written proof


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
