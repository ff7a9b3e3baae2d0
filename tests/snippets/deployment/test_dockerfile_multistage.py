"""Hadolint finds nothing, the stages end without root, and the steps of uv yield what is started.

No image is built: there is no Docker here. The commands of the build stage run in a folder instead.
"""

import json
import re
import shlex
import shutil
import sys
from pathlib import Path

import httpx2
import pytest

from tests.services.running import free_port
from tests.snippets.processes import ran, started
from tests.snippets.wheels import pack

PYPROJECT = """
[project]
name = "orders"
version = "1.0"
requires-python = ">=3.12"
dependencies = ["uvicorn"]

[dependency-groups]
dev = ["idna"]

[build-system]
requires = ["uv_build"]
build-backend = "uv_build"
"""
APP = """
async def app(scope, receive, send):
    assert scope["type"] == "http"
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"served"})
"""


def instructions(file: Path) -> list[tuple[str, str]]:
    """Give the instructions of a Dockerfile with their arguments on one line."""
    lines = [line for line in file.read_text("utf-8").splitlines() if not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines()
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in joined if line)]


def stages(file: Path) -> list[list[tuple[str, str]]]:
    found: list[list[tuple[str, str]]] = []
    for name, rest in instructions(file):
        if name == "FROM":
            found.append([])
        found[-1].append((name, rest))
    return found


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Give a locked project whose index is a folder of wheels."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    for name in ("uvicorn", "click", "h11", "idna"):
        pack(name, wheels)
    folder = tmp_path / "app"
    (folder / "src" / "orders").mkdir(parents=True)
    (folder / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
    (folder / "src" / "orders" / "__init__.py").touch()
    (folder / "src" / "orders" / "main.py").write_text(APP, encoding="utf-8")
    config = f'no-index = true\noffline = true\nfind-links = ["{wheels}"]\n'
    (tmp_path / "uv.toml").write_text(config, encoding="utf-8")
    locked = ran(["uv", "lock"], folder, environment(tmp_path))
    assert locked.returncode == 0, locked.stderr
    return folder


def environment(folder: Path) -> dict[str, str]:
    return {
        "UV_CONFIG_FILE": str(folder / "uv.toml"),
        "UV_CACHE_DIR": str(folder / "cache"),
        "UV_PYTHON": sys.executable,
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_LINK_MODE": "copy",
        "UV_COMPILE_BYTECODE": "1",
    }


def sync_steps(file: Path) -> list[list[str]]:
    """Give the commands of the build stage without their mounts."""
    runs = [rest for name, rest in stages(file)[0] if name == "RUN"]
    return [[w for w in shlex.split(run) if not w.startswith("--mount")] for run in runs]


def test_hadolint_finds_nothing_and_would(snippet_file: Path, tmp_path: Path) -> None:
    clean = ran(["hadolint", snippet_file], tmp_path)
    assert (clean.returncode, clean.stdout) == (0, "")
    text = snippet_file.read_text("utf-8")
    for good, bad, rule in (
        ("python:3.13-slim-trixie AS build", "python:latest AS build", "DL3007"),
        ("WORKDIR /app\n\n", "WORKDIR app\n\n", "DL3000"),
        ("USER 10001:10001", "USER root", "DL3002"),
        ('CMD ["uvicorn", "orders.main:app", ', "CMD uvicorn orders.main:app #", "DL3025"),
    ):
        assert good in text
        (tmp_path / "broken").write_text(text.replace(good, bad), encoding="utf-8")
        refused = ran(["hadolint", "broken"], tmp_path)
        assert refused.returncode == 1
        assert rule in refused.stdout


def test_last_stage_does_not_run_as_root(snippet_file: Path) -> None:
    build, final = stages(snippet_file)
    users = [rest for name, rest in final if name == "USER"]
    assert users == ["10001:10001"]
    names = [name for name, _ in final]
    assert names.index("USER") > max(i for i, name in enumerate(names) if name in {"RUN", "COPY"})
    created = next(rest for name, rest in final if name == "RUN")
    assert "groupadd --gid 10001 app" in created
    assert "useradd --uid 10001 --gid app" in created
    assert [rest.split()[0] for name, rest in (build[0], final[0])] == [
        "python:3.13-slim-trixie"
    ] * 2


def test_only_the_environment_reaches_the_last_stage(snippet_file: Path) -> None:
    _, final = stages(snippet_file)
    assert [rest for name, rest in final if name == "COPY"] == [
        "--from=build /app/.venv /app/.venv"
    ]


def test_dependencies_are_built_before_the_code_is_there(snippet_file: Path) -> None:
    build, _ = stages(snippet_file)
    first, copy, second = [(name, rest) for name, rest in build if name == "RUN" or rest == ". ."]
    assert copy == ("COPY", ". .")
    for bound in ("uv.lock", "pyproject.toml"):
        assert f"--mount=type=bind,source={bound},target={bound}" in first[1]
    for _, run in (first, second):
        assert "--mount=type=cache,target=/var/cache/uv" in run


def test_steps_of_the_build_yield_what_the_image_starts(
    snippet_file: Path, project: Path, tmp_path: Path
) -> None:
    dependencies, everything = sync_steps(snippet_file)
    code = project / "src"
    code.rename(tmp_path / "later")  # the first step sees the lock and pyproject.toml only
    done = ran(dependencies, project, environment(tmp_path))
    assert done.returncode == 0, done.stderr
    bin_ = project / ".venv" / "bin"
    assert (bin_ / "uvicorn").is_file()
    packages = next((project / ".venv" / "lib").glob("python3*")) / "site-packages"
    assert not (packages / "orders").exists()
    assert not (packages / "idna").exists()  # of the group dev

    (tmp_path / "later").rename(code)
    done = ran(everything, project, environment(tmp_path))
    assert done.returncode == 0, done.stderr
    assert (packages / "orders" / "main.py").is_file()
    assert list((packages / "uvicorn" / "__pycache__").glob("main.*.pyc"))
    shutil.rmtree(code)  # what the last stage copies is the environment alone
    command = json.loads(next(rest for name, rest in stages(snippet_file)[1] if name == "CMD"))
    port = free_port()
    local = [str(bin_ / command[0]), *command[1:], "--host", "127.0.0.1", "--port", str(port)]
    with started(local, tmp_path) as process:
        process.says("Uvicorn running on")
        assert httpx2.get(f"http://127.0.0.1:{port}/").text == "served"


def test_editable_install_breaks_once_the_code_is_left_behind(
    snippet_file: Path, project: Path, tmp_path: Path
) -> None:
    _, everything = sync_steps(snippet_file)
    everything.remove("--no-editable")
    assert ran(everything, project, environment(tmp_path)).returncode == 0
    python = project / ".venv" / "bin" / "python"
    assert ran([python, "-c", "import orders.main"], tmp_path).returncode == 0
    shutil.rmtree(project / "src")
    broken = ran([python, "-c", "import orders.main"], tmp_path)
    assert "No module named 'orders'" in broken.stderr


def test_lock_that_does_not_fit_ends_the_build(
    snippet_file: Path, project: Path, tmp_path: Path
) -> None:
    changed = PYPROJECT.replace('["uvicorn"]', '["uvicorn", "idna"]')
    (project / "pyproject.toml").write_text(changed, encoding="utf-8")
    refused = ran(sync_steps(snippet_file)[0], project, environment(tmp_path))
    assert refused.returncode != 0
    assert "needs to be updated" in refused.stderr
