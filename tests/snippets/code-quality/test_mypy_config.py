"""mypy finds the faults that strict mode, the codes and Pydantic's plugin are there for."""

import re
from pathlib import Path

import pytest

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


@pytest.fixture
def project(snippet_file: Path, tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text(snippet_file.read_text("utf-8"), encoding="utf-8")
    for folder in ("src/orders/legacy", "tests"):
        (tmp_path / folder).mkdir(parents=True)
    for package in ("src/orders", "src/orders/legacy"):
        (tmp_path / package / "__init__.py").touch()
    (tmp_path / "src/orders/models.py").write_text(CLEAN, encoding="utf-8")
    (tmp_path / "tests/test_orders.py").write_text("import orders.models\n", encoding="utf-8")
    return tmp_path


def checked(project: Path) -> list[tuple[str, str]]:
    """Give the faults that mypy finds: the file's stem and the code."""
    done = ran(["mypy"], project, {"MYPY_CACHE_DIR": str(project / "cache")})
    assert done.returncode in {0, 1}, done.stderr
    return re.findall(r"(\w+)\.py:\d+: error: .+\[([\w-]+)\]$", done.stdout, re.MULTILINE)


def changed(project: Path, old: str, new: str) -> None:
    file = project / "pyproject.toml"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_clean_code_passes_and_tests_find_the_package(project: Path) -> None:
    assert checked(project) == []


def test_planted_faults_are_found(project: Path) -> None:
    for number, code in enumerate(FAULTS):
        text = f"from orders.models import Order, order\n{code}\n"
        (project / f"src/orders/fault{number}.py").write_text(text, encoding="utf-8")
    found = checked(project)
    for number, (code, fault) in enumerate(FAULTS.items()):
        assert (f"fault{number}", fault) in found, code
    assert {name for name, _ in found} == {f"fault{number}" for number in range(len(FAULTS))}


def test_plugin_knows_that_settings_come_from_the_environment(project: Path) -> None:
    construct = "from orders.models import Order\nOrder.model_construct(id='1', cents=1)\n"
    (project / "tests/test_orders.py").write_text(construct, encoding="utf-8")
    assert checked(project) == [("test_orders", "arg-type")]
    changed(project, 'plugins = ["pydantic.mypy"]\n', "")
    assert checked(project) == [("models", "call-arg")]  # Settings() without its argument


def test_conversion_is_an_error_because_of_the_option(project: Path) -> None:
    text = "from orders.models import Order\nOrder(id='1', totalCents=1, note='')\n"
    (project / "tests/test_orders.py").write_text(text, encoding="utf-8")
    assert checked(project) == [("test_orders", "arg-type"), ("test_orders", "call-arg")]
    changed(project, "init_forbid_extra = true\ninit_typed = true", "")
    assert checked(project) == []


def test_old_code_may_be_unannotated_but_its_insides_are_checked(project: Path) -> None:
    old = "def add(a, b):\n    total: int = 'none'\n    return a + b\n\n\nadd(1, 2)\n"
    old += "def half(a: int, b):\n    return a\n"
    (project / "src/orders/legacy/old.py").write_text(old, encoding="utf-8")
    assert checked(project) == [("old", "assignment")]
    changed(project, "strict = true\n", "")
    assert checked(project) == []  # without strict such a function is not looked at


def test_library_without_types_is_let_pass_by_name(project: Path) -> None:
    text = "import zeep\nimport zeep.helpers\n"
    (project / "tests/test_orders.py").write_text(text, encoding="utf-8")
    assert checked(project) == []


def test_syntax_newer_than_the_oldest_python_is_an_error(project: Path) -> None:
    text = "def first[T = int](items: list[T]) -> T:\n    return items[0]\n"
    (project / "tests/test_orders.py").write_text(text, encoding="utf-8")
    assert ran(["mypy"], project).returncode != 0


def test_misspelt_option_is_told_and_ignored(project: Path) -> None:
    changed(project, "strict = true", "stricts = true")
    done = ran(["mypy"], project, {"MYPY_CACHE_DIR": str(project / "cache")})
    assert done.returncode == 0
    assert "Unrecognized option: stricts = True" in done.stderr
