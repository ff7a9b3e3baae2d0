"""Where things lie: the files behind a snippet, a test, a page of a pair."""

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
    """The files in the folder beside a snippet that needs more than one, by path."""
    category, _, name = key.partition("/")
    return code_files(root / "snippets" / category / name.replace("-", "_"))


def code_files(folder: Path) -> list[Path]:
    """The files below a folder that readers see, by path: no hidden ones, nothing compiled."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file()
        and not any(
            part.startswith(".") or part == "__pycache__" for part in path.relative_to(folder).parts
        )
    )


def highlighted_lines(marked: Iterable[str]) -> list[int]:
    """The line numbers meant by `12` and `12-14`."""
    numbers: list[int] = []
    for part in marked:
        first, _, last = part.partition("-")
        numbers.extend(range(int(first), int(last or first) + 1))
    return numbers


def test_path(kind: str, reference: str) -> Path:
    """Where the test behind a probe, benchmark or snippet stands: `<category>/<id>` → path."""
    folder, _, stem = reference.partition("/")
    return Path("tests") / f"{kind}s" / folder / f"test_{stem.replace('-', '_')}.py"


def sides(versus: str) -> tuple[str, str]:
    """The two technologies of a page's id `<a>-vs-<b>`; no id of a technology holds `-vs-`."""
    one, _, other = versus.partition("-vs-")
    return one, other


def versus_id(one: str, other: str) -> str:
    """The id of the page that compares two technologies, whichever is named first."""
    return "-vs-".join(sorted((one, other)))
