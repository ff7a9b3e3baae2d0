"""The commands run from start to end, what is installed is the lock, and another file is refused."""

import shlex
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.snippets.processes import ran

PACKAGES: dict[str, tuple[str, list[str]]] = {
    "fastapi": ("0.160.0", ["starlette>=1"]),
    "starlette": ("1.9.0", []),
    "psycopg": ("3.3.0", ['psycopg-binary==3.3.0; extra == "binary"']),
    "psycopg-binary": ("3.3.0", []),
    "pytest": ("9.2.0", []),
    "uvicorn": ("0.54.0", []),
}


def wheel(folder: Path, name: str, version: str, requires: list[str], note: str = "") -> None:
    """Write a wheel with one module, whose dependencies are these."""
    module = name.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    extras = "Provides-Extra: binary\n" * ("extra ==" in str(requires))
    metadata = f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n{extras}"
    metadata += "".join(f"Requires-Dist: {one}\n" for one in requires)
    files = {
        f"{module}.py": f"version = '{version}'  # {note}\n",
        f"{info}/METADATA": metadata,
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{file},,\n" for file in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(folder / f"{module}-{version}-py3-none-any.whl", "w") as archive:
        for file, text in files.items():
            archive.writestr(file, text)


class Machine:
    """A folder to work in, whose index is a folder of wheels, and no network."""

    def __init__(self, folder: Path, script: str) -> None:
        self.folder, self.script = folder, script.replace("/srv/orders", str(folder / "srv"))
        self.wheels = folder / "wheels"
        self.wheels.mkdir()
        for name, (version, requires) in PACKAGES.items():
            wheel(self.wheels, name, version, requires)
        config = f'no-index = true\noffline = true\nfind-links = ["{self.wheels}"]\n'
        (folder / "uv.toml").write_text(config, encoding="utf-8")
        self.project = folder / "orders"
        self.pip = folder / "srv" / ".venv" / "bin" / "python"

    def run(self, *command: str, inside: Path | None = None) -> subprocess.CompletedProcess[str]:
        env = {
            "UV_CONFIG_FILE": str(self.folder / "uv.toml"),
            "UV_CACHE_DIR": str(self.folder / "cache"),
            "UV_PYTHON": sys.executable,
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(self.wheels),
            "PIP_CONFIG_FILE": "/dev/null",
            "PIP_NO_CACHE_DIR": "1",
            "HOME": str(self.folder),
        }
        return ran(command, inside or self.folder, env)

    def whole_script(self) -> None:
        done = self.run("bash", "-euxc", self.script)
        assert done.returncode == 0, done.stderr
        assert done.stdout.count("Hello from orders!") == 1

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
def machine(snippet_file: Path, tmp_path: Path) -> Machine:
    return Machine(tmp_path, snippet_file.read_text("utf-8"))


def test_script_runs_from_start_to_end(machine: Machine) -> None:
    machine.whole_script()
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
    wheel(machine.wheels, "starlette", "1.9.0", [], note="exchanged")
    pip = machine.line(f"{machine.pip} -m pip install --require-hashes")
    refused = machine.run(*pip, "--force-reinstall", inside=machine.project)
    assert refused.returncode == 1
    assert "DO NOT MATCH THE HASHES" in refused.stderr
    without = machine.run(
        str(machine.pip), "-m", "pip", "install", "--force-reinstall", "starlette==1.9.0"
    )
    assert without.returncode == 0  # without hashes a pin is a name and a number


@pytest.fixture
def project(machine: Machine) -> Machine:
    """Give the machine after the commands that make the project and its lock."""
    script = machine.script.split("# In CI")[0]
    done = machine.run("bash", "-euc", script)
    assert done.returncode == 0, done.stderr
    return machine


def test_update_moves_one_package_or_all(project: Machine) -> None:
    wheel(project.wheels, "fastapi", "0.165.0", ["starlette>=1"])
    wheel(project.wheels, "starlette", "1.10.0", [])
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
    assert project.run("uv", "pip", "install", "uvicorn", inside=project.project).returncode == 0
    development = project.project / ".venv" / "bin" / "python"
    assert "uvicorn" in project.installed(development)
    export = project.line("uv export")
    assert project.run(*export, inside=project.project).returncode == 0
    pip = ["uv", "pip", "install", "--require-hashes", "--requirement", "requirements.txt"]
    assert project.run(*pip, inside=project.project).returncode == 0
    assert "uvicorn" in project.installed(development)
    assert project.run(*project.line("uv sync"), inside=project.project).returncode == 0
    assert "uvicorn" not in project.installed(development)
