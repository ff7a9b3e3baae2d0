"""Each command does what its comment says, and ends with an error below the limit."""

import shlex
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from coverage import CoverageData

from tests.snippets.loading import snippet_path
from tests.snippets.processes import ran

SCRIPT = snippet_path(Path(__file__)).with_suffix(".sh")
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


BEFORE_A_PUSH = "pytest -n auto --dist"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write_project(tmp_path)
    return tmp_path


def write_project(folder: Path) -> None:
    for name, text in FILES.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    settings = SCRIPT.with_suffix("") / "pyproject.toml"
    (folder / "pyproject.toml").write_bytes(settings.read_bytes())


def commands() -> list[str]:
    first, strict, *lines = SCRIPT.read_text("utf-8").splitlines()
    assert (first, strict) == ("#!/usr/bin/env bash", "set -euo pipefail")
    return [line for line in lines if line and not line.startswith("#")]


def bash(project: Path, script: str, workers: int = 1) -> CompletedProcess[str]:
    """Run the script as one who runs it by hand: the proof run measures its children itself."""
    env = {
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTEST_PLUGINS": "pytest_cov.plugin,xdist.plugin",
        "PYTEST_XDIST_AUTO_NUM_WORKERS": str(workers),
        "PYTHONPATH": str(project),
    }
    return ran(
        [
            "env",
            "-u",
            "COVERAGE_PROCESS_CONFIG",
            "-u",
            "COVERAGE_PROCESS_START",
            "bash",
            "-c",
            script,
        ],
        project,
        env,
    )


def run(project: Path, begins: str) -> CompletedProcess[str]:
    (command,) = [line for line in commands() if line.startswith(begins)]
    assert shlex.split(command)
    return bash(project, command)


def cover_discount(project: Path) -> None:
    with (project / "tests/unit/test_prices.py").open("a") as file:
        file.write(DISCOUNT)


@pytest.fixture(scope="module", autouse=True)
def whole(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Path, Future[CompletedProcess[str]]]]:
    """Run the script beside the other tests: it starts fifteen interpreters, one by one."""
    project = tmp_path_factory.mktemp("whole")
    write_project(project)
    cover_discount(project)
    with ThreadPoolExecutor() as threads:
        yield project, threads.submit(bash, project, SCRIPT.read_text("utf-8"), workers=2)


def test_limit_ends_the_run_with_an_error(project: Path) -> None:
    done = run(project, CI)
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


def test_without_source_a_forgotten_file_is_not_in_the_report(project: Path) -> None:
    without(project, 'source = ["shop"]')
    done = run(project, BEFORE_A_PUSH)
    assert reported(done.stdout, "prices.py")[-1] == "5"
    assert "forgotten.py" not in done.stdout


def test_branch_is_missed_though_each_line_ran_and_so_is_a_process_without_its_setting(
    project: Path,
) -> None:
    without(project, 'patch = ["subprocess"]')
    unit = project / "tests/unit/test_prices.py"
    unit.write_text(unit.read_text("utf-8").replace("cents(1, 350) == 350", "cents(10, 10) == 90"))
    done = run(project, BEFORE_A_PUSH)
    assert done.returncode == 0, done.stdout
    assert reported(done.stdout, "prices.py")[-1] == "4->6"
    assert reported(done.stdout, "command.py")[-2:] == ["0%", "1-3"]


def test_failure_comes_first_in_the_next_run_and_ends_it(project: Path) -> None:
    unit = project / "tests/unit/test_prices.py"
    unit.write_text(unit.read_text("utf-8").replace("== 350", "== 351"), "utf-8")
    for before in ("1 failed, 1 passed", "1 failed in"):
        done = run(project, "pytest --failed-first")
        assert done.returncode == 1
        assert before in done.stdout


def test_whole_script_ends_well_above_the_limit(
    whole: tuple[Path, Future[CompletedProcess[str]]],
) -> None:
    project, script = whole
    done = script.result()
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
