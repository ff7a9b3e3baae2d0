"""With the hooks installed git refuses what they find, and takes what they have repaired."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.snippets.processes import ran

SNIPPET = Path(__file__).resolve().parents[3] / "snippets/code-quality/pre_commit_config.yaml"
PYPROJECT = """
[project]
name = "orders"
version = "1.0"
requires-python = ">=3.12"
dependencies = []
"""
CLEAN = "def total(prices: list[int]) -> int:\n    return sum(prices)\n"
UNUSED = "import os\n\n\n" + CLEAN
UNFORMATTED = CLEAN.replace("(prices)", "( prices )")
MISTYPED = CLEAN.replace("sum(prices)", "str(prices)")


def variables(folder: Path) -> dict[str, str]:
    """Give what keeps git, prek and uv apart from the machine, without a network."""
    git = {
        f"GIT_{who}_{what}": "t@example.com"
        for who in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }
    return {
        **git,
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_NOSYSTEM": "1",
        "PREK_HOME": str(folder / "prek"),
        "UV_CACHE_DIR": str(folder / "uv"),
        "UV_OFFLINE": "1",
        "UV_PYTHON": sys.executable,
        "UV_PROJECT_ENVIRONMENT": sys.prefix,  # where ruff and mypy are
        "MYPY_CACHE_DIR": str(folder / "mypy"),
        "RUFF_NO_CACHE": "true",
    }


class Repository:
    def __init__(self, folder: Path) -> None:
        self.folder = folder / "orders"
        self.env = variables(folder)

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return ran(command, self.folder, self.env)

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, encoding="utf-8")
        assert self.run("git", "add", name).returncode == 0

    def commit(self, *options: str) -> subprocess.CompletedProcess[str]:
        return self.run("git", "commit", "--message=m", *options)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """Give a repository with one clean commit and the hooks installed."""
    made = Repository(tmp_path_factory.mktemp("template"))
    made.folder.mkdir()
    assert made.run("git", "init", "--quiet").returncode == 0
    made.write(".pre-commit-config.yaml", SNIPPET.read_text("utf-8"))
    made.write("pyproject.toml", PYPROJECT.lstrip())
    assert made.run("uv", "lock").returncode == 0
    made.write("uv.lock", (made.folder / "uv.lock").read_text("utf-8"))
    made.write("prices.py", CLEAN)
    installed = made.run("prek", "install")
    assert installed.returncode == 0, installed.stderr
    first = made.commit()
    assert first.returncode == 0, first.stdout + first.stderr
    return made


@pytest.fixture
def repository(template: Repository, tmp_path: Path) -> Repository:
    """Give a copy of the repository, to be changed."""
    copy = Repository(tmp_path)
    shutil.copytree(template.folder, copy.folder)
    return copy


def test_configuration_is_valid_for_prek_alone(snippet_file: Path, tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(snippet_file.read_text("utf-8"), encoding="utf-8")
    env = variables(tmp_path)
    assert ran(["prek", "validate-config", str(file)], tmp_path, env).returncode == 0
    refused = ran(["pre-commit", "validate-config", str(file)], tmp_path, env)
    assert refused.returncode == 1  # of the hooks in prek itself it knows nothing
    broken = file.read_text("utf-8").replace("entry: uv lock --check", "enter: uv lock --check")
    file.write_text(broken, encoding="utf-8")
    assert ran(["prek", "validate-config", str(file)], tmp_path, env).returncode == 1


def test_both_hooks_are_installed(repository: Repository) -> None:
    hooks = repository.folder / ".git" / "hooks"
    assert {hook.name for hook in hooks.iterdir() if "." not in hook.name} == {
        "pre-commit",
        "pre-push",
    }


def test_repair_refuses_the_commit_until_it_is_staged(repository: Repository) -> None:
    for text in (UNUSED, UNFORMATTED):
        repository.write("orders.py", text)
        assert repository.commit().returncode == 1
        assert (repository.folder / "orders.py").read_text("utf-8") == CLEAN
        repository.run("git", "add", "orders.py")
        done = repository.commit("--allow-empty")
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("name", "text", "hook"),
    [
        ("orders.py", "def total(prices):\n    return prise\n", "ruff check"),
        ("compose.yaml", "services: {api: [}\n", "check yaml"),
        ("settings.toml", "debug = yes\n", "check toml"),
        ("key.pem", "-----BEGIN RSA PRIVATE KEY-----\n", "detect private key"),
        (
            "notes.md",
            "<<<<<<< HEAD\nours\n=======\ntheirs\n>>>>>>> b\n",
            "check for merge conflicts",
        ),
        ("notes.md", "two  \n", "trim trailing whitespace"),
        ("notes.md", "no end", "fix end of files"),
        ("orders.csv", "1,2\n" * 200_000, "check for added large files"),
    ],
)
def test_fault_refuses_the_commit(repository: Repository, name: str, text: str, hook: str) -> None:
    if "merge" in hook:
        head = repository.run("git", "rev-parse", "HEAD").stdout
        (repository.folder / ".git" / "MERGE_HEAD").write_text(head, encoding="utf-8")
        (repository.folder / ".git" / "MERGE_MSG").touch()
    repository.write(name, text)
    refused = repository.run("prek", "run")
    assert refused.returncode == 1
    failed = [line for line in refused.stdout.splitlines() if line.endswith("Failed")]
    assert [line.partition("..")[0] for line in failed] == [hook]


def test_outdated_lock_refuses_the_commit(repository: Repository) -> None:
    repository.write("pyproject.toml", PYPROJECT.lstrip().replace(">=3.12", ">=3.13"))
    refused = repository.commit()
    assert refused.returncode == 1
    assert "uv.lock fits pyproject.toml" in refused.stderr
    assert "needs to be updated" in refused.stderr


def test_types_are_checked_at_the_push_in_all_files(repository: Repository) -> None:
    repository.write("orders.py", MISTYPED)
    assert repository.commit().returncode == 0
    refused = repository.run("prek", "run", "--stage", "pre-push", "--all-files")
    assert refused.returncode == 1
    assert "orders.py:2: error: Incompatible return value type" in refused.stdout


def test_commit_can_go_past_the_hooks_so_ci_runs_them_on_all_files(
    repository: Repository,
) -> None:
    repository.write("orders.py", UNUSED)
    assert repository.commit("--no-verify").returncode == 0
    assert repository.run("prek", "run").returncode == 0  # nothing is staged
    assert repository.run("prek", "run", "--all-files").returncode == 1
