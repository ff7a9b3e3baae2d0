"""One lock holds all members, each service gets what it declares, and a conflict is refused."""

import shlex
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.snippets.processes import ran
from tests.snippets.wheels import write_wheel

PACKAGES = {"fastapi": ["0.160.0"], "pydantic": ["2.13.0", "2.14.0"], "boto3": ["1.43.0"]}
PACKAGES["pytest"] = ["9.2.0"]


class Workspace:
    def __init__(self, folder: Path, snippet_file: Path) -> None:
        self.folder = folder / "shop"
        shutil.copytree(snippet_file.with_suffix(""), self.folder)
        self.text = snippet_file.read_text("utf-8")
        (self.folder / "pyproject.toml").write_text(self.text, encoding="utf-8")
        self.write("packages/pricing/src/pricing/__init__.py", "VAT = 19\n")
        self.write("services/orders/src/orders/__init__.py", "from pricing import VAT\n")
        wheels = folder / "wheels"
        wheels.mkdir()
        for name, versions in PACKAGES.items():
            for version in versions:
                write_wheel(wheels, name, version)
        self.env = {
            "UV_FIND_LINKS": str(wheels),
            "UV_OFFLINE": "1",
            "UV_CACHE_DIR": str(folder / "cache"),
            "UV_PYTHON": sys.executable,
            "UV_PYTHON_DOWNLOADS": "never",
        }

    def write(self, name: str, text: str) -> None:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def change(self, name: str, old: str, new: str) -> None:
        text = (self.folder / name).read_text("utf-8")
        assert old in text
        self.write(name, text.replace(old, new))

    def add_billing(self, *needs: str) -> None:
        """Make a third member, as somebody would a year later."""
        orders = (self.folder / "services/orders/pyproject.toml").read_text("utf-8")
        text = orders.replace("orders", "billing").replace('["fastapi>=0.160", ', '["fastapi", ')
        needed = "".join(f'"{need}", ' for need in needs)
        self.write("services/billing/pyproject.toml", text.replace('["', f'[{needed}"', 1))
        self.write("services/billing/src/billing/__init__.py", "")

    def uv(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return ran(["uv", *arguments], self.folder, self.env)

    def commands(self) -> list[list[str]]:
        """Give the three commands that the comments name."""
        lines = [line for line in self.text.splitlines() if line.startswith("#   uv ")]
        return [shlex.split(line.removeprefix("#   ").split("  ")[0].strip()) for line in lines]

    def installed(self) -> set[str]:
        packages = self.folder / ".venv" / "lib" / f"python3.{sys.version_info.minor}"
        infos = (packages / "site-packages").glob("*.dist-info")
        return {info.name.partition("-")[0] for info in infos}

    def python(self, code: str) -> subprocess.CompletedProcess[str]:
        return ran([self.folder / ".venv" / "bin" / "python", "-B", "-c", code], self.folder)


@pytest.fixture
def workspace(snippet_file: Path, tmp_path: Path) -> Workspace:
    made = Workspace(tmp_path, snippet_file)
    locked = made.uv("lock")
    assert locked.returncode == 0, locked.stderr
    return made


def test_one_lock_holds_all_members(workspace: Workspace) -> None:
    assert [file.parent for file in workspace.folder.rglob("uv.lock")] == [workspace.folder]
    lock = tomllib.loads((workspace.folder / "uv.lock").read_text("utf-8"))
    assert lock["manifest"]["members"] == ["orders", "pricing"]
    sources = {package["name"]: package["source"] for package in lock["package"]}
    assert sources["pricing"] == {"editable": "packages/pricing"}
    assert sources["orders"] == {"editable": "services/orders"}


def test_developer_gets_everything_and_sees_changes_at_once(workspace: Workspace) -> None:
    everything, _, _ = workspace.commands()
    assert everything == ["uv", "sync", "--all-packages"]
    done = workspace.uv(*everything[1:])
    assert done.returncode == 0, done.stderr
    assert workspace.installed() == {"fastapi", "orders", "pricing", "pydantic", "pytest"}
    assert workspace.python("import orders; print(orders.VAT)").stdout == "19\n"
    workspace.write("packages/pricing/src/pricing/__init__.py", "VAT = 20\n")
    assert workspace.python("import orders; print(orders.VAT)").stdout == "20\n"


def test_image_gets_one_service_without_links_into_the_repository(workspace: Workspace) -> None:
    workspace.add_billing("boto3")
    assert workspace.uv("lock").returncode == 0
    _, image, _ = workspace.commands()
    done = workspace.uv(*image[1:])
    assert done.returncode == 0, done.stderr
    assert workspace.installed() == {"fastapi", "orders", "pricing", "pydantic"}
    for folder in ("packages", "services"):
        shutil.rmtree(workspace.folder / folder)
    assert workspace.python("import orders; print(orders.VAT)").stdout == "19\n"


def test_undeclared_import_works_until_the_service_is_alone(workspace: Workspace) -> None:
    workspace.add_billing("boto3")
    workspace.write("services/orders/src/orders/__init__.py", "import boto3\n")
    assert workspace.uv("sync", "--all-packages").returncode == 0
    assert workspace.python("import orders").returncode == 0
    *_, tests = workspace.commands()
    assert tests == ["uv", "run", "--package", "orders", "pytest", "services/orders"]
    alone = workspace.uv(*tests[1:4], "--exact", "python", "-c", "import orders")
    assert alone.returncode == 1
    assert "No module named 'boto3'" in alone.stderr


def test_members_must_agree_on_a_version(workspace: Workspace) -> None:
    workspace.add_billing("pydantic<2.14")
    refused = workspace.uv("lock")
    assert refused.returncode == 1
    assert "pydantic>=2.14" in refused.stderr


def test_member_is_not_looked_for_on_an_index(workspace: Workspace) -> None:
    workspace.change("pyproject.toml", "pricing = { workspace = true }", "")
    refused = workspace.uv("lock")
    assert refused.returncode != 0
    assert "pricing" in refused.stderr
    assert "workspace = true" in refused.stderr


def test_built_service_asks_for_any_version_of_the_member(workspace: Workspace) -> None:
    built = workspace.uv("build", "--wheel", "--package", "orders")
    assert built.returncode == 0, built.stderr
    with zipfile.ZipFile(workspace.folder / "dist" / "orders-1.0-py3-none-any.whl") as archive:
        said = archive.read("orders-1.0.dist-info/METADATA").decode()
    assert "Requires-Dist: pricing\n" in said
