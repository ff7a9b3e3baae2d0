"""Two heads stop an upgrade; merged, every database gets what it lacks of either branch."""

from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError

from tests.snippets.migrating import Project, project_in
from tests.snippets.migrations.shared import alembic_loaded_once
from tests.snippets.processes import ran


@pytest.fixture
def project(tmp_path: Path, postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Two branches of one parent; the database ran the first of them already."""
    project = project_in(tmp_path, postgresql_url, monkeypatch)
    project.write("parent", None, "op.execute('CREATE TABLE customers (note text)')")
    project.write("orders", "parent", "op.execute('CREATE TABLE orders ()')")
    command.upgrade(project.config(), "head")
    project.write("invoices", "parent", "op.execute('CREATE TABLE invoices ()')")
    return project


def heads(project: Project) -> list[str]:
    return sorted(ScriptDirectory.from_config(project.config()).get_heads())


def test_two_heads_are_merged_once_and_the_missing_branch_runs(
    project: Project, snippet_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert heads(project) == ["invoices", "orders"]
    with pytest.raises(CommandError, match="Multiple head revisions"):
        command.upgrade(project.config(), "head")
    with alembic_loaded_once(tmp_path_factory.mktemp("bin"), project.url) as environment:
        merged = ran(["bash", snippet_file], project.folder, environment)
        again = ran(["bash", snippet_file], project.folder, environment)
    assert merged.returncode == 0, merged.stderr
    assert "parent (branchpoint)" in merged.stdout
    (head,) = heads(project)
    assert project.tables() == {"customers", "orders", "invoices"}
    assert project.rows("SELECT version_num FROM alembic_version") == [(head,)]
    assert merged.stdout.splitlines()[-1] == f"{head} (head) (mergepoint)"
    (file,) = project.versions.glob("*_merge_heads.py")
    assert "down_revision: Union[str, Sequence[str], None] = ('invoices', 'orders')" in (
        file.read_text("utf-8").replace("('orders', 'invoices')", "('invoices', 'orders')")
    )

    assert (again.returncode, heads(project)) == (0, [head])
    assert again.stdout == f"{head} (head) (mergepoint)\n"


def test_step_back_from_the_merge_must_name_a_revision(project: Project) -> None:
    command.merge(project.config(), "heads", message="merge heads", rev_id="merge")
    command.upgrade(project.config(), "head")
    with pytest.raises(CommandError, match="Ambiguous walk"):
        command.downgrade(project.config(), "-1")
    command.downgrade(project.config(), "parent")
    assert project.rows("SELECT version_num FROM alembic_version") == [("parent",)]


def test_revision_set_after_the_other_keeps_the_line(project: Project) -> None:
    project.write("invoices", "orders", "op.execute('CREATE TABLE invoices ()')")
    command.upgrade(project.config(), "head")
    assert heads(project) == ["invoices"]
    assert project.tables() == {"customers", "orders", "invoices"}


def test_merge_says_nothing_of_two_branches_that_contradict(project: Project) -> None:
    project.write("invoices", "parent", "op.execute('CREATE TABLE orders (total int)')")
    command.merge(project.config(), "heads", message="merge heads")
    with pytest.raises(DBAPIError, match="already exists"):
        command.upgrade(project.config(), "head")


def test_heads_can_be_applied_without_a_merge(project: Project) -> None:
    command.upgrade(project.config(), "heads")
    assert project.tables() == {"customers", "orders", "invoices"}
    assert len(project.rows("SELECT version_num FROM alembic_version")) == 2
