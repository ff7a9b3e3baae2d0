"""Run pytest in the environment of this Python, whatever the caller's shell is set to.

.venv/test/bin/python -m tools.run_tests [pytest arguments]
"""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

# One worker per core; more than four only compete for the one PostgreSQL.
PARALLEL = ("-n", "logical", "--maxprocesses", "4", "--dist", "loadgroup")
# They would change which code runs, or under which settings, from outside the repository.
UNSET = (
    "DJANGO_SETTINGS_MODULE",
    "FLASK_APP",
    "LANGUAGE",
    "PYTHONHOME",
    "PYTHONOPTIMIZE",
    "PYTHONPATH",
    "PYTHONSAFEPATH",
    "PYTHONWARNINGS",
    "PYTHONHASHSEED",
    "SITE_URL",
    "VIRTUAL_ENV",
)


def main(arguments: Sequence[str]) -> int:
    """Run pytest with `arguments` after the usual ones; give its exit code."""
    command = [sys.executable, "-m", "pytest", *PARALLEL, *arguments]
    return subprocess.run(command, env=test_environment(os.environ), check=False).returncode


def test_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Give the environment of a test run: no time zone or language but ours, our programs first."""
    kept = {name: value for name, value in environ.items() if name not in UNSET}
    programs = str(Path(sys.executable).parent)
    path = os.pathsep.join([programs, *filter(None, [environ.get("PATH")])])
    fixed = {"PYTHONUTF8": "1", "TZ": "UTC", "LC_ALL": "C.UTF-8", "NO_MKDOCS_2_WARNING": "1"}
    return {**kept, **fixed, "PATH": path}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
