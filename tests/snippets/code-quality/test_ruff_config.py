"""Ruff finds the faults that the settings name, passes clean code, and refuses a wrong setting."""

import json
import re
from pathlib import Path

import pytest

from tests.snippets.processes import ran

CLEAN = """import asyncio
import logging
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, FastAPI

app = FastAPI()
logger = logging.getLogger(__name__)


async def current_time() -> datetime:
    await asyncio.sleep(0)
    return datetime.now(UTC)


@app.get("/orders/{order_id}")
async def read_order(order_id: int, now: Annotated[datetime, Depends(current_time)]) -> str:
    logger.info("Order %s was read", order_id)
    return f"{order_id} at {now:%H:%M}"
"""
FAULTS = {
    "A001": "id = 1\n",
    "ARG001": "def total(prices: list[int], tax: int) -> int:\n    return sum(prices)\n",
    "ASYNC210": "import urllib.request\n\n\nasync def get() -> object:\n"
    '    return urllib.request.urlopen("https://example.com")\n',
    "ASYNC251": "import time\n\n\nasync def wait() -> None:\n    time.sleep(1)\n",
    "B006": "def add(item: int, to: list[int] = []) -> None:\n    to.append(item)\n",
    "BLE001": "try:\n    open\nexcept Exception:\n    raise SystemExit from None\n",
    "C416": "items = [item for item in range(3)]\n",
    "DTZ005": "from datetime import datetime\n\nnow = datetime.now()\n",
    "E711": "def none(value: object) -> bool:\n    return value == None\n",
    "ERA001": "# total = price * 2\n",
    "F821": "total = prise\n",
    "FAST002": "from fastapi import Depends, FastAPI\n\napp = FastAPI()\n\n\n"
    '@app.get("/")\nasync def index(user: str = Depends(str)) -> str:\n    return user\n',
    "FURB105": 'print("")\n',
    "G004": "import logging\n\nname = 1\nlogging.getLogger().info(f'{name}')\n",
    "I001": "import os\nimport ast\n\nprint(os, ast)\n",
    "LOG015": "import logging\n\nlogging.info('started')\n",
    "N802": "def readOrder() -> None:\n    pass\n",
    "PERF401": "new = []\nfor item in range(3):\n    new.append(item * 2)\n",
    "PIE790": "class Refused(Exception):\n    '''Refused.'''\n\n    pass\n",
    "PT018": "def test_order() -> None:\n    assert 1 and 2\n",
    "PTH123": "with open('orders.csv') as file:\n    file.read()\n",
    "RET505": "def sign(number: int) -> int:\n    if number < 0:\n        return -1\n"
    "    else:\n        return 1\n",
    "RUF006": "import asyncio\n\n\nasync def work() -> None:\n"
    "    asyncio.create_task(asyncio.sleep(1))\n",
    "S608": "def query(name: str) -> str:\n"
    "    return f\"SELECT * FROM users WHERE name = '{name}'\"\n",
    "SIM115": "file = open('orders.csv')\n",
    "T201": "print('debug')\n",
    "TRY400": "import logging\n\nlog = logging.getLogger()\ntry:\n    open\n"
    "except OSError:\n    log.error('failed')\n",
    "UP006": "from typing import List\n\nprices: List[int] = []\n",
    "W291": "total = 1 \n",
}


@pytest.fixture
def project(snippet_file: Path, tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text(snippet_file.read_text("utf-8"), encoding="utf-8")
    return tmp_path


def found(project: Path, name: str, code: str, *options: str) -> list[str]:
    """Give the rules that a file with this code breaks."""
    file = project / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(code, encoding="utf-8")
    command = ["ruff", "check", "--no-cache", "--output-format=json", *options, "."]
    done = ran(command, project)
    assert done.returncode in {0, 1}, done.stderr
    return [fault["code"] for fault in json.loads(done.stdout)]


def test_clean_code_passes_both_commands(project: Path) -> None:
    assert found(project, "orders.py", CLEAN) == []
    formatted = ran(["ruff", "format", "--no-cache", "--check", "."], project)
    assert formatted.returncode == 0, formatted.stdout


@pytest.mark.parametrize(("rule", "code"), FAULTS.items(), ids=FAULTS)
def test_planted_fault_is_found(project: Path, rule: str, code: str) -> None:
    assert rule in found(project, "orders.py", code)


def test_every_selected_group_has_a_planted_fault(snippet_file: Path) -> None:
    select = snippet_file.read_text("utf-8").split("select = [")[1].split("\n]")[0]
    groups = set(re.findall(r'"(\w+)"', select))
    assert {rule for rule in FAULTS if not rule.startswith(tuple(groups))} == set()
    assert {g for g in groups if not any(rule.startswith(g) for rule in FAULTS)} == set()


def test_default_set_would_miss_some(project: Path) -> None:
    missed = {
        rule
        for rule, code in FAULTS.items()
        if rule not in found(project, "orders.py", code, "--isolated")
    }
    assert {"ERA001", "S608", "T201"} <= missed


def test_line_of_more_than_a_hundred_is_wrapped_and_a_long_text_is_not(project: Path) -> None:
    text = f'address = "{"x" * 100}"\n'
    assert found(project, "orders.py", text) == []
    call = f"print_all({', '.join(['price'] * 13)})\n"
    assert len(call.strip()) == 100
    (project / "orders.py").write_text(call, encoding="utf-8")
    check = ["ruff", "format", "--no-cache", "--check", "orders.py"]
    assert ran(check, project).returncode == 0
    (project / "orders.py").write_text(call.replace("print", "printf"), encoding="utf-8")
    assert ran(check, project).returncode == 1


def test_tests_may_assert_and_take_fixtures(project: Path) -> None:
    code = "def test_order(database: None) -> None:\n    assert 2 * 19 == 38\n"
    assert found(project, "tests/test_orders.py", code) == []
    (project / "tests" / "test_orders.py").unlink()
    assert sorted(found(project, "orders.py", code)) == ["ARG001", "S101"]


def test_generated_code_is_left_alone(project: Path) -> None:
    assert found(project, "orders_pb2.py", FAULTS["F821"]) == []
    assert found(project, "orders_pb2_grpc.py", FAULTS["F821"]) == []
    assert found(project, "migrations/0001.py", FAULTS["N802"] + FAULTS["ERA001"]) == []


def test_python_version_comes_from_the_project(project: Path) -> None:
    code = "class Box[T]:\n    def __init__(self, item: T) -> None:\n        self.item = item\n"
    assert found(project, "orders.py", code) == []
    text = (project / "pyproject.toml").read_text("utf-8")
    old = text.replace('">=3.12"', '">=3.11"')
    (project / "pyproject.toml").write_text(old, encoding="utf-8")
    command = ["ruff", "check", "--no-cache", "orders.py"]
    assert "Cannot use type parameter lists on Python 3.11" in ran(command, project).stdout


def test_wrong_setting_is_refused(project: Path) -> None:
    text = (project / "pyproject.toml").read_text("utf-8")
    for good, bad in (("ignore = [", "ignores = ["), ('"ASYNC"', '"ASINC"')):
        (project / "pyproject.toml").write_text(text.replace(good, bad), encoding="utf-8")
        refused = ran(["ruff", "check", "--no-cache", "."], project)
        assert refused.returncode == 2
        assert bad.strip('" =[') in refused.stderr
