"""Write `data/packages.json`: what the lock, the index and the installed metadata say.

    .venv/test/bin/python -m tools.run tools.packages

Runs in the test environment, after it was installed from the lock. Holds the distributions that
the lock installs there, on this platform and for the Python of `.python-version`, and those that
pyproject.toml names in the groups beyond it.
"""

import datetime as dt
import hashlib
import json
import os
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from importlib.metadata import Distribution, PackagePath, distributions
from pathlib import Path
from typing import Any, Literal

from packaging.requirements import Requirement

from guide.packages import Package, Packages, normalized
from tools.environments import python_version
from tools.lock import GROUPS
from tools.pip_settings import uv_environment
from tools.uv import CannotGoOnError, complaints, find_uv, reason, run

SHORT = 60
"""A `License` field longer than this is the text of the licence, not its name."""
WRITTEN_BY_INSTALLERS = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json"}

FOREIGN = ("mysqlclient", "psycopg2")
"""Have wheels for Windows but not for Linux, where they want a compiler and a library."""

Locked = dict[tuple[str, str], dict[str, Any]]
Entries = dict[str, tuple[str, list[str]]]


def main() -> int:
    """Write the file; give the exit code."""
    root = Path.cwd()
    try:
        text = as_json(packages_of(root, dt.datetime.now(dt.UTC).date()))
    except CannotGoOnError as error:
        print(f"make: {error}", file=sys.stderr)
        return 1
    (root / "data" / "packages.json").write_text(text, encoding="utf-8")
    return 0


def as_json(packages: Packages) -> str:
    """Give the file's text: sorted and indented, so that a lock shows what changed in its diff."""
    data = packages.model_dump(mode="json")
    return json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def packages_of(root: Path, day: dt.date) -> Packages:
    """Give what is known of every distribution that the lock installs here.

    Raises `CannotGoOnError` when the environment differs from the lock or the index is silent.
    """
    entries = lock_entries((root / "requirements" / "test.txt").read_text(encoding="utf-8"))
    beyond = entries_beyond(root, set(entries))
    locked = by_version(tomllib.loads((root / "uv.lock").read_text(encoding="utf-8")))
    installed = {normalized(found.name): found for found in distributions()}
    installed |= {normalized(found.name): found for found in unpacked(root, beyond)}
    python = python_version(root)
    newest = newest_versions(root, [*entries, *beyond], python)
    result = {}
    for name, (version, hashes) in (entries | beyond).items():
        if name not in installed or installed[name].version != version:
            message = f"{name} {version} is locked but not installed; run `make lock` again"
            raise CannotGoOnError(message)
        result[name] = package_of(installed[name], locked[name, version], hashes, newest.get(name))
    return Packages(as_of=day, python=python, packages=result)


def entries_beyond(root: Path, known: Collection[str]) -> Entries:
    """Give version and hashes of what pyproject.toml names beyond the test environment."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    beyond: Entries = {}
    for group in GROUPS:
        text = (root / "requirements" / f"{group}.txt").read_text(encoding="utf-8")
        declared = project["dependency-groups"][group]
        names = {normalized(each) for each in declared if isinstance(each, str)}
        own = {name: entry for name, entry in lock_entries(text).items() if name in names}
        beyond |= {name: entry for name, entry in own.items() if name not in {*known, *beyond}}
    return beyond


def unpacked(root: Path, wanted: Entries) -> Iterator[Distribution]:
    """Install distributions without what they need, to read their metadata, and give them.

    Raises `CannotGoOnError` when one cannot be had.
    """
    uv, settings = find_uv(root, os.environ), uv_environment(os.environ)
    for name, platform in (("here", None), ("foreign", "x86_64-pc-windows-msvc")):
        folder = root / ".cache" / "facts" / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        names = [name for name in wanted if (name in FOREIGN) == (platform is not None)]
        lines = [f"{name}=={wanted[name][0]}{hashed(wanted[name][1])}" for name in names]
        (folder / "requirements.txt").write_text("\n".join(lines), encoding="utf-8")
        options = ["--no-deps", "--require-hashes", "--target", str(folder)]
        if platform is not None:
            options += ["--python-platform", platform, "--only-binary", ":all:"]
        command = [uv, "pip", "install", "--quiet", "--python", sys.executable, *options]
        done = run([*command, "-r", str(folder / "requirements.txt")], settings, cwd=root)
        if done.returncode != 0:
            message = f"distributions cannot be had to be read:\n{complaints(done.stderr)}"
            raise CannotGoOnError(message)
        yield from distributions(path=[str(folder)])


def hashed(hashes: Iterable[str]) -> str:
    """Give hashes as a requirements file has them."""
    return "".join(f" --hash={each}" for each in hashes)


def package_of(
    found: Distribution, locked: Mapping[str, Any], hashes: Iterable[str], newest: str | None
) -> Package:
    """Give one distribution's facts from its metadata and its entry in the lock."""
    files = found.files or []
    return Package(
        version=found.version,
        released=released(locked),
        requires_python=found.metadata.get("Requires-Python"),
        licence=licence(found),
        typed=any(file.name == "py.typed" for file in files),
        wheels=wheels(locked),
        requires=requires(found.requires or []),
        size=sum(size(file) for file in files if is_content(file, found)),
        newest=newest,
        lock=hashlib.sha256("\n".join(sorted(hashes)).encode()).hexdigest(),
    )


def lock_entries(requirements: str) -> Entries:
    """Give version and hashes by name, for the entries whose marker holds on this machine."""
    entries = {}
    for logical in requirements.replace("\\\n", " ").splitlines():
        pin, *hashes = logical.split("--hash=")
        if not pin.strip() or pin.startswith("#"):
            continue
        requirement = Requirement(pin.strip())
        if requirement.marker is None or requirement.marker.evaluate():
            [specifier] = requirement.specifier
            digests = [digest.strip() for digest in hashes]
            entries[normalized(requirement.name)] = (specifier.version, digests)
    return entries


def by_version(lock: Mapping[str, Any]) -> Locked:
    """Give the entries of `uv.lock` by name and version."""
    return {(package["name"], package.get("version", "")): package for package in lock["package"]}


def released(locked: Mapping[str, Any]) -> dt.date | None:
    """Give the day on which the first file of a version was uploaded; None if no index told."""
    files = [*locked.get("wheels", []), *([locked["sdist"]] if "sdist" in locked else [])]
    days = [file["upload-time"] for file in files if "upload-time" in file]
    return dt.datetime.fromisoformat(min(days)).date() if days else None


def wheels(locked: Mapping[str, Any]) -> Literal["pure", "platform", "none"]:
    """Give `pure`, `platform` if a wheel of the version is bound to one, or `none`."""
    names = [wheel["url"].rsplit("/", 1)[-1] for wheel in locked.get("wheels", [])]
    if not names:
        return "none"
    return "pure" if all(name.endswith("-none-any.whl") for name in names) else "platform"


def licence(found: Distribution) -> str | None:
    """Give the licence as the project names it: expression, short text, or classifiers."""
    for field in ("License-Expression", "License"):
        value = (found.metadata.get(field) or "").strip()
        if value and "\n" not in value and len(value) <= SHORT and value.upper() != "UNKNOWN":
            return value
    classifiers = found.metadata.get_all("Classifier") or []
    names = [line.rsplit(" :: ", 1)[-1] for line in classifiers if line.startswith("License ::")]
    return ", ".join(names) or None


def requires(requirements: Iterable[str]) -> tuple[str, ...]:
    """Give the distributions that are needed here without any extra, sorted by name."""
    parsed = [Requirement(line) for line in requirements]
    here = [each for each in parsed if each.marker is None or each.marker.evaluate({"extra": ""})]
    return tuple(sorted({normalized(each.name) for each in here}))


def is_content(file: PackagePath, found: Distribution) -> bool:
    """Tell whether an installed file came with the distribution and has the same bytes anywhere.

    Compiled files, the installer's notes and scripts, which hold the environment's path, do not.
    """
    in_metadata = file.parent.name.endswith(".dist-info")
    if file.suffix == ".pyc" or (in_metadata and file.name in WRITTEN_BY_INSTALLERS):
        return False
    if file.parent.name != "bin":
        return True
    path = Path(str(found.locate_file(file)))
    return path.is_file() and path.read_bytes()[:2] != b"#!"


def size(file: PackagePath) -> int:
    """Give the bytes of an installed file; 0 if it is gone."""
    path = Path(str(file.locate()))
    return path.stat().st_size if path.is_file() else 0


def newest_versions(root: Path, names: Iterable[str], python: str) -> dict[str, str]:
    """Give the newest version that the index offers for each name, whatever others allow.

    Final releases that support this Python; a pre-release only where there is nothing else.
    """
    options = ["--quiet", "--no-deps", "--no-header", "--no-annotate", "--python-version", python]
    command = [find_uv(root, os.environ), "pip", "compile", *options, "-"]
    settings = uv_environment(os.environ, additions=False)
    # Away from pyproject.toml, whose constraints would hold the answer back.
    with tempfile.TemporaryDirectory() as elsewhere:
        done = run(command, settings, cwd=Path(elsewhere), stdin="\n".join(names))
    if done.returncode != 0:
        message = f"the index does not tell the newest versions ({reason(done.stderr)})"
        raise CannotGoOnError(message)
    lines = (line.split("==") for line in done.stdout.splitlines() if "==" in line)
    return {normalized(name): version.strip() for name, version in lines}


if __name__ == "__main__":
    sys.exit(main())
