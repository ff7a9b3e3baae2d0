"""Old and new code read what either wrote, at every step between expand and contract."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from alembic import command
from sqlalchemy.exc import DBAPIError

from tests.snippets.migrating import Project, project_in

CREATE = (
    "op.execute('CREATE TABLE customers (id bigserial PRIMARY KEY, fullname text NOT NULL, "
    "city text)')"
)
ROWS = 5_001  # more than a batch
BOTH = "SELECT fullname, name FROM customers WHERE id = {}"
UNEQUAL = "SELECT count(*) FROM customers WHERE name IS DISTINCT FROM fullname"


@pytest.fixture
def project(
    snippet_file: Path, tmp_path: Path, postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> Project:
    """The table before the change, with rows."""
    project = project_in(tmp_path, postgresql_url, monkeypatch)
    project.write("a0_customers", None, CREATE)
    for source in (snippet_file, *snippet_file.with_suffix("").glob("*.py")):
        (project.versions / source.name).symlink_to(source)
    command.upgrade(project.config(), "a0_customers")
    project.rows(
        "INSERT INTO customers (fullname) "
        f"SELECT 'customer ' || number FROM generate_series(1, {ROWS}) AS number"
    )
    return project


@pytest.fixture(params=["a1_expand", "a2_backfill", "a3_contract and back"])
def between(project: Project, request: pytest.FixtureRequest) -> Iterator[Project]:
    """The table at a step where both codes run; their rows are equal afterwards."""
    revision, _, back = str(request.param).partition(" ")
    command.upgrade(project.config(), revision)
    if back:
        command.downgrade(project.config(), "a2_backfill")
    yield project
    if request.param != "a1_expand":
        assert project.rows(UNEQUAL) == [(0,)]


def insert(project: Project, column: str, text: str | None) -> int:
    value = "NULL" if text is None else f"'{text}'"
    statement = f"INSERT INTO customers ({column}) VALUES ({value}) RETURNING id"
    ((number,),) = project.rows(statement)
    assert isinstance(number, int)
    return number


@pytest.mark.parametrize(("written", "later"), [("fullname", "name"), ("name", "fullname")])
def test_either_code_inserts_a_name_and_the_other_updates_it(
    between: Project, written: str, later: str
) -> None:
    with pytest.raises(psycopg.errors.IntegrityError):
        insert(between, written, None)
    number = insert(between, written, "Ada")
    assert between.rows(BOTH.format(number)) == [("Ada", "Ada")]
    between.rows(f"UPDATE customers SET {later} = 'Ada Lovelace' WHERE id = {number}")
    assert between.rows(BOTH.format(number)) == [("Ada Lovelace", "Ada Lovelace")]
    between.rows(f"UPDATE customers SET {written} = 'A. Lovelace' WHERE id = {number}")
    assert between.rows(BOTH.format(number)) == [("A. Lovelace", "A. Lovelace")]
    between.rows(f"UPDATE customers SET fullname = 'x', name = 'y' WHERE id = {number}")
    assert between.rows(BOTH.format(number)) == [("y", "y")]
    between.rows(f"UPDATE customers SET {written} = 'A. Lovelace' WHERE id = {number}")
    between.rows(f"UPDATE customers SET city = 'London' WHERE id = {number}")
    assert between.rows(BOTH.format(number)) == [("A. Lovelace", "A. Lovelace")]


def test_old_row_gets_its_name_when_it_is_touched(project: Project) -> None:
    command.upgrade(project.config(), "a1_expand")
    assert project.rows(BOTH.format(1)) == [("customer 1", None)]
    project.rows("UPDATE customers SET city = 'Paris' WHERE id = 1")
    assert project.rows(BOTH.format(1)) == [("customer 1", "customer 1")]


def test_expanding_rewrites_nothing_and_the_backfill_works_in_batches(project: Project) -> None:
    file = "SELECT pg_relation_filenode('customers')"
    before = project.rows(file)
    command.upgrade(project.config(), "a2_backfill")
    assert project.rows(file) == before
    batches = "SELECT count(*) FROM customers GROUP BY xmin::text ORDER BY 1"
    assert project.rows(batches) == [(1,), (5_000,)]
    valid = "SELECT convalidated FROM pg_constraint WHERE conname = 'ck_customers_name'"
    assert project.rows(valid) == [(True,)]


def test_contracted_table_has_the_new_column_only(project: Project) -> None:
    command.upgrade(project.config(), "head")
    columns = (
        "SELECT column_name, is_nullable FROM information_schema.columns "
        "WHERE table_name = 'customers' ORDER BY ordinal_position"
    )
    assert project.rows(columns) == [("id", "NO"), ("city", "YES"), ("name", "NO")]
    assert project.rows("SELECT name FROM customers WHERE id = 1") == [("customer 1",)]
    assert project.rows("SELECT 1 FROM pg_trigger WHERE tgrelid = 'customers'::regclass") == []
    checks = "SELECT conname FROM pg_constraint WHERE contype = 'c' AND conname LIKE 'ck_%'"
    assert project.rows(checks) == []
    insert(project, "name", "Ada")
    with pytest.raises(psycopg.errors.UndefinedColumn):
        insert(project, "fullname", "Ada")


def test_contracting_before_the_backfill_is_refused(project: Project) -> None:
    command.upgrade(project.config(), "a1_expand")
    command.stamp(project.config(), "a2_backfill")  # somebody skipped it
    with pytest.raises(DBAPIError, match="contains null values"):
        command.upgrade(project.config(), "head")
    assert project.rows(BOTH.format(1)) == [("customer 1", None)]


def test_way_back_to_the_start_keeps_what_new_code_wrote(project: Project) -> None:
    command.upgrade(project.config(), "head")
    number = insert(project, "name", "Ada")
    command.downgrade(project.config(), "a0_customers")
    assert project.rows(f"SELECT * FROM customers WHERE id = {number}") == [(number, None, "Ada")]
    assert project.rows("SELECT proname FROM pg_proc WHERE proname = 'customers_sync_name'") == []
    with pytest.raises(psycopg.errors.NotNullViolation):
        insert(project, "fullname", None)


def test_contraction_that_was_taken_back_can_be_done_again(project: Project) -> None:
    command.upgrade(project.config(), "head")
    command.downgrade(project.config(), "a2_backfill")
    check = "SELECT convalidated FROM pg_constraint WHERE conname = 'ck_customers_name'"
    assert project.rows(check) == [(True,)]
    command.upgrade(project.config(), "head")
    insert(project, "name", "Ada")


def test_plain_rename_breaks_old_code_at_once(project: Project) -> None:
    project.rows("ALTER TABLE customers RENAME fullname TO name")
    with pytest.raises(psycopg.errors.UndefinedColumn):
        insert(project, "fullname", "Ada")


def test_prepared_select_of_all_columns_fails_after_the_expansion(project: Project) -> None:
    with psycopg.connect(project.url, autocommit=True) as old_code:
        query = "SELECT {} FROM customers WHERE id = 1"
        old_code.execute(query.format("*"), prepare=True)
        old_code.execute(query.format("id, fullname"), prepare=True)
        command.upgrade(project.config(), "a1_expand")
        old_code.execute(query.format("id, fullname"), prepare=True)
        with pytest.raises(psycopg.errors.FeatureNotSupported, match="cached plan"):
            old_code.execute(query.format("*"), prepare=True)
