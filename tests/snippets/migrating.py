"""An Alembic project in a temporary folder, its env.py that of the guide."""

import sys
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import alembic
import psycopg
import pytest
from alembic.config import Config

from tests.snippets.loading import ROOT

ENV = ROOT / "snippets" / "migrations" / "alembic_async_env.py"
MODELS = ENV.with_suffix("") / "models.py"
TEMPLATE = Path(alembic.__file__).parent / "templates" / "async" / "script.py.mako"
PYPROJECT = """
[tool.alembic]
script_location = "%(here)s/migrations"
prepend_sys_path = ["%(here)s"]
"""
REVISION = """
from alembic import op

revision = "{name}"
down_revision = {after!r}


def upgrade() -> None:
    {upgrade}


def downgrade() -> None:
    {downgrade}
"""


@dataclass(frozen=True)
class Project:
    """A folder that Alembic works in, and the database that it changes."""

    folder: Path
    url: str

    @property
    def versions(self) -> Path:
        """The folder of the revisions."""
        return self.folder / "migrations" / "versions"

    def config(self) -> Config:
        """Give a fresh configuration, whose `stdout` and `output_buffer` are kept."""
        return Config(
            toml_file=self.folder / "pyproject.toml",
            stdout=StringIO(),
            output_buffer=StringIO(),
        )

    def write(self, name: str, after: str | None, upgrade: str, downgrade: str = "pass") -> None:
        """Write a revision whose steps are one statement each."""
        text = REVISION.format(name=name, after=after, upgrade=upgrade, downgrade=downgrade)
        (self.versions / f"{name}.py").write_text(text, "utf-8")

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """Give what the query answers, in a transaction of its own that is committed."""
        with psycopg.connect(self.url) as connection:
            cursor = connection.execute(query.encode())
            return cursor.fetchall() if cursor.description else []

    def tables(self) -> set[object]:
        """Give the names of the tables, Alembic's own left out."""
        query = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        return {name for (name,) in self.rows(query)} - {"alembic_version"}


def project_in(folder: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Lay out a project in the folder; the files of the guide are linked, so they are covered."""
    project = Project(folder, url)
    project.versions.mkdir(parents=True)
    (folder / "pyproject.toml").write_text(PYPROJECT, "utf-8")
    (folder / "models.py").symlink_to(MODELS)
    (folder / "migrations" / "env.py").symlink_to(ENV)
    (folder / "migrations" / "script.py.mako").write_text(TEMPLATE.read_text("utf-8"), "utf-8")
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delitem(sys.modules, "models", raising=False)
    return project
