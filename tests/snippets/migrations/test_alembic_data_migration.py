"""Rows are filled batch by batch, each committed; a run that broke off goes on where it was."""

from decimal import Decimal
from pathlib import Path

import pytest
from alembic import command
from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError

from tests.snippets.migrating import Project, project_in

ROWS = 12_345
FILL = f"""
    CREATE TABLE invoices (id bigserial PRIMARY KEY, total numeric(12, 2), total_cents bigint);
    INSERT INTO invoices (total) SELECT number + 0.29 FROM generate_series(1, {ROWS}) AS number;
    CREATE TABLE batches (transaction xid8);
    CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO batches VALUES (pg_current_xact_id()); RETURN NULL; END $$;
    CREATE TRIGGER note AFTER UPDATE ON invoices EXECUTE FUNCTION note();
"""
BREAK = """
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'broken off'; END $$;
    CREATE TRIGGER refuse BEFORE UPDATE ON invoices
        FOR EACH ROW WHEN (OLD.id = 7000) EXECUTE FUNCTION refuse();
"""
EMPTY = "SELECT count(*) FROM invoices WHERE total_cents IS NULL"


@pytest.fixture
def project(
    snippet_file: Path, tmp_path: Path, postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> Project:
    project = project_in(tmp_path, postgresql_url, monkeypatch)
    project.write("8d0e6b53fa17", None, "pass")
    (project.versions / "b4c1f0a7d2e9.py").symlink_to(snippet_file)
    project.rows(FILL)
    return project


def test_every_row_is_filled_once_in_batches_of_their_own(project: Project) -> None:
    command.upgrade(project.config(), "head")
    assert project.rows(EMPTY) == [(0,)]
    assert project.rows("SELECT DISTINCT total_cents - total * 100 FROM invoices") == [(0,)]
    statements = "SELECT count(*), count(DISTINCT transaction) FROM batches"
    assert project.rows(statements) == [(3, 3)]
    first = "SELECT count(*) FROM invoices WHERE xmin::text = (SELECT min(transaction)::text"
    assert project.rows(f"{first} FROM batches)") == [(5_000,)]


def test_row_that_the_new_code_wrote_is_left_alone(project: Project) -> None:
    project.rows("UPDATE invoices SET total_cents = 1 WHERE id = 12345")
    command.upgrade(project.config(), "head")
    assert project.rows("SELECT total_cents FROM invoices WHERE id = 12345") == [(1,)]


def test_broken_run_keeps_its_batches_and_the_next_goes_on(project: Project) -> None:
    project.rows(BREAK)
    with pytest.raises(DBAPIError, match="broken off"):
        command.upgrade(project.config(), "head")
    assert project.rows(EMPTY) == [(ROWS - 5_000,)]
    assert project.rows("SELECT version_num FROM alembic_version") == [("8d0e6b53fa17",)]
    project.rows("DROP TRIGGER refuse ON invoices")
    done = project.rows("SELECT xmin::text FROM invoices WHERE id = 1")
    command.upgrade(project.config(), "head")
    assert project.rows(EMPTY) == [(0,)]
    assert project.rows("SELECT xmin::text FROM invoices WHERE id = 1") == done


def test_downgrade_brings_back_what_only_the_new_code_wrote(project: Project) -> None:
    command.upgrade(project.config(), "head")
    project.rows("INSERT INTO invoices (total_cents) VALUES (1999)")
    project.rows("UPDATE invoices SET total = 0 WHERE id = 1")
    command.downgrade(project.config(), "-1")
    kept = f"SELECT total FROM invoices WHERE id IN (1, {ROWS + 1}) ORDER BY id"
    assert project.rows(kept) == [(Decimal(0),), (Decimal("19.99"),)]
    assert project.rows("SELECT version_num FROM alembic_version") == [("8d0e6b53fa17",)]


def test_row_added_with_the_old_column_only_stays_empty(project: Project) -> None:
    command.upgrade(project.config(), "head")
    project.rows("INSERT INTO invoices (total) VALUES (5)")
    assert project.rows(EMPTY) == [(1,)]


def test_no_script_can_be_written(project: Project) -> None:
    with pytest.raises((AttributeError, CommandError)):
        command.upgrade(project.config(), "head", sql=True)
