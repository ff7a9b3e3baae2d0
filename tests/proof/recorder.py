"""The pytest plugin that writes the record of a run: `pytest -p tests.proof.recorder FILE`."""

import gc
import json
import os
import sys
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

import coverage
import pytest

from tests.proof.handed import COVERAGE_FILE_VARIABLE, RECORD_VARIABLE, covered_paths

PATHS = covered_paths()
COVERAGE = coverage.Coverage(config_file=os.environ[COVERAGE_FILE_VARIABLE]) if PATHS else None
PASSED: list[str] = []
FAILURES: list[str] = []
SKIPPED: list[str] = []
PROPERTIES: list[tuple[str, Any]] = []

# A test that runs pytest in its own process does not want this plugin of ours.
os.environ.pop("PYTEST_PLUGINS", None)

# Before any test module imports what it tests: the lines of its definitions count too.
if COVERAGE is not None:
    COVERAGE.start()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Count the test and keep what its fixtures wrote down."""
    if report.failed:
        reason = str(report.longrepr).strip().splitlines()
        FAILURES.append(f"{report.nodeid} ({report.when}): {'\n'.join(reason[-40:])}")
    elif report.skipped:
        SKIPPED.append(_reason(report.longrepr))
    elif report.when == "call":
        PASSED.append(report.nodeid)
    if report.when == "teardown":
        PROPERTIES.extend(report.user_properties)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """A file that cannot be collected has failed."""
    if report.failed:
        FAILURES.append(f"{report.nodeid} (collection): {report.longrepr}")
    elif report.skipped:
        SKIPPED.append(_reason(report.longrepr))


def pytest_keyboard_interrupt(excinfo: pytest.ExceptionInfo[BaseException]) -> None:
    """A run that was broken off has failed, whatever exit code it asked for."""
    # Errors of collection break a run off too, and have told themselves.
    if not FAILURES:
        FAILURES.append(f"the run was broken off: {excinfo.value or excinfo.typename}")


def pytest_unconfigure() -> None:
    """Write the fields of a `Record` to the file that the environment names."""
    if RECORD_VARIABLE not in os.environ:
        return
    record = {
        "passed": len(PASSED),
        "failures": FAILURES,
        "skipped": SKIPPED,
        "imported": sorted({name.partition(".")[0] for name in sys.modules}),
        "properties": PROPERTIES,
        "uncovered": _uncovered(),
    }
    Path(os.environ[RECORD_VARIABLE]).write_text(json.dumps(record), "utf-8")


def _reason(longrepr: object) -> str:
    text = longrepr[2] if isinstance(longrepr, tuple) else longrepr
    return str(text).removeprefix("Skipped: ")


def _uncovered() -> dict[str, tuple[int, ...]]:
    if COVERAGE is None:
        return {}
    COVERAGE.stop()
    COVERAGE.save()
    # A run that broke before its first line has no data; its own failure is what matters.
    warnings.simplefilter("ignore", coverage.exceptions.CoverageWarning)
    # Combining leaves the files that it reads for the collector to close.
    warnings.simplefilter("ignore", ResourceWarning)
    whole = coverage.Coverage(config_file=os.environ[COVERAGE_FILE_VARIABLE])
    with suppress(coverage.exceptions.NoDataError):
        whole.combine()
    missing: dict[str, tuple[int, ...]] = {}
    for path in PATHS:
        try:
            lines = whole.analysis2(path)[3]
        except coverage.exceptions.NoSource:
            continue
        if lines:
            missing[path] = tuple(lines)
    gc.collect()
    return missing
