"""Requests made from the OpenAPI document find a planted 500 and each broken promise."""

from pathlib import Path

import pytest

from tests.snippets.testing.suites import Report, changed, ran_suite

FIRST = "from typing import Annotated\n"
KEEPS = "test_api_keeps_its_promises"
PLUGINS = ["schemathesis.pytest.plugin", "_hypothesis_pytestplugin"]


@pytest.fixture
def app_file(snippet_file: Path) -> Path:
    return snippet_file.with_suffix("") / "shares.py"


@pytest.fixture(autouse=True)
def _apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # for what Hypothesis keeps
    monkeypatch.delenv("API_SEARCH", raising=False)


def report_of(test: Path, app: Path) -> Report:
    return ran_suite(test, plugins=PLUGINS, path=app.parent)


def test_suite_passes(snippet_file: Path, app_file: Path) -> None:
    report = report_of(snippet_file, app_file)
    assert {name.partition("[")[0] for name in report.passed} == {KEEPS}, report.said
    assert not report.broken


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
