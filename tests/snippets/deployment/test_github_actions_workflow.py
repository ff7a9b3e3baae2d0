"""Schema and zizmor find nothing, and the steps of uv run the tests from the lock or fail.

GitHub runs nothing here: the actions and the service container are not executed.
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

ZIZMOR = ["zizmor", "--offline", "--no-config", "--no-progress"]


@pytest.fixture
def workflow(snippet_file: Path) -> dict[str, Any]:
    document = yaml.safe_load(snippet_file.read_text("utf-8"))
    assert isinstance(document, dict)
    return document


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Give the path at which GitHub looks for the file."""
    path = tmp_path / ".github" / "workflows" / "test.yaml"
    path.parent.mkdir(parents=True)
    return path


def test_schema_and_auditor_find_nothing(snippet_file: Path, place: Path) -> None:
    place.write_text(snippet_file.read_text("utf-8"), encoding="utf-8")
    folder = place.parents[2]
    schema = ["check-jsonschema", "--builtin-schema", "vendor.github-workflows", str(place)]
    assert ran(schema, folder).returncode == 0
    audited = ran([*ZIZMOR, place], folder)
    assert (audited.returncode, audited.stdout.count("No findings to report")) == (0, 1)


@pytest.mark.parametrize(
    ("good", "bad", "rule"),
    [
        ("permissions:\n      contents: read", "permissions: write-all", "excessive-permissions"),
        ("        with:\n          persist-credentials: false\n", "", "artipacked"),
        ("@20cfd1bf945f4377ade1205e4dbc17946fc9a30d # v10.0.1", "@v10.0.1", "unpinned-uses"),
        ("  pull_request:", "  pull_request_target:", "dangerous-triggers"),
        ("uv run pytest", "echo '${{ github.event.pull_request.title }}'", "template-injection"),
    ],
)
def test_auditor_finds_what_is_undone(
    snippet_file: Path, place: Path, good: str, bad: str, rule: str
) -> None:
    text = snippet_file.read_text("utf-8")
    assert good in text
    place.write_text(text.replace(good, bad, 1), encoding="utf-8")
    audited = ran([*ZIZMOR, place], place.parents[2])
    assert audited.returncode > 10
    assert f"[{rule}]" in audited.stdout


def test_schema_refuses_a_job_without_a_machine(snippet_file: Path, place: Path) -> None:
    text = snippet_file.read_text("utf-8").replace("runs-on:", "run-on:")
    place.write_text(text, encoding="utf-8")
    schema = ["check-jsonschema", "--builtin-schema", "vendor.github-workflows", str(place)]
    assert ran(schema, place.parent).returncode == 1


def test_actions_are_pinned_to_commits_with_their_version_beside(snippet_file: Path) -> None:
    uses = re.findall(r"uses: (.+)", snippet_file.read_text("utf-8"))
    assert len(uses) == 2
    for action in uses:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action)


def test_job_may_only_read_and_ends_in_time(workflow: dict[str, Any]) -> None:
    assert workflow["permissions"] == {}
    (job,) = workflow["jobs"].values()
    assert job["permissions"] == {"contents": "read"}
    assert job["timeout-minutes"] == 15
    assert job["strategy"] == {
        "fail-fast": False,
        "matrix": {"python": ["3.12", "3.13", "3.14"]},
    }


def test_address_of_the_database_is_that_of_the_service(workflow: dict[str, Any]) -> None:
    (job,) = workflow["jobs"].values()
    service = job["services"]["postgres"]
    password = service["env"]["POSTGRES_PASSWORD"]
    (port,) = service["ports"]
    address = f"postgresql://postgres:{password}@127.0.0.1:{port.split(':')[0]}/postgres"
    assert job["env"]["DATABASE_URL"] == address
    assert '--health-cmd "pg_isready --host=127.0.0.1"' in service["options"]


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return locked_project(tmp_path_factory.mktemp("locked"))


@pytest.fixture
def project(locked: Path, tmp_path: Path) -> Path:
    return copied_project(locked, tmp_path)


def run_steps(workflow: dict[str, Any], project: Path) -> list[subprocess.CompletedProcess[str]]:
    """Run the steps with the job's environment until one fails, as a runner would."""
    (job,) = workflow["jobs"].values()
    assert job["env"]["UV_PYTHON"] == "${{ matrix.python }}"
    env = {**job["env"], **uv_environment(project.parent)}
    results = []
    for step in job["steps"]:
        if "run" in step:
            results.append(ran(shlex.split(step["run"]), project, env))
            if results[-1].returncode:
                break
    return results


def test_steps_run_the_tests(workflow: dict[str, Any], project: Path) -> None:
    synced, tested = run_steps(workflow, project)
    assert synced.returncode == 0, synced.stderr
    assert (tested.returncode, "1 passed" in tested.stdout) == (0, True)


def test_failing_test_fails_the_job(workflow: dict[str, Any], project: Path) -> None:
    (project / "test_orders.py").write_text(BAD, encoding="utf-8")
    assert [done.returncode for done in run_steps(workflow, project)] == [0, 1]


def test_outdated_lock_fails_the_job_because_of_the_variable(
    workflow: dict[str, Any], project: Path
) -> None:
    (project / "pyproject.toml").write_text(OUTDATING, encoding="utf-8")
    (refused,) = run_steps(workflow, project)
    assert "needs to be updated" in refused.stderr
    (job,) = workflow["jobs"].values()
    assert job["env"].pop("UV_LOCKED") == "1"
    assert [done.returncode for done in run_steps(workflow, project)] == [0, 0]
