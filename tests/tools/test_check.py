"""What `make check` looks at."""

import subprocess
import sys
from pathlib import Path

from tests.site.building import ROOT


def test_every_python_file_of_the_repository_is_linted() -> None:
    """An `exclude` that names a folder leaves out every folder of that name."""
    ruff = Path(sys.executable).with_name("ruff")
    command = [str(ruff), "check", "--show-files", "."]
    shown = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    linted = set(shown.stdout.splitlines())
    folders = ("hooks", "snippets", "tests", "tools")
    ours = [file for folder in folders for file in (ROOT / folder).rglob("*.py")]
    assert sorted(str(file) for file in ours if str(file) not in linted) == []
