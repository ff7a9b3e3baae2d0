"""Each command does what its comment says, and ends with an error below the limit."""

import shlex
import xml.etree.ElementTree as ET
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from coverage import CoverageData

from tests.snippets.processes import ran

CI = "pytest -n auto --cov --cov-report=xml"
FILES = {
    "shop/__init__.py": "",
    "shop/prices.py": """
def cents(quantity: int, price: int) -> int:
    total = quantity * price
    if quantity >= 10:
        total -= total // 10
    return total
""",
    "shop/command.py": "from shop.prices import cents\n\nprint(cents(2, 350))\n",
    "shop/forgotten.py": "RATE = 19\n",
    "tests/unit/test_prices.py": """
from shop.prices import cents

def test_one_costs_its_price():
    assert cents(1, 350) == 350
""",
    "tests/integration/test_command.py": """
import subprocess
import sys

def test_command_prints_the_sum():
    done = subprocess.run([sys.executable, "-m", "shop.command"], capture_output=True, check=True)
    assert done.stdout == b"700\\n"
""",
}
DISCOUNT = """
def test_ten_are_cheaper():
    assert cents(10, 100) == 900
"""


@pytest.fixture
def project(snippet_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in FILES.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    settings = snippet_file.with_suffix("") / "pyproject.toml"
    (tmp_path / "pyproject.toml").write_bytes(settings.read_bytes())
    # The proof run measures its children too; here the snippet does.
    monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
    monkeypatch.delenv("COVERAGE_PROCESS_START", raising=False)
    return tmp_path


def commands(snippet_file: Path) -> list[str]:
    first, strict, *lines = snippet_file.read_text("utf-8").splitlines()
    assert (first, strict) == ("#!/usr/bin/env bash", "set -euo pipefail")
    return [line for line in lines if line and not line.startswith("#")]


def bash(project: Path, script: str) -> CompletedProcess[str]:
    env = {
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTEST_ADDOPTS": "-p pytest_cov.plugin -p xdist.plugin",
        "PYTHONPATH": str(project),
    }
    return ran(["bash", "-c", script], project, env)


BEFORE_A_PUSH = "pytest -n auto --dist"


def run(project: Path, snippet_file: Path, begins: str) -> CompletedProcess[str]:
    (command,) = [line for line in commands(snippet_file) if line.startswith(begins)]
    assert shlex.split(command)
    return bash(project, command)


def cover_discount(project: Path) -> None:
    with (project / "tests/unit/test_prices.py").open("a") as file:
        file.write(DISCOUNT)


def test_whole_script_ends_well_above_the_limit(snippet_file: Path, project: Path) -> None:
    cover_discount(project)
    done = bash(project, snippet_file.read_text("utf-8"))
    assert done.returncode == 0, done.stdout + done.stderr
    junit = ET.parse(project / "junit.xml").getroot()
    assert len(list(junit.iter("testcase"))) == 3
    measured = {
        file.get("filename"): float(file.get("line-rate", ""))
        for file in ET.parse(project / "coverage.xml").getroot().iter("class")
    }
    assert measured == {
        "__init__.py": 1,
        "command.py": 1,
        "forgotten.py": 0,
        "prices.py": 1,
    }
    pages = "".join(page.read_text("utf-8") for page in (project / "htmlcov").glob("*prices*.html"))
    assert "test_ten_are_cheaper" in pages
    assert not list(project.glob(".coverage.*"))
    missing = done.stdout.partition("coverage: platform")[2].partition("coverage: platform")[0]
    assert reported(missing, "forgotten.py")[-2:] == ["0%", "1"]
    assert "command.py" not in missing
    assert "slowest 10 durations" in done.stdout
    assert "bringing up nodes" in done.stdout or "workers" in done.stdout
    data = CoverageData(str(project / ".coverage"))
    data.read()
    assert data.measured_files() >= {"shop/prices.py", "shop/command.py"}
    data.close()


def test_limit_ends_the_run_with_an_error(snippet_file: Path, project: Path) -> None:
    done = run(project, snippet_file, CI)
    assert done.returncode == 1
    assert "Required test coverage of 80% not reached" in done.stdout + done.stderr


def reported(text: str, file: str) -> list[str]:
    """Give the words of the file's line in the report, the lines left out last."""
    (line,) = [line for line in text.splitlines() if file in line]
    return line.split()


def without(project: Path, setting: str) -> None:
    file = project / "pyproject.toml"
    text = file.read_text("utf-8")
    assert setting in text
    file.write_text(text.replace(setting, ""), "utf-8")


def test_without_source_a_forgotten_file_is_not_in_the_report(
    snippet_file: Path, project: Path
) -> None:
    without(project, 'source = ["shop"]')
    done = run(project, snippet_file, BEFORE_A_PUSH)
    assert reported(done.stdout, "prices.py")[-1] == "5"
    assert "forgotten.py" not in done.stdout


def test_branch_is_missed_though_each_line_ran_and_so_is_a_process_without_its_setting(
    snippet_file: Path, project: Path
) -> None:
    without(project, 'patch = ["subprocess"]')
    unit = project / "tests/unit/test_prices.py"
    unit.write_text(unit.read_text("utf-8").replace("cents(1, 350) == 350", "cents(10, 10) == 90"))
    done = run(project, snippet_file, BEFORE_A_PUSH)
    assert done.returncode == 0, done.stdout
    assert reported(done.stdout, "prices.py")[-1] == "4->6"
    assert reported(done.stdout, "command.py")[-2:] == ["0%", "1-3"]


def test_failure_comes_first_in_the_next_run_and_ends_it(snippet_file: Path, project: Path) -> None:
    unit = project / "tests/unit/test_prices.py"
    unit.write_text(unit.read_text("utf-8").replace("== 350", "== 351"), "utf-8")
    for before in ("1 failed, 1 passed", "1 failed in"):
        done = run(project, snippet_file, "pytest --failed-first")
        assert done.returncode == 1
        assert before in done.stdout
