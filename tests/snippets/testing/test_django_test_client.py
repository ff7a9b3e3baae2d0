"""The suite passes on PostgreSQL and names each bug that is planted in the views or settings."""

import shutil
from pathlib import Path

import pytest

from tests.snippets.testing.suites import Report, changed, ran_suite_apart

LIST = "test_list_costs_three_queries"
MAIL = "test_paying_sends_mail_after_the_commit"
FOREIGN = "test_invoice_of_another_user_is_not_found"
STRANGER = "test_stranger_is_sent_to_the_login"
FORM = "test_form_of_another_site_is_refused"
WHOLE = {LIST, MAIL, FOREIGN, STRANGER, FORM}


@pytest.fixture
def project(snippet_file: Path) -> Path:
    return snippet_file.with_suffix("")


@pytest.fixture(autouse=True)
def _database(monkeypatch: pytest.MonkeyPatch, postgresql_url: str) -> None:
    monkeypatch.setenv("DATABASE_URL", postgresql_url)


def report_of(test: Path, project: Path) -> Report:
    return ran_suite_apart(
        test,
        plugins=["pytest_django.plugin"],
        path=project,
        settings=project / "pytest.toml",
    )


def test_suite_passes(snippet_file: Path, project: Path) -> None:
    report = report_of(snippet_file, project)
    assert report.outcomes == dict.fromkeys(WHOLE, "passed"), report.said


URLS = "invoices/urls.py"
N_PLUS_ONE = (URLS, '.select_related("customer")', "")
FOREIGN_INVOICE = (URLS, "filter(owner=request.user).select_for", "all().select_for")
NO_MAIL = (URLS, "on_commit(partial(", "on_commit(lambda: (")
OPEN = (URLS, "@login_required\ndef pay", "def pay")
NOT_PAID = (URLS, "invoice.paid = True", "")
NO_CSRF = ("settings.py", '    "django.middleware.csrf.CsrfViewMiddleware",\n', "")


def planted(project: Path, folder: Path, *bugs: tuple[str, str, str]) -> Path:
    copy = Path(shutil.copytree(project, folder / "project"))
    for name, before, after in bugs:
        text = (copy / name).read_text("utf-8")
        assert text.count(before) == 1
        (copy / name).write_text(text.replace(before, after), "utf-8")
    return copy


# Bugs that different tests find go together: each run creates a database.
@pytest.mark.parametrize(
    ("bugs", "broken"),
    [
        pytest.param((N_PLUS_ONE, FOREIGN_INVOICE, NO_MAIL), {LIST, FOREIGN, MAIL}, id="one"),
        pytest.param((OPEN, NOT_PAID, NO_CSRF), {STRANGER, MAIL, FORM}, id="other"),
    ],
)
def test_planted_bugs_are_found(
    snippet_file: Path,
    project: Path,
    tmp_path: Path,
    bugs: tuple[tuple[str, str, str], ...],
    broken: set[str],
) -> None:
    report = report_of(snippet_file, planted(project, tmp_path, *bugs))
    assert report.broken == broken, report.said
    assert report.passed == WHOLE - broken


def test_without_the_capture_nothing_runs_on_commit(
    snippet_file: Path, project: Path, tmp_path: Path
) -> None:
    plain = changed(
        snippet_file,
        tmp_path,
        ("(execute=True) as callbacks", "() as callbacks"),
    )
    report = report_of(plain, project)
    assert report.broken == {MAIL}
    assert "assert [] == [['ada@example.com']]" in report.said


def test_database_without_the_mark_is_refused(
    snippet_file: Path, project: Path, tmp_path: Path
) -> None:
    report = report_of(
        changed(snippet_file, tmp_path, ("pytestmark = pytest.mark.django_db\n", "")), project
    )
    assert report.broken == WHOLE - {STRANGER}
    assert "Database access not allowed" in report.said


def test_mail_without_mailers_warns(snippet_file: Path, project: Path, tmp_path: Path) -> None:
    settings = ("settings.py", "MAILERS", "OTHERS")
    report = report_of(snippet_file, planted(project, tmp_path, settings))
    assert report.broken == {MAIL}
    assert "Configure settings.MAILERS" in report.said
