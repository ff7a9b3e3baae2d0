"""A build depends on the tree alone: not on where it lies, where it starts, or when it runs."""

import hashlib
import shutil
from pathlib import Path

import pytest

from tests.site.building import ROOT, build
from tests.site.telling import listed

# What a build reads, and nothing that lies about in a working tree.
READ = ("mkdocs.yml", "pyproject.toml", "data", "docs", "hooks", "overrides", "snippets", "tests")


def digests(folder: Path) -> dict[str, str]:
    """Path → hash of every file below the folder."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """The same tree at another place, its files made in another order."""
    tree = tmp_path / "a folder elsewhere"
    tree.mkdir()
    for name in reversed(READ):
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__", ".*_cache")
            shutil.copytree(ROOT / name, tree / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, tree)
    return tree


def test_second_build_gives_the_same_bytes(site: Path, elsewhere: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    build(
        out,
        root=elsewhere,
        working=tmp_path,
        PYTHONHASHSEED="2",
        SOURCE_DATE_EPOCH="1890000000",
        TZ="Pacific/Kiritimati",
        LC_ALL="C",
    )
    first, second = digests(site), digests(out)
    assert sorted(first) == sorted(second)
    changed = [name for name in first if first[name] != second[name]]
    assert not changed, listed(changed)
