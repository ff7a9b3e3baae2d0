"""The properties hold, and Hypothesis finds the smallest input that breaks each planted bug."""

from pathlib import Path

import pytest
from hypothesis import settings

from tests.snippets.testing.suites import Report, changed, ran_suite, ran_suite_apart

FAIR = "test_no_cent_is_lost_and_shares_are_fair"
BACK = "test_printed_amount_is_read_back"
DIGITS = "test_amount_has_two_digits_after_the_point"
WHOLE = {FAIR, BACK, DIGITS}


@pytest.fixture
def app_file(snippet_file: Path) -> Path:
    return snippet_file.with_suffix("") / "invoices.py"


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # for what Hypothesis keeps
    for name in ("CI", "TF_BUILD", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)  # in CI it keeps nothing


def report_of(test: Path, app: Path, *options: str) -> Report:
    return ran_suite(test, *options, plugins=["_hypothesis_pytestplugin"], path=app.parent)


def test_suite_passes(snippet_file: Path, app_file: Path) -> None:
    report = report_of(snippet_file, app_file)
    assert report.outcomes == dict.fromkeys(WHOLE, "passed"), report.said


@pytest.mark.parametrize(
    ("before", "after", "broken", "smallest"),
    [
        pytest.param("share + (number < rest)", "share", {FAIR}, "parts=2,", id="cent-lost"),
        pytest.param(
            "share + (number < rest)",
            "share + rest * (number == 0)",
            {FAIR},
            "parts=3,",
            id="unfair",
        ),
        pytest.param(
            'sign = "-" if cents < 0', 'sign = "-" if cents <= -100', {BACK}, "cents=-5,", id="sign"
        ),
        pytest.param(":02}", "}", {DIGITS}, "cents=0,", id="one-digit"),
    ],
)
def test_planted_bug_is_found_with_its_smallest_input(
    snippet_file: Path,
    app_file: Path,
    tmp_path: Path,
    before: str,
    after: str,
    broken: set[str],
    smallest: str,
) -> None:
    report = report_of(snippet_file, changed(app_file, tmp_path / "app", (before, after)))
    assert report.broken == broken, report.said
    assert smallest in report.said


def test_lost_sign_is_found_without_the_example_too(
    snippet_file: Path, app_file: Path, tmp_path: Path
) -> None:
    app = changed(app_file, tmp_path / "app", ('"-" if cents < 0', '"-" if cents <= -100'))
    test = changed(snippet_file, tmp_path, ("@example(cents=-5)", ""))
    report = report_of(test, app)
    assert report.broken == {BACK}
    assert "cents=-1," in report.said


def test_found_input_is_tried_first_in_the_next_run(
    snippet_file: Path, app_file: Path, tmp_path: Path
) -> None:
    def run(*changes: tuple[str, str]) -> Report:
        test = changed(snippet_file, tmp_path / "suite", *changes)
        return ran_suite_apart(test, plugins=["_hypothesis_pytestplugin"], path=app.parent)

    app = changed(app_file, tmp_path / "app", ("share + (number < rest)", "share"))
    once = ("@given(cents=amounts, parts", "@settings(max_examples=1)\n@given(cents=amounts, parts")
    assert run(once).passed == WHOLE
    assert run().broken == {FAIR}
    assert (tmp_path / "suite/.hypothesis").is_dir()
    assert run(once).broken == {FAIR}


def test_profile_of_the_night_searches_more(snippet_file: Path, app_file: Path) -> None:
    report_of(snippet_file, app_file, "--collect-only")
    nightly = settings.get_profile("nightly")
    assert (nightly.max_examples, nightly.derandomize, nightly.deadline) == (5_000, False, None)
