"""Build the site in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# A project's pages on GitHub lie below a path; a link from the root would miss it.
PREFIX = "/guide/"
SITE_URL = f"https://stackproof.example{PREFIX}"


def build(out: Path, *, root: Path = ROOT, working: Path | None = None, **environ: str) -> str:
    """Build the tree at `root` into `out`, as published, and give what MkDocs said.

    The process starts in `working`, by default `root`, with `environ` added to the environment.

    Raises:
        RuntimeError: The build failed or warned.
    """
    # Not with `-q`: it would switch off the count of warnings that `--strict` fails on.
    command = [sys.executable, "-m", "mkdocs", "build", "--strict"]
    done = subprocess.run(
        [*command, "--config-file", str(root / "mkdocs.yml"), "--site-dir", str(out)],
        cwd=working or root,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1", "SITE_URL": SITE_URL} | environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )
    if done.returncode:
        message = f"`make build` fails:\n{done.stdout}{done.stderr}"
        raise RuntimeError(message)
    return done.stderr
