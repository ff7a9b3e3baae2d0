"""A copy of the tree served by `make serve`, to be edited and looked at."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError

from tests.site.building import ROOT
from tools.serve import ADDRESS

READ = (
    *("mkdocs.yml", "pyproject.toml", "data", "docs", "hooks"),
    *("overrides", "snippets", "tests", "tools"),
)
"""What the server reads."""
PATIENCE = 60.0


@dataclass(frozen=True)
class Served:
    """The tree and the address at which it is served."""

    tree: Path
    address: str

    def page(self, name: str) -> str:
        """The text of a page or file, as it is shown now."""
        with urllib.request.urlopen(self.address + name, timeout=PATIENCE) as answer:
            return str(answer.read().decode())

    def replace(self, name: str, old: str, new: str) -> None:
        """Save a file with one text replaced where it stands first."""
        file = self.tree / name
        text = file.read_text("utf-8")
        assert old in text, name
        file.write_text(text.replace(old, new, 1), "utf-8")

    def until(self, name: str, text: str) -> float:
        """The seconds until a page shows the text."""
        started = time.monotonic()
        while text not in self.page(name):
            waited = time.monotonic() - started
            assert waited < PATIENCE, f"{name} does not show {text!r}"
            time.sleep(0.05)
        return time.monotonic() - started


@contextmanager
def served_copy(folder: Path) -> Iterator[Served]:
    """Serve a copy of the tree from the folder while it is being edited."""
    for name in READ:
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__", ".*_cache")
            shutil.copytree(ROOT / name, folder / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, folder)
    with socket.create_server((ADDRESS, 0)) as free:
        port = free.getsockname()[1]
    with (folder / "said").open("w") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "tools.serve", str(port)],
            cwd=folder,
            env=os.environ | {"TMPDIR": str(folder)},
            stdout=said,
            stderr=said,
        )
        try:
            served = Served(folder, f"http://{ADDRESS}:{port}/")
            wait_for(served, process)
            yield served
        finally:
            process.terminate()
            process.wait(10)


def wait_for(served: Served, process: subprocess.Popen[bytes]) -> None:
    """Wait until the first page is shown."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            served.page("")
        except URLError:
            said = (served.tree / "said").read_text("utf-8")
            assert process.poll() is None, said
            assert time.monotonic() < until, said
            time.sleep(0.1)
        else:
            return
