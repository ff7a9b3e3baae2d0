"""What `make lock` writes beside the lock of each group."""

from pathlib import Path

import pytest

from tools.lock import entries, normalized, quoted, texts

TEST = """\
click==8.3.1 \\
    --hash=sha256:aa
"""
CATALOGUE = """\
celery==5.7.0 ; python_full_version < '3.12' \\
    --hash=sha256:bb
celery==5.7.1 ; python_full_version >= '3.12' \\
    --hash=sha256:cc \\
    --hash=sha256:dd
click==8.0.0 \\
    --hash=sha256:ee
vine==5.1.0 \\
    --hash=sha256:ff
"""
ARQ = """\
arq==0.28.0 \\
    --hash=sha256:11
celery==5.0.0 \\
    --hash=sha256:22
"""


def test_entry_is_a_pin_with_its_hashes() -> None:
    assert [entry.split(" ")[0] for entry in entries(CATALOGUE)] == [
        "celery==5.7.0",
        "celery==5.7.1",
        "click==8.0.0",
        "vine==5.1.0",
    ]
    assert "".join(entries(CATALOGUE)) == CATALOGUE


def test_quoted_distributions_are_installed_without_what_they_need() -> None:
    """All pins of the first group that has the name; none that the tests have anyway."""
    exports = {"test": TEST, "catalogue": CATALOGUE, "arq": ARQ}
    assert texts({"Celery", "click", "arq"}, exports) == (
        "".join(entries(ARQ)[:1]) + "".join(entries(CATALOGUE)[:2])
    )


@pytest.mark.parametrize(
    "line",
    [
        "          distribution: Some.Thing",
        "  package: {distribution: Some.Thing, file: a.py}",
        'package: {distribution: "Some.Thing", file: a.py}',
    ],
)
def test_name_of_a_quoted_distribution_is_found_however_it_is_written(
    line: str, tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/one.yml").write_text(f"{line}\n", "utf-8")
    assert {normalized(name) for name in quoted(tmp_path)} == {"some-thing"}
