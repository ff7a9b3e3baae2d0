"""Make `.venv/<name>` hold exactly what `requirements/<name>.txt` locks.

    python -m tools.environments test site

Runs on any Python from 3.8 on, since it is what fetches the right one. Costs a file comparison
when nothing has changed; several calls at once wait for each other.
"""

from __future__ import annotations

import fcntl
import os
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tools.pip_settings import uv_environment
from tools.uv import CannotGoOnError, complaints, find_uv, reason, run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


def main(names: Sequence[str]) -> int:
    """Set up the environments called `names`; give the exit code."""
    root = Path.cwd()
    try:
        for name in names:
            if not is_current(root, name, os.environ):
                with locked(root):
                    set_up(root, name, os.environ)
    except CannotGoOnError as error:
        print(f"make: {error}", file=sys.stderr)
        return 1
    return 0


def set_up(root: Path, name: str, environ: Mapping[str, str]) -> None:
    """Create the environment if it is missing or another Python's, then install into it.

    Raises `CannotGoOnError` when uv, the Python or a distribution cannot be had.
    """
    if is_current(root, name, environ):
        return
    folder = root / ".venv" / name
    started = time.monotonic()
    uv = find_uv(root, environ)
    print(f"Setting up .venv/{name}", flush=True)
    settings = uv_environment(environ)
    # A virtual environment of the caller's must decide nothing here.
    settings.pop("VIRTUAL_ENV", None)
    (folder / "installed").unlink(missing_ok=True)
    if not was_made(root, name, environ):
        create(root, uv, folder, settings)
        (folder / "made").write_text(python_wanted(root, environ), encoding="utf-8")
    install(root, uv, name, settings)
    (folder / "installed").write_text(contents_wanted(root, name), encoding="utf-8")
    print(f"Set up .venv/{name} in {time.monotonic() - started:.0f} s", flush=True)


def create(root: Path, uv: str, folder: Path, environ: Mapping[str, str]) -> None:
    """Create an empty environment with the Python of `.python-version`, fetched if need be."""
    done = run([uv, "venv", "--quiet", "--clear", "--no-progress", str(folder)], environ, cwd=root)
    if done.returncode != 0:
        version = environ.get("UV_PYTHON") or python_version(root)
        message = (
            f"Python {version} is not here and uv could not fetch it ({reason(done.stderr)}); "
            f"install Python {version} and run make again"
        )
        raise CannotGoOnError(message)


def install(root: Path, uv: str, name: str, environ: Mapping[str, str]) -> None:
    """Install what the environment's requirements lock, and remove everything else."""
    python = root / ".venv" / name / "bin" / "python"
    options = ["--quiet", "--no-progress", "--require-hashes", "--python", str(python)]
    done = run([uv, "pip", "sync", *options, f"requirements/{name}.txt"], environ, cwd=root)
    if done.returncode != 0:
        message = (
            f"uv could not install requirements/{name}.txt; mend what it says and run make "
            f"again, or `make lock` if a file has gone from the index\n{complaints(done.stderr)}"
        )
        raise CannotGoOnError(message)


def is_current(root: Path, name: str, environ: Mapping[str, str]) -> bool:
    """Tell whether the environment holds what is locked now, for this Python and this folder."""
    installed = read(root / ".venv" / name / "installed")
    return was_made(root, name, environ) and installed == contents_wanted(root, name)


def was_made(root: Path, name: str, environ: Mapping[str, str]) -> bool:
    """Tell whether the environment was created for this Python, in this folder, and still runs."""
    folder = root / ".venv" / name
    runs = os.access(folder / "bin" / "python", os.X_OK)
    return runs and read(folder / "made") == python_wanted(root, environ)


def python_wanted(root: Path, environ: Mapping[str, str]) -> str:
    """Give what an environment depends on before anything is installed.

    The folder counts because the scripts of an environment hold its path.
    """
    return f"{root}\n{environ.get('UV_PYTHON') or python_version(root)}\n"


def contents_wanted(root: Path, name: str) -> str:
    """Give the text of the environment's requirements."""
    return (root / "requirements" / f"{name}.txt").read_text(encoding="utf-8")


def python_version(root: Path) -> str:
    """Give the Python that the project asks for: `3.13`."""
    return (root / ".python-version").read_text(encoding="utf-8").strip()


def read(path: Path) -> str | None:
    """Give the text of a file; None if there is none."""
    return path.read_text(encoding="utf-8") if path.is_file() else None


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """Hold the set-up of this folder, once whoever holds it has let go or died."""
    path = root / ".cache" / "setup.lock"
    path.parent.mkdir(exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
