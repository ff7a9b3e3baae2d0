"""Run one thing's test in a process of its own and read what it wrote down."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.proof.record import COVER_VARIABLE, RECORD_VARIABLE, ROOT, Record
from tests.proof.things import Thing

WITHOUT = ("cacheprovider", "hypothesispytest", "xdist")
"""Plugins that cost time and do nothing for one file."""

TIMEOUT = 900
"""Seconds after which a run is broken off: benchmarks take minutes, hung tests for ever."""


def run_alone(thing: Thing) -> Record:
    """The record of the thing's test file, run by a fresh interpreter.

    A process of its own keeps settings apart (Django has one set per process) and shows which
    distributions this one thing imports.
    """
    covered = [str(ROOT / path) for path in thing.sources if path.suffix == ".py"]
    with tempfile.TemporaryDirectory(prefix="stackproof-record-") as folder:
        target = Path(folder) / "record.json"
        environment = {
            **{name: text for name, text in os.environ.items() if not name.startswith("PYTEST_")},
            RECORD_VARIABLE: str(target),
            COVER_VARIABLE: os.pathsep.join(covered),
        }
        command = [sys.executable, "-m", "pytest", str(thing.test), "-q"]
        command += ["-p", "tests.proof.recorder", *(f"-pno:{name}" for name in WITHOUT)]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        if not target.is_file():
            said = (done.stdout + done.stderr).strip()[-3000:]
            return Record(
                passed=0,
                failures=(f"{thing.test}: no record was written:\n{said}",),
                skipped=(),
                imported=(),
                properties=(),
                uncovered={},
            )
        return Record.model_validate_json(target.read_text("utf-8"))
