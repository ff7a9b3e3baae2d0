"""Find uv, or put it into a private environment. Runs on any Python from 3.8 on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

REQUIREMENTS = "requirements/uv.txt"
LOCK = "uv.lock"


class CannotGoOnError(Exception):
    """Set-up cannot go on; the text says in one line why, and what to install."""


def find_uv(root: Path, environ: Mapping[str, str]) -> str:
    """Give the path of a uv that runs: from the PATH, else a private one, installed if need be.

    Raises `CannotGoOnError` when none can be had.
    """
    private = [root / ".cache" / "uv" / "bin" / "uv", root / ".cache" / "uv-pip" / "bin" / "uv"]
    on_path = programs(["uv"], environ.get("PATH", ""))
    for program in (*on_path, *map(str, private)):
        if Path(program).exists() and run([program, "--version"], environ).returncode == 0:
            return program
    return install_uv(root, environ)


def install_uv(root: Path, environ: Mapping[str, str]) -> str:
    """Install uv with pip under `.cache` and give its path; `CannotGoOnError` if that fails."""
    print("Installing uv into .cache", flush=True)
    for python in pythons(environ):
        folder = root / ".cache" / "uv"
        shutil.rmtree(folder, ignore_errors=True)
        if run([python, "-m", "venv", str(folder)], environ).returncode == 0:
            pip = [str(folder / "bin" / "python"), "-m", "pip"]
            target = []
        elif run([python, "-m", "pip", "--version"], environ).returncode == 0:
            # Debian keeps venv in a package of its own; pip alone will do.
            folder = root / ".cache" / "uv-pip"
            pip = [python, "-m", "pip"]
            target = ["--target", str(folder)]
        else:
            continue
        install = [*pip, "install", "--quiet", "--disable-pip-version-check", "--no-input"]
        done = run([*install, *target, "--require-hashes", "-r", REQUIREMENTS], environ, cwd=root)
        if done.returncode != 0:
            message = (
                f"pip could not install uv ({reason(done.stderr)}); "
                "install uv (https://docs.astral.sh/uv/) and run make again"
            )
            raise CannotGoOnError(message)
        return str(folder / "bin" / "uv")
    message = (
        "no Python on the PATH has venv or pip, which fetch uv; install uv "
        "(https://docs.astral.sh/uv/) or Debian's python3-venv and run make again"
    )
    raise CannotGoOnError(message)


def pythons(environ: Mapping[str, str]) -> Iterator[str]:
    """Yield Pythons that may be able to install uv, the running one first."""
    in_project = sys.prefix != sys.base_prefix
    if not in_project:
        yield sys.executable
    is_new = "import sys; sys.exit(sys.version_info < (3, 8))"
    for python in programs(["python3", "python"], f"{environ.get('PATH', '')}:/usr/bin"):
        if run([python, "-c", is_new], environ).returncode == 0:
            yield python


def programs(names: Sequence[str], path: str) -> list[str]:
    """Give the programs with these names in the folders of a PATH, in its order, once each."""
    folders = dict.fromkeys(folder for folder in path.split(os.pathsep) if folder)
    candidates = [Path(folder) / name for folder in folders for name in names]
    return [str(program) for program in candidates if os.access(program, os.X_OK)]


def run(
    command: Sequence[str],
    environ: Mapping[str, str],
    cwd: Path | None = None,
    stdin: str = "",
) -> subprocess.CompletedProcess[str]:
    """Run a command and give its outcome; one that cannot be started gives 127."""
    try:
        return subprocess.run(
            command,
            env=dict(environ),
            cwd=cwd,
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    except OSError as error:
        return subprocess.CompletedProcess(command, 127, "", str(error))


def complaints(stderr: str) -> str:
    """Give what a program complained of, without its warnings (uv has one per broken shim)."""
    lines = [line for line in stderr.splitlines() if line.strip()]
    errors: list[str] = []
    in_warning = False
    for line in lines:
        starts = not line.startswith((" ", "\t"))
        in_warning = line.lower().startswith("warning") if starts else in_warning
        if not in_warning:
            errors.append(line)
    return "\n".join(errors)


def reason(stderr: str) -> str:
    """Give the complaint in one line: the error and its last cause."""
    lines = [line.strip() for line in complaints(stderr).splitlines()]
    causes = [line for line in lines if line.lower().startswith(("error:", "cause:", "caused by:"))]
    told = causes or lines or ["it did not say why"]
    return ": ".join(dict.fromkeys(strip_label(line) for line in (told[0], told[-1])))


def strip_label(line: str) -> str:
    """Give `line` without the `error:` or `cause:` before it."""
    label, found, rest = line.partition(":")
    return rest.strip() if found and label.lower() in {"error", "cause", "caused by"} else line
