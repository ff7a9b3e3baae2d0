"""How much the hooks add to what `mkdocs build` takes on the same pages without them."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import pytest

from tests.benchmarks.site.expanded import OURS
from tests.site.building import ROOT, SITE_URL

ROUNDS = 7
MOST = 1.25


@dataclass(frozen=True)
class Cost:
    """What one build took, in seconds."""

    wall: float
    processor: float


def cost(config: Path, out: Path) -> Cost:
    """Build the site of a configuration into a folder, in a process of its own."""
    command = [sys.executable, "-m", "mkdocs", "build", "--strict"]
    before = time.perf_counter()
    process = subprocess.Popen(
        [*command, "--config-file", str(config), "--site-dir", str(out)],
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1", "SITE_URL": SITE_URL},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    said = process.stderr.read()
    process.stderr.close()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, said
    return Cost(time.perf_counter() - before, usage.ru_utime + usage.ru_stime)


@pytest.mark.timeout(600)
def test_hooks_add_at_most_a_quarter(expanded: Path, tmp_path: Path) -> None:
    with_hooks: list[Cost] = []
    without: list[Cost] = []
    for number in range(ROUNDS + 1):
        pair = (
            cost(ROOT / "mkdocs.yml", tmp_path / "with"),
            cost(expanded / OURS, tmp_path / "without"),
        )
        if number:  # the first round fills the caches: of the disk, the interpreter, the cards
            with_hooks.append(pair[0])
            without.append(pair[1])
    processor = [a.processor / b.processor for a, b in zip(with_hooks, without, strict=True)]
    wall = [a.wall / b.wall for a, b in zip(with_hooks, without, strict=True)]
    print(f"\n\nmkdocs build, {ROUNDS} interleaved rounds, medians in seconds")
    print(f"{'':24}{'processor':>12}{'wall':>12}")
    for name, costs in (("expanded, no hooks", without), ("with the hooks", with_hooks)):
        print(
            f"{name:24}{median(one.processor for one in costs):12.2f}"
            f"{median(one.wall for one in costs):12.2f}"
        )
    print(f"{'ratio':24}{median(processor):12.3f}{median(wall):12.3f}")
    print(f"{'lowest and highest':24}{span(processor):>12}{span(wall):>12}   limit {MOST}")
    assert same_pages(tmp_path / "with", tmp_path / "without")
    # Processor time: other work on the machine stretches the wall clock, not this.
    assert median(processor) <= MOST


def span(ratios: list[float]) -> str:
    """The lowest and the highest ratio."""
    return f"{min(ratios):.2f}-{max(ratios):.2f}"


def same_pages(one: Path, other: Path) -> bool:
    """Both builds made the same pages, so that their times can be compared."""
    pages = [
        {path.relative_to(site).as_posix() for path in site.rglob("*.html")}
        for site in (one, other)
    ]
    return pages[0] == pages[1]
