"""Every test starts with an empty table though the app commits; planted bugs are found."""

from pathlib import Path

import psycopg
import pytest

from tests.snippets.testing.suites import Report, changed, ran_suite

FIRST, SECOND = "test_account_is_stored[first]", "test_account_is_stored[second]"
REFUSED = "test_refused_account_leaves_the_first_alone"
WHOLE = {FIRST, SECOND, REFUSED}


@pytest.fixture
def app_file(snippet_file: Path) -> Path:
    return snippet_file.with_suffix("") / "accounts.py"


@pytest.fixture(autouse=True)
def _database(monkeypatch: pytest.MonkeyPatch, postgresql_url: str) -> None:
    monkeypatch.setenv("DATABASE_URL", postgresql_url)


@pytest.fixture
def settings(snippet_file: Path) -> Path:
    return snippet_file.with_suffix("") / "pytest.toml"


def report_of(test: Path, app: Path, settings: str | Path) -> Report:
    return ran_suite(
        test, "-Werror", plugins=["pytest_asyncio.plugin"], path=app.parent, settings=settings
    )


def rows(url: str, query: str = "SELECT count(*) FROM accounts") -> int:
    with psycopg.connect(url) as connection:
        return int(connection.execute(query).fetchone()[0])


def test_suite_passes_and_leaves_nothing(
    snippet_file: Path, app_file: Path, settings: Path, postgresql_url: str
) -> None:
    for _ in range(2):
        report = report_of(snippet_file, app_file, settings)
        assert report.outcomes == dict.fromkeys(WHOLE, "passed"), report.said
    assert rows(postgresql_url) == 0
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    assert rows(postgresql_url, others) == 1


@pytest.mark.parametrize(
    ("before", "after", "broken"),
    [
        pytest.param("new_session.begin()", "new_session()", WHOLE, id="no-commit"),
        pytest.param("(unique=True)", "()", {REFUSED}, id="no-constraint"),
        pytest.param("status_code=201", "status_code=200", {FIRST, SECOND}, id="status"),
        pytest.param('account"}, 409', 'account"}, 400', {REFUSED}, id="wrong-refusal"),
        pytest.param("email=fields.email))", "email='x'))", WHOLE, id="wrong-address"),
    ],
)
def test_planted_bug_is_found(
    snippet_file: Path,
    app_file: Path,
    settings: Path,
    tmp_path: Path,
    before: str,
    after: str,
    broken: set[str],
) -> None:
    report = report_of(snippet_file, changed(app_file, tmp_path, (before, after)), settings)
    assert report.broken == broken, report.said
    assert report.passed == WHOLE - broken


def test_without_the_outer_transaction_the_second_test_meets_the_first_ones_row(
    snippet_file: Path, app_file: Path, settings: Path, tmp_path: Path, postgresql_url: str
) -> None:
    plain = changed(snippet_file, tmp_path, ("bind=connection, join", "bind=engine, join"))
    assert report_of(plain, app_file, settings).broken == {SECOND}
    assert rows(postgresql_url) == 1


def test_without_the_savepoint_a_rollback_of_the_app_undoes_the_whole_test(
    snippet_file: Path, app_file: Path, settings: Path, tmp_path: Path
) -> None:
    plain = changed(
        snippet_file,
        tmp_path,
        ('connection, join_transaction_mode="create_savepoint"', "connection"),
    )
    report = report_of(plain, app_file, settings)
    assert report.broken == {REFUSED}
    assert "assert [] == ['ada@example.com']" in report.said


def with_test(snippet_file: Path, folder: Path, body: str) -> Path:
    copy = changed(snippet_file, folder)
    imports = "import asyncio\nfrom sqlalchemy import func, text\n"
    copy.write_text(f"{imports}{copy.read_text('utf-8')}\n\n{body}", "utf-8")
    return copy


def test_numbers_of_a_sequence_are_not_rolled_back(
    snippet_file: Path, app_file: Path, settings: Path, tmp_path: Path
) -> None:
    body = """
async def test_id(client):
    await client.post("/accounts", json=ADA)
    async with new_session() as session:
        assert await session.scalar(select(Account.id)) == 1
"""
    report = report_of(with_test(snippet_file, tmp_path, body), app_file, settings)
    assert report.broken == {"test_id"}


def test_now_stands_still_within_a_test(
    snippet_file: Path, app_file: Path, settings: Path, tmp_path: Path
) -> None:
    body = """
async def test_now():
    async with new_session.begin() as session:
        first = await session.scalar(select(func.now()))
    async with new_session.begin() as session:
        assert await session.scalar(select(func.now())) == first
        assert await session.scalar(select(func.clock_timestamp())) > first
"""
    report = report_of(with_test(snippet_file, tmp_path, body), app_file, settings)
    assert "test_now" in report.passed


def test_deferred_constraint_is_not_checked(
    snippet_file: Path, app_file: Path, settings: Path, tmp_path: Path
) -> None:
    body = """
async def test_deferred():
    async with new_session.begin() as session:
        await session.execute(text(
            "ALTER TABLE accounts ADD UNIQUE (email) DEFERRABLE INITIALLY DEFERRED"
        ))
        session.add_all([Account(email="twice"), Account(email="twice")])
    assert await emails() == ["twice", "twice"]
"""
    without = changed(app_file, tmp_path / "app", ("(unique=True)", "()"))
    report = report_of(with_test(snippet_file, tmp_path, body), without, settings)
    assert "test_deferred" in report.passed


def test_requests_at_the_same_time_share_one_connection_and_fail(
    snippet_file: Path, app_file: Path, settings: Path, tmp_path: Path
) -> None:
    body = """
async def test_at_once(client):
    async def post(email):
        return (await client.post("/accounts", json={"email": email})).status_code

    assert await asyncio.gather(post("a"), post("b")) == [201, 201]
"""
    report = report_of(with_test(snippet_file, tmp_path, body), app_file, settings)
    assert report.broken == {"test_at_once"}
