"""How long a fresh process takes to import the contract's application.

The wall time of a process that imports the application, less that of one that does nothing, both
from compiled files. Django imports the modules of its routes with the first request only; here they
are imported too, for no application answers without them. Contenders take turns. Ratios are to
FastAPI in the same round.
"""

import os
import statistics
import subprocess
import sys
import time

import pytest

from tests.benchmarks.fixtures import Context, Measured
from tests.benchmarks.rounds import in_turns, record_ratios
from tests.contracts.implementation import implementations
from tests.probes.contenders import DJANGO_FAMILY, WEB_FRAMEWORKS

BASELINE = "fastapi"
ROUNDS = 7
# No engine or connection is opened by an import, but the applications read the address.
DATABASE_URL = "postgresql://nobody@127.0.0.1:1/none"


@pytest.mark.timeout(600)
@pytest.mark.usefixtures("cores")
def test_application_is_imported_by_a_fresh_process(measured: Measured, context: Context) -> None:
    context(f"{ROUNDS} fresh processes in turns, less a process that imports nothing")
    for contender in WEB_FRAMEWORKS:
        seconds_to_run(contender, import_of(contender))
    bare = statistics.median(seconds_to_run(BASELINE, "pass") for _ in range(ROUNDS))
    figures = in_turns(
        WEB_FRAMEWORKS, ROUNDS, lambda name: (seconds_to_run(name, import_of(name)) - bare) * 1000
    )
    record_ratios(measured, figures, baseline=BASELINE, unit="ms")


def import_of(contender: str) -> str:
    """Give the statements that import the application as its server does, and its routes."""
    module, _, attribute = implementations()[contender].app.partition(":")
    routes = "; from django.urls import get_resolver; get_resolver().url_patterns"
    return f"from {module} import {attribute}{routes if contender in DJANGO_FAMILY else ''}"


def seconds_to_run(contender: str, code: str) -> float:
    """Give the wall time of a process in the contract's folder that runs the code."""
    folder = implementations()[contender].folder
    environ = os.environ | {"DATABASE_URL": DATABASE_URL}
    environ.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, "-c", code]
    began = time.perf_counter()
    # No timeout here: with one, Python looks only every 50 ms whether the process has ended.
    subprocess.run(command, cwd=folder, env=environ, check=True)
    return time.perf_counter() - began
