"""The lock as it stands in the repository."""

import hashlib
import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from guide.packages import Packages, normalized
from tools.lock import ALONE, GROUPS, pins
from tools.packages import entries_beyond, lock_entries

ROOT = Path(__file__).parents[2]
# What is older than it needs to be, and why: `make lock` finds newer versions.
CERTIFI = "asks for certifi 2026.10.19 or later, which the index did not offer that day"
HELD_BACK = {
    "logfire": f"5.4.0 {CERTIFI}, through logfire-sdk",
    "pdm": f"2.29.4 {CERTIFI}",
    "prefect": f"3.9.1 {CERTIFI}",
    "python-dateutil": "Celery 5.7.0 asks for exactly 2.9.0.post0",
    "semgrep": f"1.185.0 {CERTIFI}",
}


@pytest.fixture(scope="module")
def packages() -> Packages:
    text = (ROOT / "data" / "packages.json").read_text(encoding="utf-8")
    return Packages.model_validate_json(text)


@pytest.fixture(scope="module")
def pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def requirements(group: str) -> str:
    return (ROOT / "requirements" / f"{group}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("group", GROUPS)
def test_every_pin_has_a_hash_and_no_address(group: str) -> None:
    text = requirements(group)
    logical = [line for line in text.replace("\\\n", " ").splitlines() if line.strip()]

    assert len(pins(text)) == len(logical) > 0
    assert [line for line in logical if "--hash=sha256:" not in line] == []
    assert "://" not in text


@pytest.mark.parametrize("group", GROUPS)
def test_everything_declared_is_locked(group: str, pyproject: dict[str, Any]) -> None:
    groups = pyproject["dependency-groups"]

    def declared(name: str) -> set[str]:
        own = [entry for entry in groups[name] if isinstance(entry, str)]
        included = [entry["include-group"] for entry in groups[name] if isinstance(entry, dict)]
        return {normalized(entry) for entry in own}.union(*map(declared, included))

    locked = {normalized(pin) for pin in pins(requirements(group))}
    assert declared(group) - locked == set(), "run `make lock`"


def test_packages_are_those_of_the_lock(packages: Packages) -> None:
    entries = lock_entries(requirements("test"))
    digests = {
        name: (version, hashlib.sha256("\n".join(sorted(hashes)).encode()).hexdigest())
        for name, (version, hashes) in (entries | entries_beyond(ROOT, entries)).items()
    }
    known = {name: (each.version, each.lock) for name, each in packages.packages.items()}

    assert known == digests, "run `make lock`"


def test_packages_are_written_as_make_lock_writes_them() -> None:
    text = (ROOT / "data" / "packages.json").read_text(encoding="utf-8")
    assert text == json.dumps(json.loads(text), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def test_what_is_held_back_is_named_with_its_reason(packages: Packages) -> None:
    older = {
        name: f"{each.version}, newest {each.newest}"
        for name, each in packages.packages.items()
        if each.newest not in {None, each.version}
    }
    assert set(older) == set(HELD_BACK), older


def test_groups_that_exclude_each_other_are_those_with_a_file_of_their_own(
    pyproject: dict[str, Any],
) -> None:
    [together] = pyproject["tool"]["uv"]["conflicts"]
    assert {item["group"] for item in together} == {"technologies", "catalogue", *ALONE}


def test_site_is_built_with_what_is_tested() -> None:
    assert set(pins(requirements("site"))) <= set(pins(requirements("test")))
