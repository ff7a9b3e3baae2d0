import datetime as dt
import email.message
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import Any

import pytest

from tools.packages import (
    entries_beyond,
    is_content,
    licence,
    lock_entries,
    package_of,
    released,
    requires,
    wheels,
)

REQUIREMENTS = """\
quart==0.22.0 ; python_full_version < '3.12' \\
    --hash=sha256:aa
quart==0.23.1 ; python_full_version >= '3.12' \\
    --hash=sha256:bb \\
    --hash=sha256:cc
colorama==0.4.6 ; sys_platform == 'no-such' \\
    --hash=sha256:dd
"""


class Stub(Distribution):
    """A distribution with nothing but metadata."""

    def __init__(self, **fields: str | list[str]) -> None:
        self._message = email.message.Message()
        for name, value in fields.items():
            for each in [value] if isinstance(value, str) else value:
                self._message[name.replace("_", "-")] = each

    @property
    def metadata(self) -> Any:
        return self._message

    def read_text(self, filename: str) -> str | None:
        return None if filename else ""

    def locate_file(self, path: Any) -> Any:
        return Path(path)


def test_entry_is_the_one_for_this_python_and_platform() -> None:
    assert lock_entries(REQUIREMENTS) == {"quart": ("0.23.1", ["sha256:bb", "sha256:cc"])}


def test_release_is_the_day_of_the_first_upload() -> None:
    locked = {
        "sdist": {"url": "x.tar.gz", "upload-time": "2026-09-03T00:00:01Z"},
        "wheels": [{"url": "x.whl", "upload-time": "2026-09-02T23:59:59.123Z"}],
    }
    assert released(locked) == dt.date(2026, 9, 2)


def test_release_is_unknown_where_the_index_tells_no_times() -> None:
    assert released({"wheels": [{"url": "x.whl"}]}) is None


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        pytest.param(["a-1-py3-none-any.whl"], "pure", id="pure"),
        pytest.param(["a-1-py3-none-any.whl", "a-1-cp313-cp313-macosx.whl"], "platform", id="both"),
        pytest.param([], "none", id="source-only"),
    ],
)
def test_wheels(names: list[str], kind: str) -> None:
    assert wheels({"wheels": [{"url": f"folder/{name}"} for name in names]}) == kind


@pytest.mark.parametrize(
    ("stub", "expected"),
    [
        pytest.param(
            Stub(License_Expression="MIT", License="BSD"), "MIT", id="expression-comes-first"
        ),
        pytest.param(Stub(License="BSD-3-Clause"), "BSD-3-Clause", id="short-text"),
        pytest.param(
            Stub(
                License="Permission is hereby granted\nand so on",
                Classifier=["License :: OSI Approved :: MIT License", "Typing :: Typed"],
            ),
            "MIT License",
            id="classifier-where-the-text-is-the-licence",
        ),
        pytest.param(Stub(License="UNKNOWN"), None, id="none"),
    ],
)
def test_licence(stub: Stub, expected: str | None) -> None:
    assert licence(stub) == expected


def test_requirements_of_extras_and_other_platforms_are_left_out() -> None:
    lines = ["B_b>=1", "a[x]", "c; extra == 'fast'", "d; sys_platform == 'no-such'"]
    assert requires(lines) == ("a", "b-b")


def test_scripts_and_notes_of_the_installer_do_not_count_as_content() -> None:
    found = distribution("pytest")
    counted = {str(file) for file in found.files or [] if is_content(file, found)}

    assert "pytest/__init__.py" in counted
    assert not [name for name in counted if name.endswith(("bin/pytest", "RECORD", ".pyc"))]


def test_package_of_an_installed_distribution() -> None:
    package = package_of(distribution("flask"), {"wheels": []}, ["b", "a"], "99")

    assert package.typed
    assert {"werkzeug", "jinja2"} <= set(package.requires)
    assert package.size > 100_000
    assert package.newest == "99"
    assert package.lock == package_of(distribution("flask"), {}, ["a", "b"], None).lock


def test_technology_beyond_the_tests_is_taken_from_the_first_group_that_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a group only needs is no technology."""
    (tmp_path / "requirements").mkdir()
    (tmp_path / "pyproject.toml").write_text(
        '[dependency-groups]\ncatalogue = ["Redis", "tested"]\narq = ["arq[watch]", "redis"]\n'
    )
    pins = {
        "catalogue": ["redis==8.1.0", "tested==2", "needed==1"],
        "arq": ["arq==0.28.0", "redis==5.3.1"],
    }
    for group, lines in pins.items():
        text = "".join(f"{line} \\\n    --hash=sha256:aa\n" for line in lines)
        (tmp_path / f"requirements/{group}.txt").write_text(text)
    monkeypatch.setattr("tools.packages.GROUPS", ("catalogue", "arq"))
    assert entries_beyond(tmp_path, {"tested"}) == {
        "redis": ("8.1.0", ["sha256:aa"]),
        "arq": ("0.28.0", ["sha256:aa"]),
    }
