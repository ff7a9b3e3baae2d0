"""The properties hold, and Hypothesis finds the smallest input that breaks each planted bug."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.snippets.processes import ran_pytest
from tests.snippets.testing.suites import Report, changed, ran_suite, ran_suite_apart

FAIR = "test_no_cent_is_lost_and_shares_are_fair"
BACK = "test_printed_amount_is_read_back"
DIGITS = "test_amount_has_two_digits_after_the_point"
WHOLE = {FAIR, BACK, DIGITS}
PLUGINS = ["_hypothesis_pytestplugin"]


@pytest.fixture
def app_file(snippet_file: Path) -> Path:
    return snippet_file.with_suffix("") / "invoices.py"


@pytest.fixture(autouse=True)
def _same_inputs_each_time() -> Iterator[None]:
    before = settings.get_current_profile_name()
    settings.load_profile("ci")
    yield
    settings.load_profile(before)


def report_of(test: Path, app: Path, *options: str, profile: str = "ci") -> Report:
    env = {"HYPOTHESIS_PROFILE": profile}
    return ran_suite(test, *options, plugins=PLUGINS, path=app.parent, env=env)


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
            "in range(parts)]",
            "in range(parts) if share or number <= rest]",
            {FAIR},
            "parts=2,",
            id="share-left-out",
        ),
        pytest.param(
            'sign = "-" if cents < 0', 'sign = "-" if cents <= -100', {BACK}, "cents=-5,", id="sign"
        ),
        pytest.param('"-" if cents < 0 else ""', '"-"', {BACK}, "cents=1,", id="always-minus"),
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
    seed = "--hypothesis-seed=1"  # with 5,000 inputs nearly any finds it
    report = report_of(test, app, seed, f"-k={BACK}", profile="nightly")
    assert report.broken == {BACK}
    assert "cents=-1," in report.said


def test_found_input_is_tried_first_in_the_next_run(
    snippet_file: Path, app_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CI", "TF_BUILD", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)  # in CI it keeps nothing
    app = changed(app_file, tmp_path / "app", ("share + (number < rest)", "share"))
    few = ("max_examples=5_000", "max_examples=100")
    one = ("@given(cents=amounts, parts", "@settings(max_examples=1)\n@given(cents=amounts, parts")

    def run(*changes: tuple[str, str]) -> Report:
        test = changed(snippet_file, tmp_path / "suite", few, *changes)
        env = {"HYPOTHESIS_PROFILE": "nightly"}  # without a deadline
        return ran_suite_apart(test, plugins=PLUGINS, path=app.parent, env=env)

    kept = tmp_path / "suite/.hypothesis"
    assert run(one).passed == WHOLE
    assert run().broken == {FAIR}
    assert kept.is_dir()
    assert run(one).broken == {FAIR}


def test_profile_of_the_night_searches_more(snippet_file: Path, app_file: Path) -> None:
    report_of(snippet_file, app_file, "--collect-only", profile="nightly")
    assert settings.get_current_profile_name() == "nightly"
    nightly = settings.get_profile("nightly")
    assert (nightly.max_examples, nightly.derandomize, nightly.deadline) == (5_000, False, None)


def test_option_does_not_know_a_profile_of_a_test_file(
    snippet_file: Path, app_file: Path, tmp_path: Path
) -> None:
    test = changed(snippet_file, tmp_path)
    env = {"PYTHONPATH": str(app_file.parent)}
    refused = ran_pytest(
        tmp_path, test.name, "--hypothesis-profile=nightly", plugins=PLUGINS, env=env
    )
    assert refused.returncode == pytest.ExitCode.INTERNAL_ERROR
    assert "Profile 'nightly' is not registered" in refused.stderr
