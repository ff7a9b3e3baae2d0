"""The file fits GitLab's schema, and its script runs the tests from the lock or fails.

No runner is here: images, services, rules and the cache between pipelines are not executed.
"""

import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.snippets.deployment.shared import (
    BAD,
    OUTDATING,
    copied_project,
    locked_project,
    uv_environment,
)
from tests.snippets.processes import ran

CHECK = ["check-jsonschema", "--builtin-schema", "vendor.gitlab-ci"]
CHECK += ["--data-transform", "gitlab-ci"]


@pytest.fixture
def pipeline(snippet_file: Path) -> dict[str, Any]:
    document = yaml.safe_load(snippet_file.read_text("utf-8"))
    assert isinstance(document, dict)
    return document


def test_schema_is_kept(snippet_file: Path, tmp_path: Path) -> None:
    done = ran([*CHECK, snippet_file], tmp_path)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("  script:\n", "  scripts:\n"),
        ("when: never", "when: seldom"),
        ("junit: report.xml", "junits: report.xml"),
        ("interruptible: true", "interruptible: often"),
        ("      alias: db", "      aliases: db"),
    ],
)
def test_fault_is_refused(snippet_file: Path, tmp_path: Path, good: str, bad: str) -> None:
    text = snippet_file.read_text("utf-8")
    assert good in text
    (tmp_path / "broken.yml").write_text(text.replace(good, bad), encoding="utf-8")
    refused = ran([*CHECK, "broken.yml"], tmp_path)
    assert refused.returncode == 1
    assert "Schema validation errors were encountered" in refused.stdout


def test_branch_with_a_merge_request_has_one_pipeline(pipeline: dict[str, Any]) -> None:
    merge_request, duplicate, branch = pipeline["workflow"]["rules"]
    assert merge_request == {"if": '$CI_PIPELINE_SOURCE == "merge_request_event"'}
    assert duplicate == {"if": "$CI_COMMIT_BRANCH && $CI_OPEN_MERGE_REQUESTS", "when": "never"}
    assert branch == {"if": "$CI_COMMIT_BRANCH"}  # the first rule that holds decides


def test_cache_lies_in_the_project_and_depends_on_the_lock(pipeline: dict[str, Any]) -> None:
    cache = pipeline["test"]["cache"]
    assert cache == {"key": {"files": ["uv.lock"], "prefix": "uv-$PYTHON"}, "paths": [".uv-cache"]}
    assert pipeline["variables"]["UV_CACHE_DIR"] == "$CI_PROJECT_DIR/" + cache["paths"][0]


def test_address_of_the_database_is_that_of_the_service(pipeline: dict[str, Any]) -> None:
    job = pipeline["test"]
    (service,) = job["services"]
    password = job["variables"]["POSTGRES_PASSWORD"]
    address = f"postgresql://postgres:{password}@{service['alias']}:5432/postgres"
    assert job["variables"]["DATABASE_URL"] == address


def test_every_python_of_the_matrix_names_an_image(pipeline: dict[str, Any]) -> None:
    (row,) = pipeline["test"]["parallel"]["matrix"]
    images = [pipeline["test"]["image"].replace("$PYTHON", python) for python in row["PYTHON"]]
    assert len(images) == 3
    for image in images:
        assert re.fullmatch(r"ghcr\.io/astral-sh/uv:0\.13\.8-python3\.1[234]-trixie-slim", image)


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return locked_project(tmp_path_factory.mktemp("locked"))


@pytest.fixture
def project(locked: Path, tmp_path: Path) -> Path:
    return copied_project(locked, tmp_path)


def run_job(pipeline: dict[str, Any], project: Path) -> list[subprocess.CompletedProcess[str]]:
    """Run the script until a command fails, and what comes after it, as a runner would."""
    variables = {
        name: text.replace("$CI_PROJECT_DIR", str(project))
        for name, text in (pipeline["variables"] | pipeline["test"]["variables"]).items()
    }
    env = {**uv_environment(project.parent), **variables}
    results = []
    for line in pipeline["test"]["script"]:
        results.append(ran(shlex.split(line), project, env))
        if results[-1].returncode:
            break
    for line in pipeline["test"]["after_script"]:
        assert ran(shlex.split(line), project, env).returncode == 0
    return results


def test_script_runs_the_tests_and_leaves_cache_and_report(
    pipeline: dict[str, Any], project: Path
) -> None:
    synced, tested = run_job(pipeline, project)
    assert synced.returncode == 0, synced.stderr
    assert tested.returncode == 0, tested.stdout
    assert (project / ".uv-cache").is_dir()
    report = project / pipeline["test"]["artifacts"]["reports"]["junit"]
    assert 'failures="0" skipped="0" tests="1"' in report.read_text("utf-8")


def test_failing_test_fails_the_job_and_leaves_its_report(
    pipeline: dict[str, Any], project: Path
) -> None:
    (project / "test_orders.py").write_text(BAD, encoding="utf-8")
    assert [done.returncode for done in run_job(pipeline, project)] == [0, 1]
    assert 'failures="1"' in (project / "report.xml").read_text("utf-8")
    assert pipeline["test"]["artifacts"]["when"] == "always"


def test_outdated_lock_fails_the_job_because_of_the_variable(
    pipeline: dict[str, Any], project: Path
) -> None:
    (project / "pyproject.toml").write_text(OUTDATING, encoding="utf-8")
    (refused,) = run_job(pipeline, project)
    assert "needs to be updated" in refused.stderr
    assert pipeline["variables"].pop("UV_LOCKED") == "1"
    assert [done.returncode for done in run_job(pipeline, project)] == [0, 0]
