"""Find what must not leave the machine it was written on: its paths, and registries' addresses.

python -m tools.leaks
"""

import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

REGISTRY = re.compile(r"\b(?:pypi|pythonhosted|npmjs)\.(?:org|com|io|python\.org)\b")
HOME = re.compile(r"(?<![\w.])/(?:home|Users)/[\w.-]+/")


def main() -> int:
    """Print every leak in the files that git holds or would take; give the exit code."""
    root = Path.cwd()
    places = machine_paths(root, Path.home())
    leaks = [leak for path in tracked(root) for leak in leaks_in(root, path, places)]
    print("\n".join(leaks), end="\n" if leaks else "")
    return 1 if leaks else 0


def tracked(root: Path) -> list[str]:
    """Give the files that git holds or would take and that are there; none outside of git."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=root, capture_output=True, check=False)
    names = sorted(set(done.stdout.decode().split("\0")) - {""})
    return [name for name in names if (root / name).is_file()]


def machine_paths(root: Path, home: Path) -> tuple[str, ...]:
    """Give the folders that exist only here: the home, this checkout and what stands beside it."""
    beside = [path for path in root.parent.iterdir() if path.is_dir()]
    own = [] if root.parent == Path(root.anchor) else [root, *beside]
    return tuple(sorted({f"{path}/" for path in own} | ({f"{home}/"} - {"//", "/"})))


def leaks_in(root: Path, name: str, places: Sequence[str]) -> Iterator[str]:
    """Yield `path:line: what; cure` for one file; nothing for a binary one."""
    data = (root / name).read_bytes()
    if b"\0" in data:
        return
    for number, line in enumerate(data.decode(errors="replace").splitlines(), start=1):
        for what in leaks_of_line(line, places):
            yield f"{name}:{number}: {what}"


def leaks_of_line(line: str, places: Sequence[str]) -> Iterator[str]:
    """Yield what is wrong with a line, and how to mend it."""
    if found := REGISTRY.search(line):
        yield f"address of a package registry, {found[0]}; link to the project's own page"
    for place in places:
        if re.search(rf"(?<![\w.-]){re.escape(place.rstrip('/'))}(?![\w-]|\.\w)", line):
            yield f"path of this machine, {place}; write it relative to the repository"
            return
    if found := HOME.search(line):
        yield f"path of somebody's machine, {found[0]}; write it relative to the repository"


if __name__ == "__main__":
    sys.exit(main())
