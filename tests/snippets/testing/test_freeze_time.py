"""The suite moves the clock to the second; planted bugs are found and naive times are refused."""

from pathlib import Path

import pytest

from tests.snippets.testing.suites import Report, changed, ran_suite

TRIAL = "test_trial_lasts_to_the_second"
BEFORE, WINTER, SUMMER = (
    f"test_invoice_bears_the_date_of_berlin[{case}]"
    for case in ("winter-before-midnight", "winter-midnight", "summer-midnight")
)
LOOP = "test_event_loop_goes_on_while_the_clock_stands_still"
WHOLE = {TRIAL, BEFORE, WINTER, SUMMER, LOOP}


@pytest.fixture
def app_file(snippet_file: Path) -> Path:
    return snippet_file.with_suffix("") / "trials.py"


def report_of(test: Path, app: Path) -> Report:
    return ran_suite(test, path=app.parent)


def test_suite_passes(snippet_file: Path, app_file: Path) -> None:
    report = report_of(snippet_file, app_file)
    assert report.outcomes == dict.fromkeys(WHOLE, "passed"), report.said


@pytest.mark.parametrize(
    ("before", "after", "broken"),
    [
        pytest.param("(UTC) >=", "(UTC) >", {TRIAL}, id="one-second"),
        pytest.param("days: int = 14", "days: int = 15", {TRIAL}, id="days"),
        pytest.param("now(BERLIN)", "now(UTC)", {WINTER, SUMMER}, id="utc"),
        pytest.param(
            "now(BERLIN)",
            "now(UTC).astimezone(__import__('datetime').timezone(timedelta(hours=1)))",
            {SUMMER},
            id="no-summer",
        ),
    ],
)
def test_planted_bug_is_found(
    snippet_file: Path, app_file: Path, tmp_path: Path, before: str, after: str, broken: set[str]
) -> None:
    report = report_of(snippet_file, changed(app_file, tmp_path, (before, after)))
    assert report.broken == broken, report.said
    assert report.passed == WHOLE - broken


def test_clock_that_ticks_is_not_equal(snippet_file: Path, app_file: Path, tmp_path: Path) -> None:
    ticking = ("travel(START, tick=False):", "travel(START):")
    report = report_of(changed(snippet_file, tmp_path, ticking), app_file)
    assert report.broken == {LOOP}


def test_time_without_a_zone_is_refused(snippet_file: Path, app_file: Path, tmp_path: Path) -> None:
    naive = (", 12, tzinfo=UTC)", ", 12)")
    report = report_of(changed(snippet_file, tmp_path / "naive", naive), app_file)
    assert report.broken == {TRIAL, LOOP}
    mode = ("time_machine.NaiveMode.ERROR", "time_machine.NaiveMode.MIXED")
    loose = changed(snippet_file, tmp_path / "loose", naive, mode)
    assert TRIAL in report_of(loose, app_file).passed
