"""The suite passes without a network and names each bug that is planted in the client."""

from pathlib import Path

import pytest

from tests.snippets.testing.suites import Report, changed, ran_suite

BOUGHT = "test_label_is_bought"
BEFORE = "test_label_bought_before_is_fetched"
TIMEOUT = "test_timeout_is_a_carrier_that_is_down"
REFUSAL = "test_refusal_is_raised"
WHOLE = {BOUGHT, BEFORE, TIMEOUT, REFUSAL}


@pytest.fixture
def app_file(snippet_file: Path) -> Path:
    return snippet_file.with_suffix("") / "shipping.py"


def report_of(test: Path, app: Path) -> Report:
    return ran_suite(test, plugins=["anyio.pytest_plugin"], path=app.parent)


def test_suite_passes(snippet_file: Path, app_file: Path) -> None:
    report = report_of(snippet_file, app_file)
    assert report.outcomes == dict.fromkeys(WHOLE, "passed"), report.said


@pytest.mark.parametrize(
    ("before", "after", "broken"),
    [
        pytest.param("Bearer {token}", "{token}", {BOUGHT}, id="token"),
        pytest.param("carrier.example.com", "other.example.com", {BOUGHT}, id="host"),
        pytest.param('"grams": grams', '"kilograms": grams', {BOUGHT}, id="body"),
        pytest.param("== 409", "== 410", {BEFORE}, id="conflict"),
        pytest.param("except TransportError", "except KeyError", {TIMEOUT}, id="timeout"),
        pytest.param(
            "answer.raise_for_status()",
            "(answer.is_error and {} or answer)",
            {REFUSAL},
            id="refusal",
        ),
        pytest.param(
            "        answer = await client.post",
            "        await client.get('/')\n        answer = await client.post",
            {BOUGHT, BEFORE, REFUSAL},
            id="one-more",
        ),
    ],
)
def test_planted_bug_is_found(
    snippet_file: Path, app_file: Path, tmp_path: Path, before: str, after: str, broken: set[str]
) -> None:
    report = report_of(snippet_file, changed(app_file, tmp_path, (before, after)))
    assert report.broken == broken, report.said
    assert report.passed == WHOLE - broken


def test_unused_answer_is_noticed_by_the_fixture_alone(
    snippet_file: Path, app_file: Path, tmp_path: Path
) -> None:
    more = ("[Response(422)]", "[Response(422), LABEL]")
    report = report_of(changed(snippet_file, tmp_path / "more", more), app_file)
    assert report.broken == {REFUSAL}
    unnoticed = ("    assert carrier.answers == []", "    #")
    plain = changed(snippet_file, tmp_path / "plain", more, unnoticed)
    assert report_of(plain, app_file).passed == WHOLE


def test_client_without_the_transport_asks_the_network(
    snippet_file: Path, app_file: Path, tmp_path: Path
) -> None:
    app = changed(
        app_file,
        tmp_path,
        ("https://carrier.example.com", "http://127.0.0.1:9"),
        ("headers=headers, transport=transport", "headers=headers"),
    )
    report = report_of(snippet_file, app)
    assert "ConnectError" in report.said
    assert report.broken == WHOLE
