"""mypy finds the faults that strict mode, the codes and Pydantic's plugin are there for."""

import hashlib
import re
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.snippets.loading import ROOT
from tests.snippets.processes import ran

CLEAN = """
from typing import Literal

from pydantic import BaseModel, Field
from pydantic_settings import BaseSettings


class Order(BaseModel):
    id: int
    cents: int = Field(alias="totalCents")
    state: Literal["open", "paid"] = "open"


class Settings(BaseSettings):
    database_url: str


settings = Settings()  # from the environment
order = Order(id=1, totalCents=1999)
"""
FAULTS = {
    'Order(id="1", totalCents=1999)': "arg-type",
    'Order(id=1, totalCents=1999, note="")': "call-arg",
    'Order.model_construct(id="1", cents=1)': "arg-type",
    "def untyped(order): return order": "no-untyped-def",
    "def total(orders: list) -> int: return 1": "type-arg",
    "def dead(order: Order) -> int:\n    return order.id\n    return 2": "unreachable",
    "async def pay(order: Order) -> int:\n    return 1\n"
    "async def main() -> None:\n    pay(order)": "unused-coroutine",
    "def sign(order: Order) -> int:\n    match order.state:\n        case 'open':\n"
    "            return 1\n    return 2": "exhaustive-match",
    "def name(order: Order) -> str:\n    if order.id > 1:\n        text = 'x'\n"
    "    return text": "possibly-undefined",
    "def exists(order: Order) -> int:\n    return 1 if order else 2": "truthy-bool",
    "def same(text: str) -> bool:\n    return isinstance(text, str) and text == ''": (
        "redundant-expr"
    ),
    "cents: int = 'many'  # type: ignore": "ignore-without-code",
    "cents: int = 1  # type: ignore[assignment]": "unused-ignore",
    "from asyncio import Future\n"
    "async def wait(paid: Future[int]) -> None:\n    paid": "unused-awaitable",
    "order.dict()": "deprecated",
    "import suds": "import-not-found",
}


OLD = "def add(a, b):\n    total: int = 'none'\n    return a + b\n\n\nadd(1, 2)\n"
OLD += "def half(a: int, b):\n    return a\n"


@pytest.fixture
def project(snippet_file: Path, tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text(snippet_file.read_text("utf-8"), encoding="utf-8")
    for folder in ("src/orders/legacy", "tests"):
        (tmp_path / folder).mkdir(parents=True)
    for package in ("src/orders", "src/orders/legacy"):
        (tmp_path / package / "__init__.py").touch()
    (tmp_path / "src/orders/models.py").write_text(CLEAN, encoding="utf-8")
    (tmp_path / "src/orders/legacy/old.py").write_text(OLD, encoding="utf-8")
    return tmp_path


def mypy(project: Path, *files: str) -> CompletedProcess[str]:
    """Run mypy, which finds what it knew of Pydantic under these settings: 7 s of work."""
    settings = hashlib.sha256((project / "pyproject.toml").read_bytes()).hexdigest()[:8]
    env = {"MYPY_CACHE_DIR": str(ROOT / ".cache" / f"mypy-config-{settings}")}
    return ran(["mypy", *files], project, env, seconds=240)


def checked(project: Path, *files: str) -> list[tuple[str, str]]:
    """Give the faults that mypy finds: the file's stem and the code."""
    done = mypy(project, *files)
    assert done.returncode in {0, 1}, done.stderr
    return re.findall(r"(\w+)\.py:\d+: error: .+\[([\w-]+)\]$", done.stdout, re.MULTILINE)


def changed(project: Path, old: str, new: str) -> None:
    file = project / "pyproject.toml"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_planted_faults_are_found_and_nothing_else(project: Path) -> None:
    """One run for all, as each takes seconds.

    Clean code passes, tests find the package below src, old code may be unannotated but its insides
    are checked, and a library without types is let pass by name.
    """
    tests = "import zeep\nimport zeep.helpers\n\nimport orders.models\n"
    (project / "tests/test_orders.py").write_text(tests, encoding="utf-8")
    for number, code in enumerate(FAULTS):
        text = f"from orders.models import Order, order\n{code}\n"
        (project / f"src/orders/fault{number}.py").write_text(text, encoding="utf-8")
    found = checked(project)
    for number, (code, fault) in enumerate(FAULTS.items()):
        assert (f"fault{number}", fault) in found, code
    assert [(name, fault) for name, fault in found if not name.startswith("fault")] == [
        ("old", "assignment")
    ]


def test_plugin_knows_that_settings_come_from_the_environment(project: Path) -> None:
    changed(project, 'plugins = ["pydantic.mypy"]\n', "")
    assert checked(project, "src/orders/models.py") == [("models", "call-arg")]  # Settings()


def test_syntax_newer_than_the_oldest_python_is_an_error(project: Path) -> None:
    new = "def first[T = int](items: list[T]) -> T:\n    return items[0]\n"
    (project / "src/orders/new.py").write_text(new, encoding="utf-8")
    refused = mypy(project, "src/orders/new.py")
    assert refused.returncode == 1
    assert "current target: Python 3.12" in refused.stdout


def test_misspelt_option_is_told_and_ignored_and_nothing_looked_at_without_it(
    project: Path,
) -> None:
    changed(project, "strict = true", "stricts = true")
    done = mypy(project, "src/orders/legacy/old.py")
    assert done.returncode == 0
    assert "bodies of untyped functions are not checked" in done.stdout
    assert "Unrecognized option: stricts = True" in done.stderr
