"""The suite passes and names each bug planted in the app, a lost change of the session too."""

from pathlib import Path

import pytest

from tests.snippets.testing.suites import Report, changed, ran_suite

ADDS = "test_basket_adds_up_over_requests"
OTHER = "test_another_visitor_has_another_basket"
TAKES = "test_checkout_takes_the_basket_of_a_user"
STRANGER = "test_checkout_of_a_stranger_is_refused"
UNKNOWN = "test_unknown_article_is_not_found"
COOKIE = "test_cookie_is_out_of_reach_for_scripts_and_other_sites"
WHOLE = {ADDS, OTHER, TAKES, STRANGER, UNKNOWN, COOKIE}


@pytest.fixture
def app_file(snippet_file: Path) -> Path:
    return snippet_file.with_suffix("") / "shop.py"


def report_of(test: Path, app: Path) -> Report:
    return ran_suite(test, path=app.parent)


def test_suite_passes(snippet_file: Path, app_file: Path) -> None:
    report = report_of(snippet_file, app_file)
    assert report.outcomes == dict.fromkeys(WHOLE, "passed"), report.said


@pytest.mark.parametrize(
    ("before", "after", "broken"),
    [
        pytest.param("session.modified = True", "pass", {ADDS}, id="change-not-seen"),
        pytest.param("session.setdefault(", "app.config.setdefault(", {OTHER, COOKIE}, id="shared"),
        pytest.param('session.pop("basket")', 'session["basket"]', {TAKES}, id="not-emptied"),
        pytest.param('"tea": 350', '"tea": 3.5', {TAKES}, id="euros"),
        pytest.param("abort(401)", "pass", {STRANGER}, id="open"),
        pytest.param("abort(404)", "pass", {UNKNOWN}, id="any-article"),
        pytest.param(', SESSION_COOKIE_SAMESITE="Lax"', "", {COOKIE}, id="samesite"),
        pytest.param("SECURE=True", "SECURE=False", {COOKIE}, id="secure"),
        pytest.param("basket, 201", "basket", {ADDS}, id="status"),
        pytest.param("* number", "* 1", {TAKES}, id="sum"),
    ],
)
def test_planted_bug_is_found(
    snippet_file: Path, app_file: Path, tmp_path: Path, before: str, after: str, broken: set[str]
) -> None:
    report = report_of(snippet_file, changed(app_file, tmp_path, (before, after)))
    assert report.broken == broken, report.said
    assert report.passed == WHOLE - broken


def test_exception_of_the_app_is_a_500_only_without_testing(
    snippet_file: Path, app_file: Path, tmp_path: Path
) -> None:
    crashing = changed(app_file, tmp_path / "app", ("session.setdefault(", "1 / 0  # ("))
    report = report_of(snippet_file, crashing)
    assert "ZeroDivisionError" in report.said
    live = changed(snippet_file, tmp_path, ("TESTING=True, ", ""))
    assert "assert (500, None) == (201," in report_of(live, crashing).said


def test_session_outside_of_the_with_block_cannot_be_read(
    snippet_file: Path, app_file: Path, tmp_path: Path
) -> None:
    plain = changed(snippet_file, tmp_path, ("with client:", "if True:"))
    report = report_of(plain, app_file)
    assert report.broken == {TAKES}
    assert "Working outside of request context" in report.said


def test_session_needs_a_key(snippet_file: Path, app_file: Path, tmp_path: Path) -> None:
    plain = changed(snippet_file, tmp_path, (', SECRET_KEY="only-for-tests"', ""))
    report = report_of(plain, app_file)
    assert report.passed == {UNKNOWN}
    assert "no secret key was set" in report.said
