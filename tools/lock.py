"""Resolve the groups of pyproject.toml anew and write `requirements/*.txt`.

    python -m tools.lock

Hashed, for every supported Python and platform, without the address of any index. Runs on any
Python from 3.8 on.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tools.pip_settings import uv_environment
from tools.uv import CannotGoOnError, complaints, find_uv, run

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ALONE = (
    "arq",
    "django-celery-beat",
    "fastapi-users",
    "graphene",
    "logfire",
    "prefect",
    "robyn",
    "safety",
    "semgrep",
    "zappa",
)
"""Groups of one technology that would hold others back; pyproject.toml says of each why."""

GROUPS = ("site", "test", "uv", "catalogue", *ALONE)
"""A file in `requirements/` for each. Where two lock different versions, the first one counts."""

QUOTED = re.compile(r"\bdistribution: *[\"']?([A-Za-z0-9._-]+)")
"""How data files name the distribution that a text is quoted from."""


def main() -> int:
    """Write the requirements of every group; give the exit code."""
    root = Path.cwd()
    settings = uv_environment(os.environ, additions=False)
    settings.pop("VIRTUAL_ENV", None)
    try:
        uv = find_uv(root, os.environ)
        print("Resolving", flush=True)
        output([uv, "lock", "--upgrade", "--no-progress"], root, settings)
        exports = {group: exported(root, uv, group, settings) for group in GROUPS}
        for group, text in exports.items():
            write(root, group, text)
        write(root, "texts", texts(quoted(root), exports))
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


def quoted(root: Path) -> set[str]:
    """Give the names of the distributions that data files quote."""
    files = (root / "data").rglob("*.yml")
    return {name for path in files for name in QUOTED.findall(path.read_text(encoding="utf-8"))}


def texts(names: Iterable[str], exports: Mapping[str, str]) -> str:
    """Give the entries of the quoted distributions that the test environment lacks.

    Without what they need: they are installed to be read, not to be run.
    """
    wanted = {normalized(name) for name in names}
    wanted -= {normalized(entry.split("==")[0]) for entry in entries(exports["test"])}
    found: dict[str, list[str]] = {}
    for text in exports.values():
        here: dict[str, list[str]] = {}
        for entry in entries(text):
            here.setdefault(normalized(entry.split("==")[0]), []).append(entry)
        found = {**{name: own for name, own in here.items() if name in wanted}, **found}
    return "".join(entry for name in sorted(found) for entry in found[name])


def entries(text: str) -> list[str]:
    """Give the entries of a requirements file, each with its hashes."""
    return re.findall(r"^[^ #\n].*\n(?:[ \t].*\n)*", text, flags=re.MULTILINE)


def normalized(name: str) -> str:
    """Give the name as every index spells it."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\[ ;]", name, maxsplit=1)[0]).lower()


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
