"""The commands run from start to end, and what is installed is the lock, to the byte."""

import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.snippets.loading import snippet_path
from tests.snippets.package_index import serving_index
from tests.snippets.processes import ran
from tests.snippets.wheels import write_wheel

PACKAGES: dict[str, tuple[str, list[str]]] = {
    "fastapi": ("0.160.0", ["starlette>=1"]),
    "starlette": ("1.9.0", []),
    "psycopg": ("3.3.0", ['psycopg-binary==3.3.0; extra == "binary"']),
    "psycopg-binary": ("3.3.0", []),
    "pytest": ("9.2.0", []),
    "uvicorn": ("0.54.0", []),
}


class Machine:
    """A folder to work in, with an index of its own."""

    def __init__(self, folder: Path, script: str, index: tuple[Path, str]) -> None:
        self.folder, self.script = folder, script.replace("/srv/orders", str(folder / "srv"))
        self.wheels, self.index = index
        self.project = folder / "orders"
        self.pip = folder / "srv" / ".venv" / "bin" / "python"

    def run(self, *command: str, inside: Path | None = None) -> subprocess.CompletedProcess[str]:
        env = {
            "UV_NO_CONFIG": "1",
            "UV_DEFAULT_INDEX": self.index,
            "UV_CACHE_DIR": str(self.folder / "cache"),
            "UV_PYTHON": sys.executable,
            "UV_PYTHON_DOWNLOADS": "never",
            "PIP_INDEX_URL": self.index,
            "PIP_FIND_LINKS": "",
            "PIP_CONFIG_FILE": "/dev/null",
            "PIP_NO_CACHE_DIR": "1",
            "HOME": str(self.folder),
        }
        return ran(command, inside or self.folder, env)

    def whole_script(self) -> subprocess.CompletedProcess[str]:
        return self.run("bash", "-euxc", self.script)

    def line(self, start: str) -> list[str]:
        """Give the one command of the script that starts so."""
        (found,) = [line for line in self.script.splitlines() if line.startswith(start)]
        return shlex.split(found)

    def locked(self) -> dict[str, str]:
        lock = tomllib.loads((self.project / "uv.lock").read_text("utf-8"))
        return {package["name"]: package["version"] for package in lock["package"]}

    def installed(self, python: Path) -> set[str]:
        done = self.run("uv", "pip", "freeze", "--python", str(python))
        return {line.partition("==")[0].partition(" @")[0] for line in done.stdout.splitlines()}


@pytest.fixture
def machine(snippet_file: Path, tmp_path: Path, index: tuple[Path, str]) -> Machine:
    return Machine(tmp_path, snippet_file.read_text("utf-8"), index)


@pytest.fixture(scope="module", autouse=True)
def whole(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Machine, Future[subprocess.CompletedProcess[str]]]]:
    """Run the script beside the first tests: `python -m venv` alone takes two seconds."""
    folder = tmp_path_factory.mktemp("machine")
    script = snippet_path(Path(__file__)).with_suffix(".sh").read_text("utf-8")
    with serving_index(folder / "wheels", PACKAGES, {}) as index, ThreadPoolExecutor() as threads:
        machine = Machine(folder, script, index)
        yield machine, threads.submit(machine.whole_script)


@pytest.fixture
def project(machine: Machine) -> Machine:
    """Give the machine after the commands that make the project and its lock."""
    script = machine.script.split("# In CI")[0]
    done = machine.run("bash", "-euc", script)
    assert done.returncode == 0, done.stderr
    return machine


def test_update_moves_one_package_or_all(project: Machine) -> None:
    write_wheel(project.wheels, "fastapi", "0.165.0", ["starlette>=1"])
    write_wheel(project.wheels, "starlette", "1.10.0", [])
    before = project.locked()
    assert project.run("uv", "lock", inside=project.project).returncode == 0
    assert project.locked() == before  # what is locked stays
    one = project.line("uv lock --upgrade-package")
    assert project.run(*one, inside=project.project).returncode == 0
    assert project.locked() == {**before, "fastapi": "0.165.0"}
    everything = ["uv", "lock", "--upgrade"]
    assert shlex.join(everything) in project.script.splitlines()
    assert project.run(*everything, inside=project.project).returncode == 0
    assert project.locked() == {**before, "fastapi": "0.165.0", "starlette": "1.10.0"}


@pytest.mark.parametrize("start", ["uv sync", "uv run", "uv export"])
def test_outdated_lock_is_an_error_and_without_the_option_is_renewed(
    project: Machine, start: str
) -> None:
    file = project.project / "pyproject.toml"
    file.write_text(
        file.read_text("utf-8").replace('"fastapi>=0.160"', '"fastapi>=0.160", "uvicorn"'),
        encoding="utf-8",
    )
    command = project.line(start)
    refused = project.run(*command, inside=project.project)
    assert refused.returncode == 1
    assert "needs to be updated" in refused.stderr
    assert "uvicorn" not in project.locked()
    command.remove("--locked")
    assert project.run(*command, inside=project.project).returncode == 0
    assert "uvicorn" in project.locked()


def test_pip_leaves_what_is_no_longer_listed_and_sync_does_not(project: Machine) -> None:
    development = project.project / ".venv" / "bin" / "python"
    pip = ["uv", "pip", "install", "--python", str(development)]
    assert project.run(*pip, "uvicorn", inside=project.project).returncode == 0
    assert project.run(*project.line("uv export"), inside=project.project).returncode == 0
    listed = ["--require-hashes", "--requirement", "requirements.txt"]
    assert project.run(*pip, *listed, inside=project.project).returncode == 0
    assert "uvicorn" in project.installed(development)
    assert project.run(*project.line("uv sync"), inside=project.project).returncode == 0
    assert "uvicorn" not in project.installed(development)


def test_script_runs_from_start_to_end(
    whole: tuple[Machine, Future[subprocess.CompletedProcess[str]]],
) -> None:
    machine, script = whole
    done = script.result()
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Hello from orders!") == 1
    project = tomllib.loads((machine.project / "pyproject.toml").read_text("utf-8"))
    assert project["project"]["dependencies"] == ["fastapi>=0.160", "psycopg[binary]>=3.3"]
    assert project["dependency-groups"] == {"dev": ["pytest>=9"]}
    assert (machine.project / "src" / "orders" / "__init__.py").is_file()
    assert (machine.project / ".git").is_dir()
    needed = {"fastapi", "starlette", "psycopg", "psycopg-binary"}
    assert machine.locked().keys() == {*needed, "pytest", "orders"}
    development = machine.project / ".venv" / "bin" / "python"
    assert {*needed, "pytest"} <= machine.installed(development)
    production = machine.installed(machine.pip)
    assert production - {"pip", "orders"} == needed
    ran_there = machine.run(str(machine.pip.with_name("orders")))
    assert ran_there.stdout == "Hello from orders!\n"

    # A file of the same name and version with other content is refused.
    write_wheel(machine.wheels, "starlette", "1.9.0", [], note="exchanged")
    hashed = machine.line(f"{machine.pip} -m pip install --require-hashes")
    pinned = [str(machine.pip), "-m", "pip", "install", "starlette==1.9.0"]
    with ThreadPoolExecutor() as threads:
        refused, without = threads.map(
            lambda command: machine.run(*command, "--force-reinstall", inside=machine.project),
            [hashed, pinned],
        )
    assert refused.returncode == 1
    assert "DO NOT MATCH THE HASHES" in refused.stderr
    assert without.returncode == 0  # without hashes a pin is a name and a number
