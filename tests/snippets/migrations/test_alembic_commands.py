"""Each command, run in its order, has the effect that its comment promises."""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.snippets.migrating import ENV, MODELS, Project
from tests.snippets.migrations.shared import alembic_loaded_once
from tests.snippets.processes import ran


@dataclass(frozen=True)
class Script:
    lines: Iterator[str]
    folder: Path
    environment: dict[str, str]

    def next(self, begins: str) -> str:
        """Run the next command, which must begin so, and give its output."""
        line = next(self.lines)
        assert shlex.split(line)[: len(begins.split())] == begins.split()
        done = self.bash(line)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def bash(self, line: str) -> CompletedProcess[str]:
        return ran(["bash", "-euo", "pipefail", "-c", line], self.folder, self.environment)


@pytest.fixture
def script(
    snippet_file: Path, tmp_path_factory: pytest.TempPathFactory, postgresql_url: str
) -> Iterator[Script]:
    folder = tmp_path_factory.mktemp("shop")
    (folder / "pyproject.toml").write_text('[project]\nname = "shop"\nversion = "1"\n', "utf-8")
    (folder / "models.py").write_text(MODELS.read_text("utf-8"), "utf-8")
    (folder / "env.py").write_text(ENV.read_text("utf-8"), "utf-8")
    lines = snippet_file.read_text("utf-8").splitlines()
    assert lines[:2] == ["#!/usr/bin/env bash", "set -euo pipefail"]
    commands = [line for line in lines[2:] if line and not line.startswith("#")]
    with alembic_loaded_once(tmp_path_factory.mktemp("bin"), postgresql_url) as environment:
        yield Script(iter(commands), folder, environment)


def test_commands_run_in_their_order(script: Script, postgresql_url: str) -> None:
    folder = script.folder
    project = Project(folder, postgresql_url)
    version = "SELECT count(*), max(version_num) FROM alembic_version"

    script.next("alembic init")
    assert "[tool.alembic]" in (folder / "pyproject.toml").read_text("utf-8")
    assert "async_engine_from_config" in (folder / "migrations" / "env.py").read_text("utf-8")
    script.next("cp")
    script.next("alembic revision")
    (revision,) = project.versions.glob("*_create_orders.py")
    assert "op.create_table('invoices'" in revision.read_text("utf-8")
    name = revision.stem.partition("_")[0]

    pending = script.bash("alembic current --check-heads")
    assert pending.returncode != 0
    assert "not on all head revisions" in (pending.stdout + pending.stderr)
    assert script.bash("alembic current").returncode == 0

    script.next("alembic upgrade")
    assert project.tables() == {"customers", "invoices"}
    assert "No new upgrade operations" in script.next("alembic check")
    project.rows("ALTER TABLE invoices ADD note text")
    differing = script.bash("alembic check")
    assert differing.returncode != 0
    assert "note" in (differing.stdout + differing.stderr)
    project.rows("ALTER TABLE invoices DROP note")

    assert f"{name} (head)" in script.next("alembic current")
    assert "(head) (current), create orders" in script.next("alembic history")
    script.next("alembic upgrade")
    written = (folder / "upgrade.sql").read_text("utf-8")
    assert "CREATE TABLE invoices" in written
    assert "CREATE TABLE alembic_version" in written
    script.next("alembic downgrade")
    assert "DROP TABLE invoices" in (folder / "downgrade.sql").read_text("utf-8")
    one_end = script.bash("alembic downgrade base --sql")
    assert one_end.returncode != 0
    assert "requires <fromrev>:<torev>" in (one_end.stdout + one_end.stderr)

    script.next("alembic downgrade")
    assert project.tables() == set()
    script.next("alembic upgrade")
    assert project.tables() == {"customers", "invoices"}
    project.rows("UPDATE alembic_version SET version_num = 'lost'")
    assert script.bash("alembic upgrade head").returncode != 0
    script.next("alembic stamp")
    assert project.rows(version) == [(1, name)]
    assert next(script.lines, None) is None
