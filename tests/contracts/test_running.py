"""The harness: what it does with declarations and servers that are wrong."""

from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from tests.contracts.implementation import FOLDERS, Implementation, declared, implementations
from tests.contracts.running import ServerFailedError, prepared, running

NO_DATABASE = "postgresql://nobody@127.0.0.1:1/none"
SERVER_WITH_STUBBORN_CHILD = """
import http.server, subprocess, sys
ignore = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
subprocess.Popen([sys.executable, "-c", ignore])
handler = http.server.BaseHTTPRequestHandler
http.server.HTTPServer(("127.0.0.1", {port}), handler).serve_forever()
"""


@pytest.fixture
def implementation() -> Implementation:
    """Give a declaration whose commands a test replaces."""
    return next(iter(implementations().values()))


def test_every_folder_is_declared() -> None:
    folders = {path.name for path in FOLDERS.iterdir() if path.is_dir()}
    assert folders == set(implementations())


def test_wrong_declaration_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.contracts.implementation.ROOT", tmp_path)
    path = tmp_path / "bottle.yml"
    path.write_text("install: [bottle]\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"bottle\.yml: 'prepare'; compare it"):
        declared(path)


def test_failed_preparation_shows_its_output(implementation: Implementation) -> None:
    broken = replace(implementation, prepare=("python", "-c", "raise SystemExit('no tables')"))
    with pytest.raises(ServerFailedError, match="prepare failed: no tables"):
        prepared(broken, NO_DATABASE)


def test_server_that_ends_at_once_shows_its_output(implementation: Implementation) -> None:
    broken = replace(implementation, serve=("python", "-c", "raise SystemExit('no port')"))
    with (
        pytest.raises(ServerFailedError, match="exited with 1: no port"),
        running(broken, NO_DATABASE),
    ):
        pytest.fail("a server that ended was said to run")


def test_server_that_ends_early_is_noticed(implementation: Implementation) -> None:
    served = replace(implementation, serve=("python", "-m", "http.server", "{port}"))
    with (
        pytest.raises(ServerFailedError, match="exited with -9"),
        running(served, NO_DATABASE) as server,
    ):
        end(server.process)


def end(process: psutil.Process) -> None:
    """End a process as the system does when memory runs out."""
    process.kill()
    process.wait()


def test_no_process_of_a_server_survives_it(implementation: Implementation) -> None:
    served = replace(implementation, serve=("python", "-c", SERVER_WITH_STUBBORN_CHILD))
    with running(served, NO_DATABASE) as server:
        processes = server.processes()
    assert len(processes) == 2
    assert psutil.wait_procs(processes, timeout=5)[1] == []
