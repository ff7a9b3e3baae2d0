"""Run every check of `make check` and say which command mends what failed.

.venv/test/bin/python -m tools.check [name …]
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SNIPPET_TYPES = (
    "--config-file",
    os.devnull,
    "--cache-dir",
    ".cache/mypy-snippets",
    "--python-version",
    "3.13",
    "--strict",
    # What a library without types gives is taken as it is.
    "--ignore-missing-imports",
    "--allow-subclassing-any",
    "--allow-untyped-calls",
    "--allow-untyped-decorators",
    "--no-warn-return-any",
    "--no-warn-unused-ignores",
)
"""How snippets are held to their types: readers run them on the newest Python."""


@dataclass(frozen=True)
class Step:
    """One check: the command that makes it and what mends a failure."""

    name: str
    command: tuple[str, ...]
    mend: str


def steps(root: Path, site: str) -> list[Step]:
    """Give the checks in the order they run, the quickest first; the site is built into `site`."""
    workflows = [str(path) for path in sorted((root / ".github" / "workflows").glob("*.yml"))]
    schema = ("--builtin-schema", "vendor.github-workflows")
    build = ("mkdocs", "build", "--strict", "--site-dir", site)
    snippets = [str(path) for path in sorted((root / "snippets").glob("*/*.py"))]
    return [
        Step(
            "format",
            ("ruff", "format", "--check", "--output-format", "concise", "."),
            "run `make fix`",
        ),
        Step("lint", ("ruff", "check", "."), "run `make fix`, then mend by hand what is left"),
        Step("leaks", ("python", "-m", "tools.leaks"), "each line says how"),
        Step("yaml", ("yamllint", "--strict", "."), "mend the lines by hand"),
        Step("schema", ("check-jsonschema", *schema, *workflows), "mend the keys by hand"),
        Step("workflows", ("zizmor", "--offline", "--quiet", ".github"), "mend by hand"),
        Step("types", ("mypy",), "mend the lines by hand; `make check only=types` runs it alone"),
        Step("snippets", ("mypy", *SNIPPET_TYPES, *snippets), "mend the lines by hand"),
        Step("site", build, "mend the pages named; `make serve` shows them"),
    ]


def main(only: Sequence[str]) -> int:
    """Run the checks, or those called `only`; give the exit code."""
    root = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        every = steps(root, folder)
        if unknown := set(only) - {step.name for step in every}:
            names = ", ".join(step.name for step in every)
            print(f"make: no check is called {', '.join(sorted(unknown))}; there are {names}")
            return 2
        chosen = [step for step in every if not only or step.name in only]
        failed = [step for step in chosen if not passes(step)]
    for step in failed:
        print(f"make check: {step.name} failed; {step.mend}")
    return 1 if failed else 0


def passes(step: Step) -> bool:
    """Run one check, print its outcome, and what it said if it failed."""
    started = time.monotonic()
    done = subprocess.run(
        program(step.command),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    ok = done.returncode == 0
    print(f"{step.name:16} {'ok' if ok else 'FAILED':6} {time.monotonic() - started:6.1f} s")
    if not ok:
        print(done.stdout.decode(errors="replace"))
    sys.stdout.flush()
    return ok


def program(command: Sequence[str]) -> list[str]:
    """Give the command with the program of this environment, not of the PATH."""
    return [str(Path(sys.executable).parent / command[0]), *command[1:]]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
