"""What `make check` looks at."""

import subprocess
import sys
from pathlib import Path

from tests.site.building import ROOT


def lines(*command: str) -> set[str]:
    """What a command says, started in the repository, line by line."""
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return set(done.stdout.splitlines())


def test_every_python_file_of_the_repository_is_linted() -> None:
    """An `exclude` that names a folder leaves out every folder of that name."""
    ruff = str(Path(sys.executable).with_name("ruff"))
    linted = lines(ruff, "check", "--show-files", ".")
    ours = lines("git", "ls-files", "*.py")
    assert len(ours) > 100
    assert sorted(one for one in ours if str(ROOT / one) not in linted) == []
