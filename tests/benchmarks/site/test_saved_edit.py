"""How long after a file was saved `make serve` shows it, by what was edited."""

from pathlib import Path
from statistics import median

import pytest

from tests.site.writing import Served, served_copy

ROUNDS = 5
MOST = 3.0
STARLETTE = "data/technologies/web-frameworks/starlette.yml"
SNIPPET = "snippets/web-frameworks/aiohttp_server_app"
EDITS = {
    "a technology": (STARLETTE, "name: Starlette", " {}", "technologies/starlette/"),
    "the same, in a list": (STARLETTE, "name: Starlette", " {}", "technologies/"),
    "a page": ("docs/contributing.md", "# Contribute\n", "\n{}\n", "contributing/"),
    "a snippet": (f"{SNIPPET}.py", "", "# {}\n", f"{SNIPPET.replace('_', '-')}/"),
    "a stylesheet": ("overrides/.css/base.css", "", ".{} {{top: 0}}\n", "assets/stackproof.css"),
    "a page's frame": ("overrides/partials/footer.html", "", "<p>{}</p>\n", "technologies/redis/"),
    "a template": ("hooks/guide/templates/proof.md.j2", "", "{}\n\n", "proof/"),
}
"""What is edited → its file, a text in it, what is put behind that, and a page that shows it."""


def seconds(served: Served, edit: tuple[str, str, str, str], sign: str) -> float:
    """The seconds from saving an edit until the page shows its sign."""
    file, place, added, page = edit
    served.page(page)
    served.replace(file, place, place + added.format(sign))
    return served.until(page, sign)


@pytest.mark.timeout(600)
def test_saved_edit_is_shown_within_three_seconds(tmp_path: Path) -> None:
    took: dict[str, list[float]] = {name: [] for name in EDITS}
    with served_copy(tmp_path) as served:
        for number in range(ROUNDS):
            for place, (name, edit) in enumerate(EDITS.items()):
                took[name].append(seconds(served, edit, f"sign-{number}-{place}"))
    print(f"\n\nseconds from saving to the page that shows it, {ROUNDS} rounds")
    print(f"{'':24}{'median':>8}{'lowest':>8}{'highest':>9}   limit {MOST}")
    for name, figures in took.items():
        print(f"{name:24}{median(figures):8.2f}{min(figures):8.2f}{max(figures):9.2f}")
    assert max(median(figures) for figures in took.values()) <= MOST
