"""Whether a framework creates and changes the schema of its models by its own commands.

In a new Django project with the framework installed, a model is written and then given a column;
`makemigrations` and `migrate` follow each time, and the database is asked for the table's columns.
"none": neither the help of a command that the framework installs nor the name of a class, function
or module of its distribution speaks of migrations.
"""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from importlib.metadata import distribution
from pathlib import Path

import pytest

from tests.probes.contenders import DJANGO_FAMILY, WEB_FRAMEWORKS
from tests.probes.distributions import closure, environment, labels
from tests.probes.django_projects import Project, empty_project
from tests.probes.fixtures import Observe, RanWith
from tests.probes.names import found_names
from tests.probes.small_apps import framework_distributions, framework_requirements

NAMES = r"(?i)\w*migrat\w*|\w*alembic\w*"
MODEL = """from django.db import models


class Note(models.Model):
    title = models.CharField(max_length=80)
"""
COLUMN = '    body = models.TextField(default="")\n'


@pytest.mark.parametrize("contender", WEB_FRAMEWORKS)
def test_schema_is_created_and_changed_by_commands(
    contender: str, observe: Observe, ran_with: RanWith, tmp_path: Path
) -> None:
    installed = closure(framework_requirements(contender))
    ran_with(contender, labels(installed))
    names = found_names(framework_distributions(contender), NAMES)
    if contender not in DJANGO_FAMILY:
        environment(installed.values(), tmp_path)
        helps = [help_of(contender, script, tmp_path) for script in scripts(contender)]
        assert not [text for text in helps if "migrat" in text.lower()]
        assert not names
        observe(contender, "none")
        return
    assert names
    project = empty_project(contender, tmp_path)
    project.manage("startapp", "notes")
    with (project.folder / "config" / "settings.py").open("a", encoding="utf-8") as settings:
        settings.write('INSTALLED_APPS += ["notes"]\n')
    assert columns_after(project, MODEL) == ["id", "title"]
    assert columns_after(project, MODEL + COLUMN) == ["id", "title", "body"]
    observe(contender, "built-in")


def columns_after(project: Project, models: str) -> list[str]:
    """Give the columns of the notes once the models were migrated to."""
    (project.folder / "notes" / "models.py").write_text(models, encoding="utf-8")
    project.manage("makemigrations")
    project.manage("migrate")
    with closing(sqlite3.connect(project.folder / "db.sqlite3")) as database:
        return [row[1] for row in database.execute("PRAGMA table_info(notes_note)")]


def scripts(contender: str) -> list[str]:
    """Give `module:function` of every command that the framework's distributions install."""
    return [
        entry.value
        for name in framework_distributions(contender)
        for entry in distribution(name).entry_points.select(group="console_scripts")
    ]


def help_of(contender: str, script: str, packages: Path) -> str:
    """Give what a command says about itself and its subcommands."""
    module, _, function = script.partition(":")
    code = f"import sys; sys.argv = [{contender!r}, '--help']; import {module} as m; m.{function}()"
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        cwd=packages,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(packages), "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "help" in done.stdout
    return done.stdout
