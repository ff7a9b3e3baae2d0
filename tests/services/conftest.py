"""A directory and pytest runs of their own, for tests that watch a whole run."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.services import reaper, registry
from tests.services.registry import Registry

ROOT = Path(__file__).parents[2]
OURS = re.compile(r"CI|PYTEST_.*|PYTHONPATH|SERVICE_PROVIDERS|STACKPROOF_.*|.*_(URL|PROVIDER)")

RunPytest = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """Give a directory that other users can enter, which `tmp_path` is not."""
    directory = Path(tempfile.mkdtemp(prefix="stackproof-test-")).resolve()
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory)


@pytest.fixture
def own_registry(open_directory: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """Give a registry that shares nothing with this run, in an environment that says nothing."""
    for name in filter(OURS.fullmatch, list(os.environ)):
        monkeypatch.delenv(name)
    monkeypatch.setattr(registry, "KINDS", dict(registry.KINDS))
    return Registry(open_directory)


def command(*arguments: str) -> list[str]:
    """Give the command that runs pytest with the service fixtures and nothing else."""
    plugins = ["-p", "tests.services.plugin", "-p", "no:cacheprovider"]
    return [sys.executable, "-m", "pytest", *plugins, "-W", "error", "-rs", *arguments]


def environment(directory: Path, **changes: str) -> dict[str, str]:
    """Give the environment of a run of its own, whose files all lie in the directory."""
    kept = {name: value for name, value in os.environ.items() if not OURS.fullmatch(name)}
    own = {"PYTHONPATH": str(ROOT), "TMPDIR": str(directory), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return kept | own | changes


@pytest.fixture
def run_pytest(open_directory: Path, tmp_path: Path) -> RunPytest:
    """Give a function that runs pytest on a test file in a project that requires Valkey in CI.

    After every run it looks that no server and no file of the run is left.
    """

    def run(test_file: str, *arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / "pyproject.toml").write_text(
            '[tool.pytest.ini_options]\n[tool.stackproof.services]\nrequired-in-ci = ["valkey"]\n',
            encoding="utf-8",
        )
        (tmp_path / "test_it.py").write_text(test_file, encoding="utf-8")
        done = subprocess.run(
            command(*arguments),
            cwd=tmp_path,
            env=environment(open_directory, **changes),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert list(open_directory.glob("stackproof-services-*")) == []
        assert reaper.servers(open_directory) == []
        return done

    return run
