"""Each command installs what its groups say, and a release of yesterday stays out of the lock."""

import subprocess
import sys
import tomllib
from datetime import timedelta
from pathlib import Path

import pytest

from tests.snippets.processes import ran
from tests.snippets.wheels import wheel_metadata, write_wheel

PACKAGES: dict[str, tuple[str, list[str]]] = {
    "fastapi": ("0.160.0", []),
    "psycopg": (
        "3.3.0",
        ['psycopg-binary==3.3.0; extra == "binary"', 'psycopg-pool; extra == "pool"'],
    ),
    "psycopg-binary": ("3.3.0", []),
    "psycopg-pool": ("3.3.0", []),
    "pydantic-settings": ("2.14.0", []),
    "sqlalchemy": ("2.1.0", ['greenlet; extra == "asyncio"']),
    "greenlet": ("3.3.0", []),
    "gunicorn": ("26.0.0", ["urllib3"]),
    "urllib3": ("2.7.0", []),
    "mypy": ("2.4.0", []),
    "ruff": ("0.17.0", []),
    "httpx2": ("2.0.0", ['winloop; sys_platform == "win32"']),
    "pytest": ("9.0.0", []),
}
NEEDED = {
    "fastapi",
    "greenlet",
    "orders",
    "psycopg",
    "psycopg-binary",
    "psycopg-pool",
    "pydantic-settings",
    "sqlalchemy",
}
LINT, TEST, SERVER = {"mypy", "ruff"}, {"httpx2", "pytest"}, {"gunicorn", "urllib3"}


class Project:
    def __init__(self, folder: Path, text: str, index: tuple[Path, str]) -> None:
        self.folder, self.text = folder / "orders", text
        self.wheels, self.index = index
        (self.folder / "src" / "orders").mkdir(parents=True)
        (self.folder / "src" / "orders" / "__init__.py").touch()
        main = "def run() -> None:\n    print('served')\n"
        (self.folder / "src" / "orders" / "main.py").write_text(main, encoding="utf-8")
        self.write(text)

    def write(self, text: str) -> None:
        (self.folder / "pyproject.toml").write_text(text, encoding="utf-8")

    def uv(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        env = {
            "UV_DEFAULT_INDEX": self.index,
            "UV_CACHE_DIR": str(self.folder / "cache"),
            "UV_PYTHON": sys.executable,
            "UV_PYTHON_DOWNLOADS": "never",
        }
        return ran(["uv", *arguments], self.folder, env)

    def locked(self) -> dict[str, str]:
        done = self.uv("lock")
        assert done.returncode == 0, done.stderr
        lock = tomllib.loads((self.folder / "uv.lock").read_text("utf-8"))
        return {package["name"]: package["version"] for package in lock["package"]}

    def installed(self, *options: str) -> set[str]:
        """Give what `uv sync` with these options leaves installed."""
        done = self.uv("sync", *options)
        assert done.returncode == 0, done.stderr
        packages = self.folder / ".venv" / "lib" / f"python3.{sys.version_info.minor}"
        infos = (packages / "site-packages").glob("*.dist-info")
        return {info.name.partition("-")[0].replace("_", "-") for info in infos}


@pytest.fixture
def project(snippet_file: Path, tmp_path: Path, index: tuple[Path, str]) -> Project:
    return Project(tmp_path, snippet_file.read_text("utf-8"), index)


def test_every_place_gets_what_it_needs(project: Project) -> None:
    assert project.installed() == NEEDED | LINT | TEST  # a developer
    assert project.installed("--no-dev") == NEEDED  # a worker
    assert project.installed("--no-dev", "--extra", "server") == NEEDED | SERVER  # an image
    assert project.installed("--no-default-groups", "--group", "test") == NEEDED | TEST  # CI
    assert project.installed("--only-group", "lint") == LINT
    assert project.uv("run", "--no-dev", "orders").stdout == "served\n"


def test_extra_is_published_and_groups_are_not(project: Project) -> None:
    built = project.uv("build", "--wheel")
    assert built.returncode == 0, built.stderr
    said = wheel_metadata(project.folder / "dist" / "orders-1.4.0-py3-none-any.whl").decode()
    required = [line for line in said.splitlines() if line.startswith("Requires-Dist:")]
    assert required == [
        "Requires-Dist: fastapi>=0.160",
        "Requires-Dist: psycopg[binary,pool]>=3.3",
        "Requires-Dist: pydantic-settings>=2.14",
        "Requires-Dist: sqlalchemy[asyncio]>=2.1",
        "Requires-Dist: gunicorn>=26 ; extra == 'server'",
    ]


def test_release_of_yesterday_stays_out_of_the_lock(
    project: Project, ages: dict[str, timedelta]
) -> None:
    for version, days in (("0.161.0", 8), ("0.162.0", 6)):
        write_wheel(project.wheels, "fastapi", version, [])
        ages[f"fastapi-{version}-py3-none-any.whl"] = timedelta(days=days)
    assert project.locked()["fastapi"] == "0.161.0"
    (project.folder / "uv.lock").unlink()
    project.write(project.text.replace('exclude-newer = "7 days"', ""))
    assert project.locked()["fastapi"] == "0.162.0"


def test_wrong_waiting_time_is_a_warning_and_lets_everything_in(
    project: Project, ages: dict[str, timedelta]
) -> None:
    write_wheel(project.wheels, "fastapi", "0.162.0", [])
    ages["fastapi-0.162.0-py3-none-any.whl"] = timedelta(hours=1)
    project.write(project.text.replace('"7 days"', '"a week"'))
    warned = project.uv("lock")
    assert (warned.returncode, "warning: Failed to parse" in warned.stderr) == (0, True)
    assert project.locked()["fastapi"] == "0.162.0"


def test_too_old_a_package_of_others_is_refused(project: Project) -> None:
    write_wheel(project.wheels, "urllib3", "2.5.0", [])
    (project.wheels / "urllib3-2.7.0-py3-none-any.whl").unlink()
    refused = project.uv("lock")
    assert refused.returncode == 1
    assert "urllib3" in refused.stderr
    project.write(project.text.replace('"urllib3>=2.6"', ""))
    assert project.locked()["urllib3"] == "2.5.0"


def test_lock_is_for_the_named_platforms(project: Project) -> None:
    assert "winloop" not in project.locked()  # which the index does not even have
    platforms = "environments = [\"sys_platform == 'linux'\", \"sys_platform == 'darwin'\"]"
    assert platforms in project.text
    project.write(project.text.replace(platforms, ""))
    refused = project.uv("lock")
    assert refused.returncode == 1
    assert "winloop" in refused.stderr


@pytest.mark.parametrize(
    ("good", "bad", "says"),
    [
        ('required-version = ">=0.13"', 'required-version = ">=9"', "does not match"),
        ('include-group = "test"', 'include-group = "tests"', "tests"),
        ('"psycopg[binary,pool]>=3.3"', '"psycopg[binary,pool]>=4"', "psycopg"),
    ],
)
def test_fault_is_refused(project: Project, good: str, bad: str, says: str) -> None:
    assert good in project.text
    project.write(project.text.replace(good, bad))
    refused = project.uv("lock")
    assert refused.returncode != 0
    assert says in refused.stderr
