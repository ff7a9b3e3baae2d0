"""Which distributions a requirement brings, and an environment that holds nothing else."""

from collections.abc import Iterable
from functools import cache
from importlib.metadata import Distribution, distribution
from pathlib import Path, PurePosixPath

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def closure(requirements: Iterable[str]) -> dict[str, Distribution]:
    """Give the installed distributions that the requirements bring, themselves included, by name.

    Markers and extras are evaluated for this Python. Raises `PackageNotFoundError` when one is not
    installed, for then nothing could be said about it.
    """
    found: dict[str, Distribution] = {}
    seen: set[tuple[str, str]] = set()
    todo = [Requirement(text) for text in requirements]
    while todo:
        wanted = todo.pop()
        name = canonicalize_name(wanted.name)
        found[name] = found.get(name) or distribution(name)
        for extra in {"", *wanted.extras}:
            if (name, extra) not in seen:
                seen.add((name, extra))
                todo += needed_by(found[name], extra)
    return dict(sorted(found.items()))


def needed_by(installed: Distribution, extra: str) -> list[Requirement]:
    """Give what a distribution requires on this Python, for one extra or for none ("")."""
    declared = map(Requirement, installed.requires or [])
    return [
        needed
        for needed in declared
        if needed.marker is None or needed.marker.evaluate({"extra": extra})
    ]


def labels(distributions: dict[str, Distribution]) -> list[str]:
    """Give `["django 6.1.3", ...]`."""
    return [f"{name} {installed.version}" for name, installed in distributions.items()]


def environment(distributions: Iterable[Distribution], directory: Path) -> Path:
    """Fill the directory with links to exactly these distributions, to be put on PYTHONPATH.

    With `python -S` nothing else can be imported, nor found by `importlib.metadata`.
    """
    for installed in distributions:
        for entry in roots(installed):
            link = directory / entry
            link.parent.mkdir(parents=True, exist_ok=True)
            if not link.exists():
                link.symlink_to(Path(str(installed.locate_file(entry))).resolve())
    return directory


def roots(installed: Distribution) -> set[PurePosixPath]:
    """Give the highest paths that belong to this distribution alone, namespace packages opened."""
    files = {PurePosixPath(str(file)) for file in installed.files or []}
    inside = {file for file in files if ".." not in file.parts}
    return {
        next(
            (
                parent
                for parent in reversed(file.parents[:-1])
                if parent / "__init__.py" in inside or parent.name.endswith(".dist-info")
            ),
            file,
        )
        for file in inside
        if "__pycache__" not in file.parts
    }


@cache
def source_files(name: str) -> tuple[Path, ...]:
    """Give the Python files of one distribution, without its tests."""
    installed = distribution(name)
    return tuple(
        Path(str(installed.locate_file(file)))
        for file in installed.files or []
        if file.suffix == ".py" and not {"tests", "test"} & set(file.parts)
    )
