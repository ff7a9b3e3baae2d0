"""How many statements our implementation of the contract has.

Statements of Python as the grammar counts them, wherever a line breaks: `class` and `def` count
once and so does each statement inside; docstrings do not. Settings, models and the command that
makes the tables count. Generated files do not: migrations, which a command writes from the models,
and `manage.py`, which `startproject` writes.
"""

import ast
from pathlib import Path

from tests.benchmarks.fixtures import Context, Measured
from tests.contracts.implementation import implementations
from tests.probes.contenders import WEB_FRAMEWORKS


def test_statements_of_each_implementation(measured: Measured, context: Context) -> None:
    context("statements without docstrings, migrations and manage.py")
    for contender in WEB_FRAMEWORKS:
        files = written_files(implementations()[contender].folder)
        measured(contender, [sum(map(statements, files))])


def written_files(folder: Path) -> list[Path]:
    """Give the Python files of an implementation that somebody wrote."""
    return [
        file
        for file in sorted(folder.rglob("*.py"))
        if "migrations" not in file.parts and file.name != "manage.py"
    ]


def statements(file: Path) -> int:
    """Give the number of statements in a file, docstrings left out."""
    nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = sum(
        isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None
        for node in nodes
    )
    return sum(isinstance(node, ast.stmt) for node in nodes) - docstrings
