"""An import that crosses a border is found and named, and the borders hold for new files too."""

import re
from pathlib import Path

import pytest

from tests.snippets.processes import ran

MODULES = ("orders", "billing", "stock")
SHOP = {
    "main": "from shop.billing import api as billing\nfrom shop.orders import api as orders",
    **{
        f"{module}/api": f"import fastapi\n\nfrom shop.{module} import service"
        for module in MODULES
    },
    **{f"{module}/service": f"from shop.{module} import storage" for module in MODULES},
    **{f"{module}/storage": "import sqlalchemy" for module in MODULES},
    "orders/__init__": "from shop.orders.service import storage",
    "orders/service": "from shop import stock\nfrom shop.orders import storage",
    "stock/__init__": "from shop.stock.service import storage",
}
CONTRACTS = [
    "Orders and billing know stock, and nobody else knows anybody",
    "Within a module HTTP lies above the rules and these above the tables",
    "The insides of stock are its own: others import `shop.stock`",
    "Rules need no framework",
]


@pytest.fixture
def project(snippet_file: Path, tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text(snippet_file.read_text("utf-8"), encoding="utf-8")
    for package in ("", *MODULES):
        (tmp_path / "shop" / package).mkdir()
        (tmp_path / "shop" / package / "__init__.py").touch()
    for name, text in SHOP.items():
        (tmp_path / "shop" / f"{name}.py").write_text(text + "\n", encoding="utf-8")
    return tmp_path


def add(project: Path, name: str, line: str) -> None:
    file = project / "shop" / f"{name}.py"
    before = file.read_text("utf-8") if file.is_file() else ""
    file.write_text(f"{before}{line}\n", encoding="utf-8")


def linted(project: Path) -> tuple[list[str], str]:
    """Give the contracts that are broken, and the whole report."""
    done = ran(["lint-imports", "--no-cache"], project, {"COLUMNS": "200"})
    assert done.returncode in {0, 1}, done.stdout + done.stderr
    states = dict(re.findall(r"^(.+) (KEPT|BROKEN)$", done.stdout, re.MULTILINE))
    assert list(states) == CONTRACTS, done.stdout
    assert ("BROKEN" in states.values()) == bool(done.returncode)
    return [name for name, state in states.items() if state == "BROKEN"], done.stdout


def test_borders_hold(project: Path) -> None:
    assert linted(project)[0] == []


@pytest.mark.parametrize(
    ("name", "line", "broken"),
    [
        ("orders/service", "from shop.billing import service", 0),
        ("billing/service", "from shop.orders import service", 0),
        ("stock/service", "import shop.orders", 0),
        ("billing/api", "import shop.main", 0),
        ("orders/storage", "from shop.orders import service", 1),
        ("billing/service", "from shop.billing import api", 1),
        ("orders/service", "from shop.stock import storage", 2),
        ("orders/api", "import shop.stock.service", 2),
        ("billing/service", "from fastapi import HTTPException", 3),
        ("stock/service", "import sqlalchemy.orm", 3),
    ],
)
def test_crossing_is_found_and_named(project: Path, name: str, line: str, broken: int) -> None:
    add(project, name, line)
    found, report = linted(project)
    assert found == [CONTRACTS[broken]]
    assert f"shop.{name.replace('/', '.')} " in report


def test_import_inside_a_function_counts(project: Path) -> None:
    add(project, "stock/service", "def late() -> None:\n    import shop.orders")
    assert linted(project)[0] == [CONTRACTS[0]]


def test_import_by_name_at_run_time_is_not_seen(project: Path) -> None:
    late = 'import importlib\n\nimportlib.import_module("shop.orders.storage")'
    add(project, "stock/service", late)
    assert linted(project)[0] == []


def test_new_file_has_to_be_given_its_place(project: Path) -> None:
    add(project, "orders/events", "")
    found, report = linted(project)
    assert found == [CONTRACTS[1]]
    assert "events" in report


def test_rule_that_goes_through_storage_may_reach_the_framework(project: Path) -> None:
    text = (project / "pyproject.toml").read_text("utf-8")
    strict = text.replace("allow_indirect_imports = true", "allow_indirect_imports = false")
    (project / "pyproject.toml").write_text(strict, encoding="utf-8")
    assert linted(project)[0] == [CONTRACTS[3]]


def test_package_that_does_not_exist_is_refused(project: Path) -> None:
    text = (project / "pyproject.toml").read_text("utf-8")
    for good, bad in (('"shop.stock"]\n\n', '"shop.stocks"]\n\n'), ('type = "protected"', "")):
        assert good in text
        (project / "pyproject.toml").write_text(text.replace(good, bad, 1), encoding="utf-8")
        assert ran(["lint-imports", "--no-cache"], project).returncode == 1
