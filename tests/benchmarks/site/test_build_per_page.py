"""What a page costs to build now, beside what it cost with the first category alone."""

import subprocess
from pathlib import Path
from statistics import median

import pytest

from tests.benchmarks.site.test_build import cost, span
from tests.site.building import ROOT

FIRST = "113f092f2a7555e584cd7e47f0114c03677ae96a"
"""The last commit that held web frameworks alone."""
ROUNDS = 5
MOST = 1.0


@pytest.fixture(scope="module")
def first_category(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree of that commit."""
    folder = tmp_path_factory.mktemp("first")
    archive = subprocess.run(["git", "archive", FIRST], cwd=ROOT, capture_output=True, check=False)
    if archive.returncode:
        pytest.skip("this clone has no history to compare with")
    subprocess.run(["tar", "-x"], cwd=folder, input=archive.stdout, check=True)
    return folder


@pytest.mark.timeout(900)
def test_page_takes_no_longer_than_with_the_first_category_alone(
    first_category: Path, tmp_path: Path
) -> None:
    """Processor time per page, in interleaved rounds of the same run."""
    trees = {"first": first_category, "now": ROOT}
    per_page: dict[str, list[float]] = {name: [] for name in trees}
    for number in range(ROUNDS + 1):
        for name, tree in trees.items():
            out = tmp_path / name
            took = cost(tree / "mkdocs.yml", out)
            if number:
                pages = sum(1 for _ in out.rglob("index.html"))
                per_page[name].append(took.processor / pages)
    ratios = [now / first for now, first in zip(per_page["now"], per_page["first"], strict=True)]
    print(f"\n\nmkdocs build, {ROUNDS} interleaved rounds, milliseconds of processor per page")
    for name, figures in per_page.items():
        pages = sum(1 for _ in (tmp_path / name).rglob("index.html"))
        print(f"{name:8}{1000 * median(figures):8.1f} ({pages} pages)")
    print(f"ratio   {median(ratios):8.3f} {span(ratios)}   limit {MOST}")
    assert median(ratios) <= MOST
