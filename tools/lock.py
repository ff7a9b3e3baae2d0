"""Resolve the groups of pyproject.toml anew and write `requirements/*.txt`.

    python -m tools.lock

Hashed, for every supported Python and platform, without the address of any index. Runs on any
Python from 3.8 on.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tools.pip_settings import uv_environment
from tools.uv import CannotGoOnError, complaints, find_uv, run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

GROUPS = ("site", "test", "uv")


def main() -> int:
    """Write the requirements of every group; give the exit code."""
    root = Path.cwd()
    settings = uv_environment(os.environ, additions=False)
    settings.pop("VIRTUAL_ENV", None)
    try:
        uv = find_uv(root, os.environ)
        print("Resolving", flush=True)
        output([uv, "lock", "--upgrade", "--no-progress"], root, settings)
        for group in GROUPS:
            write(root, group, exported(root, uv, group, settings))
    except CannotGoOnError as error:
        print(f"make: {error}", file=sys.stderr)
        return 1
    return 0


def exported(root: Path, uv: str, group: str, environ: Mapping[str, str]) -> str:
    """Give the group's requirements with hashes, as plain pip reads them too."""
    options = ["--frozen", "--no-emit-project", "--no-header", "--no-annotate"]
    text = output([uv, "export", "--only-group", group, *options], root, environ)
    if "://" in text:
        message = f"the lock of {group} holds an address; only what an index offers can be locked"
        raise CannotGoOnError(message)
    return text


def write(root: Path, group: str, text: str) -> None:
    """Write the group's requirements and say what became of them."""
    path = root / "requirements" / f"{group}.txt"
    before = path.read_text(encoding="utf-8") if path.is_file() else ""
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    old, new = pins(before), pins(text)
    print(f"requirements/{group}.txt: {len(new)} locked, {len(set(new) - set(old))} changed")


def pins(text: str) -> list[str]:
    """Give the `name==version ; marker` lines of a requirements file."""
    lines = [line.rstrip("\\").strip() for line in text.splitlines()]
    return [line for line in lines if "==" in line and not line.startswith(("#", "-"))]


def output(command: Sequence[str], root: Path, environ: Mapping[str, str]) -> str:
    """Give what a command prints; `CannotGoOnError` with its complaints if it fails."""
    done = run(command, environ, cwd=root)
    if done.returncode != 0:
        name = " ".join(command[1:3])
        message = f"uv could not {name}; mend what it says:\n{complaints(done.stderr)}"
        raise CannotGoOnError(message)
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
