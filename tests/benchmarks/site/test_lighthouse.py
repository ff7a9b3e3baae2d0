"""Lighthouse's four scores of the largest page of each kind.

It needs Node and the npm registry, so it is no part of `make test`.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.site.chromium import DEBIAN
from tests.site.kinds import KINDS, largest
from tests.site.serving import serving

LIGHTHOUSE = "lighthouse@13.5.0"
LEAST = 99
ROUNDS = 3
"""The best counts: whatever else runs on the machine can only slow a page down."""


def scores(address: str, folder: Path) -> dict[str, int]:
    """Lighthouse's score of a page in each category, 0 to 100, on its own slow phone."""
    report = folder / "report.json"
    subprocess.run(
        [
            *("npx", "--yes", LIGHTHOUSE, address, "--quiet", "--output=json"),
            f"--output-path={report}",
            "--only-categories=performance,accessibility,best-practices,seo",
            "--chrome-flags=--headless=new --no-sandbox --disable-gpu",
        ],
        check=True,
        timeout=120,
        capture_output=True,
        env=os.environ | {"CHROME_PATH": os.environ.get("CHROMIUM", str(DEBIAN))},
    )
    categories: dict[str, Any] = json.loads(report.read_text("utf-8"))["categories"]
    return {name: round(found["score"] * 100) for name, found in categories.items()}


@pytest.mark.skipif(shutil.which("npx") is None, reason="needs Node")
@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", KINDS)
def test_lighthouse_gives_every_kind_of_page_99(kind: str, site: Path, tmp_path: Path) -> None:
    best: dict[str, int] = {}
    with serving(site, compressed=True) as (address, _):
        for _ in range(ROUNDS):
            found = scores(address + largest(kind, site), tmp_path)
            best = {name: max(score, best.get(name, 0)) for name, score in found.items()}
            if min(best.values()) >= LEAST:
                break
    print(f"\n{kind:20}", "  ".join(f"{name} {score}" for name, score in best.items()))
    assert {name: score for name, score in best.items() if score < LEAST} == {}
