"""The project that a pipeline tests, with its lock and a folder of wheels as its index."""

import shutil
import sys
from pathlib import Path

from tests.snippets.processes import ran
from tests.snippets.wheels import pack

PYPROJECT = """
[project]
name = "orders"
version = "1.0"
requires-python = ">=3.12"
dependencies = []

[dependency-groups]
dev = ["pytest"]

[tool.uv]
environments = ["sys_platform != 'win32'"]
"""
OUTDATING = PYPROJECT.replace("dependencies = []", 'dependencies = ["packaging"]')
GOOD = "def test_total(): assert 2 * 19 == 38\n"
BAD = "def test_total(): assert 2 * 19 == 39\n"


def locked_project(folder: Path) -> Path:
    """Make the project with a test that passes, and its lock, in a folder with its wheels."""
    for name in ("pytest", "iniconfig", "packaging", "pluggy", "pygments"):
        pack(name, folder)
    project = folder / "orders"
    project.mkdir()
    (project / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
    (project / "test_orders.py").write_text(GOOD, encoding="utf-8")
    config = f'no-index = true\noffline = true\nfind-links = ["{folder}"]\n'
    (folder / "uv.toml").write_text(config, encoding="utf-8")
    locked = ran(["uv", "lock"], project, uv_environment(folder))
    assert locked.returncode == 0, locked.stderr
    return project


def copied_project(project: Path, folder: Path) -> Path:
    """Copy the project and its configuration of uv, so that a test may change it."""
    shutil.copy(project.parent / "uv.toml", folder)
    return Path(shutil.copytree(project, folder / project.name))


def uv_environment(folder: Path) -> dict[str, str]:
    """Give the environment in which uv reads the configuration of the folder and no other."""
    return {
        "UV_CONFIG_FILE": str(folder / "uv.toml"),
        "UV_CACHE_DIR": str(folder / "cache"),
        "UV_PYTHON": sys.executable,
    }
