from pathlib import Path

import pytest

from tools.uv import CannotGoOnError, complaints, find_uv, reason

WARNING = "warning: Failed to inspect Python interpreter from search path\n  Caused by: a shim\n"
FAILED = (
    "error: Request failed after 3 retries in 5.9s\n"
    "  cause: Failed to download `cpython`\n"
    "  cause: Name or service not known\n"
)


def program(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def test_warnings_are_no_complaints() -> None:
    assert complaints(WARNING + FAILED) == FAILED.rstrip()


@pytest.mark.parametrize(
    ("stderr", "line"),
    [
        pytest.param(
            WARNING + FAILED,
            "Request failed after 3 retries in 5.9s: Name or service not known",
            id="causes",
        ),
        pytest.param("error: No such Python\n", "No such Python", id="one-line"),
        pytest.param("Cannot write: disk full\n", "Cannot write: disk full", id="unlabelled"),
        pytest.param("", "it did not say why", id="silent"),
    ],
)
def test_reason_is_the_error_and_its_last_cause(stderr: str, line: str) -> None:
    assert reason(stderr) == line


def test_uv_that_does_not_run_is_passed_over(tmp_path: Path) -> None:
    program(tmp_path / "shims" / "uv", "exit 1")
    working = program(tmp_path / "bin" / "uv", "echo uv 1.0")
    environ = {"PATH": f"{tmp_path}/shims:{tmp_path}/bin"}

    assert find_uv(tmp_path, environ) == str(working)


def test_private_uv_is_used_where_the_path_has_none(tmp_path: Path) -> None:
    private = program(tmp_path / ".cache" / "uv" / "bin" / "uv", "echo uv 1.0")

    assert find_uv(tmp_path, {"PATH": ""}) == str(private)


def test_one_line_says_what_to_install_when_pip_cannot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing = program(
        tmp_path / "python",
        'case "$*" in *--version*) exit 0 ;; *install*) echo "ERROR: no index" >&2 ;; esac; exit 1',
    )
    monkeypatch.setattr("tools.uv.pythons", lambda _: [str(refusing)])

    with pytest.raises(CannotGoOnError, match=r"^pip could not.*no index.*install uv.*$"):
        find_uv(tmp_path, {"PATH": ""})


def test_one_line_says_what_to_install_when_no_python_has_pip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = program(tmp_path / "python", "exit 1")
    monkeypatch.setattr("tools.uv.pythons", lambda _: [str(bare)])

    with pytest.raises(CannotGoOnError, match=r"^no Python on the PATH.*python3-venv.*$"):
        find_uv(tmp_path, {"PATH": ""})
