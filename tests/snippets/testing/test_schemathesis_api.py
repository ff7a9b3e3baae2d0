"""Requests made from the OpenAPI document find a planted 500 and each broken promise."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.snippets.testing.suites import Report, changed, ran_suite

FIRST = "from typing import Annotated\n"
KEEPS = "test_api_keeps_its_promises"
PLUGINS = ["schemathesis.pytest.plugin", "_hypothesis_pytestplugin"]


@pytest.fixture
def app_file(snippet_file: Path) -> Path:
    return snippet_file.with_suffix("") / "shares.py"


@pytest.fixture(autouse=True)
def _as_in_ci(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("API_SEARCH", raising=False)
    before = settings.get_current_profile_name()
    settings.load_profile("ci")  # keeps nothing, and searches the same unless it is told otherwise
    yield
    settings.load_profile(before)


def report_of(test: Path, app: Path) -> Report:
    return ran_suite(test, plugins=PLUGINS, path=app.parent)


def test_suite_passes(snippet_file: Path, app_file: Path) -> None:
    report = report_of(snippet_file, app_file)
    assert {name.partition("[")[0] for name in report.passed} == {KEEPS}, report.said
    assert not report.broken


def test_push_searches_little_and_the_same_and_the_night_more(
    snippet_file: Path, app_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for search, examples, same in (("push", 25, True), ("nightly", 2_000, False)):
        monkeypatch.setenv("API_SEARCH", search)
        ran_suite(snippet_file, "--collect-only", plugins=PLUGINS, path=app_file.parent)
        assert settings.get_current_profile_name() == search
        found = settings.get_profile(search)
        assert (found.max_examples, found.derandomize, found.deadline) == (examples, same, None)


def test_planted_500_is_found_with_the_request_that_causes_it(
    snippet_file: Path, app_file: Path, tmp_path: Path
) -> None:
    report = report_of(snippet_file, changed(app_file, tmp_path / "app", ("ge=1, ", "")))
    assert {name.partition("[")[0] for name in report.broken} == {KEEPS}
    assert "ZeroDivisionError" in report.said
    assert "shares?parts=0" in report.said


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        pytest.param(
            ', responses={404: {"model": Problem}}', "", "Undocumented status code", id="status"
        ),
        pytest.param(
            "return Shares(",
            "return fastapi.responses.JSONResponse({'sum': 1}) or Shares(",
            "Response violates schema",
            id="body",
        ),
    ],
)
def test_answer_that_the_document_does_not_promise_is_found(
    snippet_file: Path, app_file: Path, tmp_path: Path, before: str, after: str, said: str
) -> None:
    imports = (FIRST, f"import fastapi.responses\n{FIRST}")
    app = changed(app_file, tmp_path / "app", imports, (before, after))
    report = report_of(snippet_file, app)
    assert {name.partition("[")[0] for name in report.broken} == {KEEPS}
    assert said in report.said
