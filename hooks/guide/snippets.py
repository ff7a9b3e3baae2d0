"""Where a snippet's code lies, and which of its lines matter."""

from collections.abc import Iterable
from pathlib import Path


def snippet_files(root: Path, key: str) -> list[Path]:
    """The files of code that a snippet `<category>/<id>` could mean: one, if all is well."""
    category, _, name = key.partition("/")
    return sorted(
        path
        for path in (root / "snippets" / category).glob(f"{name.replace('-', '_')}.*")
        if path.is_file()
    )


def further_files(root: Path, key: str) -> list[Path]:
    """The files in the folder beside a snippet that needs more than one, in order of their paths."""
    category, _, name = key.partition("/")
    folder = root / "snippets" / category / name.replace("-", "_")
    return sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)


def highlighted_lines(marked: Iterable[str]) -> list[int]:
    """The line numbers meant by `12` and `12-14`."""
    numbers: list[int] = []
    for part in marked:
        first, _, last = part.partition("-")
        numbers.extend(range(int(first), int(last or first) + 1))
    return numbers
