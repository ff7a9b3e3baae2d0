"""Each planted bug breaks the cases that bear its name and no other."""

from pathlib import Path

import pytest

from tests.snippets.testing.suites import SETTINGS, Report, changed, ran_suite

READ, REFUSED, RIGHTS = (
    "test_size_is_read",
    "test_size_is_refused_for_its_reason",
    "test_role_decides_and_suspension_leaves_reading",
)
SIZES = {f"{READ}[{case}]" for case in ("nothing", "kilobytes", "megabytes", "largest")}
BINARY = f"{READ}[binary]"
REASONS = {f"{REFUSED}[{case}]" for case in ("empty", "fraction", "negative", "bits", "too-large")}
PAIRS = {
    f"{RIGHTS}[{state}-{role}-{action}]"
    for state in ("active", "suspended")
    for role in ("viewer", "editor", "owner")
    for action in ("read", "write", "close")
}
WHOLE = SIZES | REASONS | PAIRS


@pytest.fixture
def app_file(snippet_file: Path) -> Path:
    return snippet_file.with_suffix("") / "quotas.py"


def report_of(test: Path, app: Path, *options: str) -> Report:
    return ran_suite(test, *options, path=app.parent)


def test_suite_passes_but_for_the_case_that_is_known_to_fail(
    snippet_file: Path, app_file: Path
) -> None:
    report = report_of(snippet_file, app_file)
    assert report.outcomes == {**dict.fromkeys(WHOLE, "passed"), BINARY: "skipped"}, report.said


def cases(test: str, *names: str) -> set[str]:
    return {f"{test}[{name}]" for name in names}


@pytest.mark.parametrize(
    ("before", "after", "broken"),
    [
        pytest.param('"kB": 1_000', '"kB": 1_024', cases(READ, "kilobytes"), id="unit"),
        pytest.param(
            "500 *", "499 *", cases(READ, "largest") | cases(REFUSED, "too-large"), id="limit"
        ),
        pytest.param(") > LARGEST", ") >= LARGEST", cases(READ, "largest"), id="at-the-limit"),
        pytest.param("([0-9]+)", "([-0-9]+)", cases(REFUSED, "negative"), id="sign"),
        pytest.param(
            "found is None", "not text", cases(REFUSED, "fraction", "negative"), id="only-empty"
        ),
        pytest.param('f"no unit: {unit!r}"', '"no unit"', cases(REFUSED, "bits"), id="no-reason"),
        pytest.param(
            '"editor": {"read", "write"}',
            '"editor": {"read", "close"}',
            cases(RIGHTS, "active-editor-write", "active-editor-close"),
            id="rights",
        ),
        pytest.param(
            " and (action == ",
            " or (action == ",
            cases(
                RIGHTS,
                "active-viewer-write",
                "active-viewer-close",
                "active-editor-close",
                "suspended-editor-write",
                "suspended-owner-write",
                "suspended-owner-close",
            ),
            id="or",
        ),
    ],
)
def test_planted_bug_breaks_its_cases(
    snippet_file: Path, app_file: Path, tmp_path: Path, before: str, after: str, broken: set[str]
) -> None:
    report = report_of(snippet_file, changed(app_file, tmp_path, (before, after)))
    assert report.broken == broken, report.said


def test_mended_code_breaks_the_mark_of_the_known_failure(
    snippet_file: Path, app_file: Path, tmp_path: Path
) -> None:
    mended = changed(app_file, tmp_path / "app", ('"MB":', '"KiB": 1_024, "MB":'))
    report = report_of(snippet_file, mended)
    assert report.broken == {BINARY}
    assert "XPASS(strict)" in report.said
    loose = changed(snippet_file, tmp_path, ("strict=True", "strict=False"))
    assert BINARY in report_of(loose, mended).passed


def test_other_error_is_no_known_failure(
    snippet_file: Path, app_file: Path, tmp_path: Path
) -> None:
    crashing = changed(app_file, tmp_path / "app", ("if unit not in UNITS:", "if unit == 'kb':"))
    assert report_of(snippet_file, crashing).broken == {BINARY}
    wide = changed(snippet_file, tmp_path, ("raises=ValueError, ", ""))
    assert report_of(wide, crashing).broken == set()


def test_match_finds_its_text_anywhere_and_takes_any_character_for_a_point(
    snippet_file: Path, app_file: Path, tmp_path: Path
) -> None:
    worse = ('f"no size: {text!r}"', """f"no size: {text.replace('.', '?')!r} at all\"""")
    app = changed(app_file, tmp_path / "app", worse)
    assert len(report_of(snippet_file, app).broken) == 3
    loose = changed(snippet_file, tmp_path, ('f"^{re.escape(reason)}$"', "reason"))
    assert report_of(loose, app).broken == set()


def suite(folder: Path, text: str, settings: str = SETTINGS) -> Report:
    file = folder / "test_own.py"
    file.write_text(f"import pytest\n{text}", "utf-8")
    return ran_suite(file, settings=settings)


def test_list_without_cases_is_skipped_unless_forbidden(tmp_path: Path) -> None:
    empty = "@pytest.mark.parametrize('one', [])\ndef test_it(one): assert 0\n"
    assert set(suite(tmp_path, empty).outcomes.values()) == {"skipped"}
    forbidden = f"{SETTINGS}empty_parameter_set_mark = fail_at_collect\n"
    with pytest.raises(AssertionError, match="Empty parameter set in 'test_it'"):
        suite(tmp_path, empty, forbidden)


def test_objects_are_numbered_and_shared_by_the_cases(tmp_path: Path) -> None:
    shared = """
@pytest.mark.parametrize('paid', [False, True])
@pytest.mark.parametrize('lines', [['tea'], ['ink']])
def test_it(lines, paid):
    lines.append('fee')
    assert len(lines) == 2
"""
    report = suite(tmp_path, shared)
    assert report.passed == cases("test_it", "lines0-False", "lines1-False")
    assert report.broken == cases("test_it", "lines0-True", "lines1-True")


def test_same_name_twice_is_refused_in_strict_mode_alone(tmp_path: Path) -> None:
    twice = """
@pytest.mark.parametrize('one', [pytest.param(1, id='a'), pytest.param(2, id='a')])
def test_it(one): pass
"""
    with pytest.raises(AssertionError, match="Duplicate parametrization IDs"):
        suite(tmp_path, twice)
    assert suite(tmp_path, twice, "[pytest]\n").passed == cases("test_it", "a0", "a1")
