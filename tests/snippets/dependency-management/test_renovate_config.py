"""The file fits Renovate's schema, which refuses wrong values but not wrong names.

Renovate itself does not run here: presets, schedules and rules are not executed.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.snippets.processes import ran

CHECK = ["check-jsonschema", "--builtin-schema", "vendor.renovate"]


@pytest.fixture
def config(snippet_file: Path) -> dict[str, Any]:
    document = json.loads(snippet_file.read_text("utf-8"))
    assert isinstance(document, dict)
    return document


def fits(folder: Path, text: str) -> bool:
    (folder / "renovate.json").write_text(text, encoding="utf-8")
    done = ran([*CHECK, "renovate.json"], folder)
    assert done.returncode in {0, 1}
    return done.returncode == 0


def test_schema_is_kept(snippet_file: Path, tmp_path: Path) -> None:
    assert fits(tmp_path, snippet_file.read_text("utf-8"))


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ('"prConcurrentLimit": 5', '"prConcurrentLimit": "five"'),
        ('"internalChecksFilter": "strict"', '"internalChecksFilter": "strictly"'),
        ('"osvVulnerabilityAlerts": true', '"osvVulnerabilityAlerts": "yes"'),
        ('"rangeStrategy": "update-lockfile"', '"rangeStrategy": "lockfile"'),
        ('"labels": ["security"]', '"labels": "security"'),
        ('"enabled": true', '"enabled": 1'),
        ('"packageRules": [', '"packageRules": [3,'),
    ],
)
def test_wrong_value_is_refused(snippet_file: Path, tmp_path: Path, good: str, bad: str) -> None:
    text = snippet_file.read_text("utf-8")
    assert good in text
    assert not fits(tmp_path, text.replace(good, bad))


def test_wrong_name_passes_the_schema(snippet_file: Path, tmp_path: Path) -> None:
    text = snippet_file.read_text("utf-8")
    assert fits(tmp_path, text.replace('"minimumReleaseAge"', '"minimumReleaseAges"'))


def test_every_rule_says_why_and_for_what(config: dict[str, Any]) -> None:
    for rule in config["packageRules"]:
        assert rule["description"]
        assert any(key.startswith("match") for key in rule)


def test_only_tools_merge_by_themselves_and_only_small_steps(config: dict[str, Any]) -> None:
    (merged,) = [rule for rule in config["packageRules"] if rule.get("automerge")]
    assert merged["matchDepTypes"] == ["dependency-groups"]
    assert merged["matchUpdateTypes"] == ["minor", "patch"]
    assert "automerge" not in config
    assert "automerge" not in config["lockFileMaintenance"]


def test_new_releases_wait_before_a_request_is_made(config: dict[str, Any]) -> None:
    assert config["minimumReleaseAge"] == "7 days"
    assert config["internalChecksFilter"] == "strict"
    assert "minimumReleaseAge" not in config["vulnerabilityAlerts"]  # its default is none
