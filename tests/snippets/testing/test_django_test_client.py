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


def report_of(test: Path, project: Path, *others: Path) -> Report:
    return ran_suite_apart(
        test,
        others=others,
        plugins=["pytest_django.plugin"],
        path=project,
        settings=project / "pytest.toml",
    )


def variant(file: Path, folder: Path, name: str, *changes: tuple[str, str]) -> Path:
    return changed(file, folder, *changes).rename(folder / f"{name}.py")


# One run for three files, as each starts Django and creates a database.
def test_suite_passes_and_needs_the_mark_and_the_capture(
    snippet_file: Path, project: Path, tmp_path: Path
) -> None:
    plain = ("(execute=True) as callbacks", "() as callbacks")
    no_mark = ("pytestmark = pytest.mark.django_db\n", "")
    others = [
        variant(snippet_file, tmp_path, "without_capture", plain),
        variant(snippet_file, tmp_path, "without_mark", no_mark),
    ]
    report = report_of(changed(snippet_file, tmp_path), project, *others)
    broken = {f"without_mark::{name}" for name in WHOLE - {STRANGER}}
    assert report.broken == broken | {f"without_capture::{MAIL}"}, report.said
    assert report.passed >= WHOLE
    assert len(report.outcomes) == 3 * len(WHOLE)
    assert "assert [] == [['ada@example.com']]" in report.said  # nothing ran on commit
    assert "Database access not allowed" in report.said


URLS = "invoices/urls.py"
N_PLUS_ONE = (URLS, '.select_related("customer")', "")
FOREIGN_INVOICE = (URLS, "filter(owner=request.user).select_for", "all().select_for")
NO_MAIL = (URLS, "on_commit(partial(", "on_commit(lambda: (")
OPEN = (URLS, "@login_required\ndef pay", "def pay")
NOT_PAID = (URLS, "invoice.paid = True", "")
NO_CSRF = ("settings.py", '    "django.middleware.csrf.CsrfViewMiddleware",\n', "")
NO_MAILERS = ("settings.py", "MAILERS", "OTHERS")


def planted(project: Path, folder: Path, *bugs: tuple[str, str, str]) -> Path:
    copy = Path(shutil.copytree(project, folder / "project"))
    for name, before, after in bugs:
        text = (copy / name).read_text("utf-8")
        assert text.count(before) == 1
        (copy / name).write_text(text.replace(before, after), "utf-8")
    return copy


# Bugs that different tests find go together, for the same reason.
@pytest.mark.parametrize(
    ("bugs", "broken", "said"),
    [
        pytest.param(
            (N_PLUS_ONE, FOREIGN_INVOICE, NO_MAILERS),
            {LIST, FOREIGN, MAIL},
            "Configure settings.MAILERS",
            id="one",
        ),
        pytest.param(
            (OPEN, NOT_PAID, NO_CSRF), {STRANGER, MAIL, FORM}, "(200, False, 1)", id="other"
        ),
        pytest.param((NO_MAIL,), {MAIL}, "assert [] == [['ada@example.com']]", id="no-mail"),
    ],
)
def test_planted_bugs_are_found(
    snippet_file: Path,
    project: Path,
    tmp_path: Path,
    bugs: tuple[tuple[str, str, str], ...],
    broken: set[str],
    said: str,
) -> None:
    report = report_of(snippet_file, planted(project, tmp_path, *bugs))
    assert report.broken == broken, report.said
    assert report.passed == WHOLE - broken
    assert said in report.said
