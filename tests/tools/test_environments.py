"""The set-up against a uv that only notes what it was asked for."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tools.environments import is_current, locked, main, set_up
from tools.uv import CannotGoOnError

UV = """#!/bin/sh
echo "$*" >> calls
case "$1" in
    --version) echo "uv 1.0" ;;
    venv) [ -e refuse-python ] && { echo "error: No interpreter found" >&2; exit 2; }
        for folder; do :; done; mkdir -p "$folder/bin"; ln -sf "$PYTHON" "$folder/bin/python" ;;
    pip) [ -e refuse-install ] && { echo "error: Hash mismatch" >&2; exit 2; } ;;
esac
exit 0
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a project with one environment, `site`, as the current folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "site.txt").write_text("a==1\n", encoding="utf-8")
    (tmp_path / ".python-version").write_text("3.13\n", encoding="utf-8")
    uv = tmp_path / "bin" / "uv"
    uv.parent.mkdir()
    uv.write_text(UV, encoding="utf-8")
    uv.chmod(0o755)
    return tmp_path


@pytest.fixture
def environ(project: Path) -> dict[str, str]:
    return {
        "PATH": f"{project}/bin:/usr/bin:/bin",
        "HOME": str(project),
        "PYTHON": sys.executable,
    }


def calls(project: Path) -> list[str]:
    """Give the first words of what uv was asked for since the last time."""
    log = project / "calls"
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    log.unlink(missing_ok=True)
    return [line.split()[0] for line in lines if line != "--version"]


def test_environment_is_made_once(project: Path, environ: dict[str, str]) -> None:
    set_up(project, "site", environ)
    assert calls(project) == ["venv", "pip"]

    set_up(project, "site", environ)
    assert calls(project) == []


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        pytest.param("requirements/site.txt", "a==2\n", ["pip"], id="lock-changed"),
        pytest.param(".python-version", "3.14\n", ["venv", "pip"], id="python-changed"),
        pytest.param(".venv/site/made", "/elsewhere\n3.13\n", ["venv", "pip"], id="folder-moved"),
        pytest.param(".venv/site/bin/python", None, ["venv", "pip"], id="python-gone"),
        pytest.param(".venv/site/installed", None, ["pip"], id="install-interrupted"),
    ],
)
def test_only_what_changed_is_done_again(
    project: Path, environ: dict[str, str], file: str, text: str | None, expected: list[str]
) -> None:
    set_up(project, "site", environ)
    calls(project)
    if text is None:
        (project / file).unlink()
    else:
        (project / file).write_text(text, encoding="utf-8")

    set_up(project, "site", environ)

    assert calls(project) == expected


def test_failed_install_is_tried_again(project: Path, environ: dict[str, str]) -> None:
    (project / "refuse-install").touch()
    with pytest.raises(CannotGoOnError, match=r"requirements/site.txt[\s\S]*Hash mismatch"):
        set_up(project, "site", environ)
    assert not is_current(project, "site", environ)

    (project / "refuse-install").unlink()
    set_up(project, "site", environ)
    assert is_current(project, "site", environ)


def test_one_line_says_which_python_to_install(
    project: Path,
    environ: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (project / "refuse-python").touch()
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("UV_PYTHON", raising=False)

    assert main(["site"]) == 1
    assert capsys.readouterr().err == (
        "make: Python 3.13 is not here and uv could not fetch it (No interpreter found); "
        "install Python 3.13 and run make again\n"
    )


def test_second_set_up_waits_for_the_first(project: Path) -> None:
    done = threading.Event()

    def second() -> None:
        with locked(project):
            done.set()

    with locked(project):
        thread = threading.Thread(target=second)
        thread.start()
        assert not done.wait(0.2)
    thread.join(timeout=10)
    assert done.is_set()


def test_broken_first_python_is_passed_over(project: Path) -> None:
    script = Path(__file__).parents[2] / "tools" / "python"
    shim = project / "shims" / "python3"
    shim.parent.mkdir()
    shim.write_text("#!/bin/sh\necho not installed >&2\nexit 127\n", encoding="utf-8")
    shim.chmod(0o755)
    (project / "bin" / "python3").symlink_to(sys.executable)

    done = subprocess.run(
        ["/bin/sh", script, "-c", "print('works')"],
        cwd=project,
        env={"PATH": f"{project}/shims:{project}/bin"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "works\n", "")
