"""Run one thing's test in a process of its own and read what it wrote down."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.proof.handed import COVER_VARIABLE, COVERAGE_FILE_VARIABLE, RECORD_VARIABLE
from tests.proof.record import ROOT, Record
from tests.proof.things import Thing

OPTIONS = ("--disable-plugin-autoload", "-pno:cacheprovider", "-pno:tests.scheduling")
"""Finding and importing plugins that do nothing for one file took longer than most tests."""

PLUGIN = "pytest_timeout"
"""For PYTEST_PLUGINS: for each plugin that `-p` names pytest reads what all packages offer."""

TIMEOUT = 900
"""Seconds after which a run is broken off: benchmarks take minutes, hung tests for ever."""


COVERAGE_SETTINGS = """
[run]
parallel = true
data_file = {folder}/coverage
include =
    {paths}
# Sees threads and greenlets alike (SQLAlchemy's asynchronous sessions run in these), and tells
# Python to stop reporting what is not asked for: celery-task's test takes half the CPU time.
core = sysmon
# Lines of workers and servers that a test starts count too, if these end by themselves or by
# SIGTERM. After a fork only functions that the child enters are seen; more counts as not run.
patch = subprocess, _exit, fork
sigterm = true
disable_warnings = no-data-collected, module-not-imported, module-not-measured
"""

GOOD_CODES = (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
"""What pytest ends with when nothing failed; a file that skips itself collects no tests."""


def run_alone(thing: Thing, root: Path = ROOT, timeout: float = TIMEOUT) -> Record:
    """The record of the thing's test file below `root`, run by a fresh interpreter.

    A process of its own keeps settings apart (Django has one set per process) and shows which
    distributions this one thing imports. A run that ended badly or not at all, after `timeout`
    seconds, is a record with a failure.
    """
    covered = [str(root / path) for path in thing.sources if path.suffix == ".py"]
    # What ends after pytest, as multiprocessing's tracker does, may write its lines during the
    # clean-up.
    with tempfile.TemporaryDirectory(
        prefix="stackproof-record-", ignore_cleanup_errors=True
    ) as folder:
        target = Path(folder) / "record.json"
        output = Path(folder) / "output.txt"
        settings = Path(folder) / "coverage.ini"
        paths = "\n    ".join(covered)
        settings.write_text(COVERAGE_SETTINGS.format(folder=folder, paths=paths), "utf-8")
        environment = {
            **{name: text for name, text in os.environ.items() if not name.startswith("PYTEST_")},
            RECORD_VARIABLE: str(target),
            COVER_VARIABLE: os.pathsep.join(covered),
            COVERAGE_FILE_VARIABLE: str(settings),
            # Runs beside each other would clear away each other's old folders.
            "PYTEST_DEBUG_TEMPROOT": folder,
            "PYTEST_PLUGINS": f"{PLUGIN},tests.proof.recorder",
        }
        command = [sys.executable, "-m", "pytest", str(root / thing.test), "-q", *OPTIONS]
        code = exit_code(command, environment, output, timeout)
        said = output.read_text("utf-8", "replace").strip()[-3000:]
        if code is None:
            return _failed(f"{thing.test}: not done after {timeout:g} seconds:\n{said}")
        if not target.is_file():
            return _failed(f"{thing.test}: no record was written:\n{said}")
        record = Record.model_validate_json(target.read_text("utf-8"))
    failures = record.failures
    if code not in GOOD_CODES and not failures:
        failures = (f"{thing.test}: pytest ended with exit code {code}:\n{said}",)
    uncovered = {
        Path(path).relative_to(root).as_posix(): lines for path, lines in record.uncovered.items()
    }
    return record.model_copy(update={"failures": failures, "uncovered": uncovered})


def exit_code(
    command: list[str],
    environment: dict[str, str],
    output: Path,
    timeout: float,
    folder: Path = ROOT,
) -> int | None:
    """The exit code of the command, or None if it had to be killed."""
    # Into a file: at the end of a pipe one would wait for every process that a test left behind.
    with output.open("wb") as file:
        try:
            return subprocess.run(
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                timeout=timeout,
                check=False,
            ).returncode
        except subprocess.TimeoutExpired:
            return None


def _failed(why: str) -> Record:
    return Record(passed=0, failures=(why,), skipped=(), imported=(), properties=(), uncovered={})
