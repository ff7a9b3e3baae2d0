"""systemd finds no fault in the unit, rates it below 2 of 10, and its commands start and stop.

systemd itself does not run here: the sandbox, the limits and the restarts are not executed.
"""

import configparser
import re
import shlex
import shutil
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from tests.services.running import free_port
from tests.snippets.processes import BIN, Process, ran, started, until

if shutil.which("systemd-analyze") is None:
    pytest.skip("no systemd-analyze on this machine: apt install systemd", allow_module_level=True)

APP = """
import asyncio, pathlib

async def app(scope, receive, send):
    assert scope["type"] == "http"
    if scope["path"] == "/slow":
        print("slow has begun", flush=True)
        while not pathlib.Path("go-on").exists():
            await asyncio.sleep(0.05)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"one"})
"""


@pytest.fixture
def unit(snippet_file: Path) -> configparser.SectionProxy:
    """Give the section `[Service]`."""
    text = re.sub(r"\\\n\s*", "", snippet_file.read_text("utf-8"))
    parser = configparser.RawConfigParser(strict=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # as the manual has it
    parser.read_string(text)
    return parser["Service"]


def analysed(text: str, folder: Path, *command: str) -> tuple[int, str]:
    """Have systemd-analyze read the unit as it would stand on a machine with the service."""
    local = text.replace("/srv/orders/.venv/bin/gunicorn", str(BIN / "gunicorn"))
    file = folder / "orders.service"
    file.write_text(local, encoding="utf-8")
    done = ran(["systemd-analyze", *command, file], folder)
    return done.returncode, done.stdout + done.stderr


def test_no_fault_is_found(snippet_file: Path, tmp_path: Path) -> None:
    text = snippet_file.read_text("utf-8")
    assert analysed(text, tmp_path, "verify", "--man=no") == (0, "")


@pytest.mark.parametrize(
    ("good", "bad", "says"),
    [
        ("Restart=always", "Restarts=always", "Restarts"),
        ("TimeoutStopSec=40", "TimeoutStopSec=forty", "forty"),
        ("/srv/orders/.venv/bin/gunicorn", ".venv/bin/gunicorn", "bad unit file setting"),
        ("Type=notify", "Type=notified", "notified"),
        ("[Service]", "[Services]", "Services"),
    ],
)
def test_fault_is_named(snippet_file: Path, tmp_path: Path, good: str, bad: str, says: str) -> None:
    text = snippet_file.read_text("utf-8")
    assert good in text
    _, output = analysed(text.replace(good, bad), tmp_path, "verify", "--man=no")
    assert says in output


def exposure(text: str, folder: Path) -> float:
    """Give what `systemd-analyze security` says, from 0 (closed) to 10."""
    _, output = analysed(text, folder, "security", "--offline=yes", "--no-pager")
    found = re.search(r"Overall exposure level for orders\.service: ([\d.]+)", output)
    assert found is not None, output
    return float(found[1])


def test_sandbox_closes_most_and_without_it_all_is_open(snippet_file: Path, tmp_path: Path) -> None:
    text = snippet_file.read_text("utf-8")
    assert exposure(text, tmp_path) < 2
    head, rest = text.split("# A user that exists", 1)
    assert exposure(head + "\n[Install]" + rest.split("[Install]")[1], tmp_path) > 9


def test_stop_waits_longer_than_the_server(unit: configparser.SectionProxy) -> None:
    command = shlex.split(unit["ExecStart"])
    assert int(unit["TimeoutStopSec"]) > int(command[command.index("--graceful-timeout") + 1])
    assert (unit["KillMode"], unit["Restart"]) == ("mixed", "always")


def answer(address: str) -> str:
    """Give what is served, nothing while a worker is leaving."""
    try:
        return httpx2.get(address).text
    except httpx2.TransportError:
        return ""


@contextmanager
def serving(command: list[str], folder: Path) -> Iterator[tuple[Process, socket.socket, int]]:
    """Run the command with a socket to report to, as systemd gives it one."""
    (folder / "orders").mkdir()
    (folder / "orders" / "main.py").write_text(APP, encoding="utf-8")
    port = free_port()
    local = [word.replace(":8000", f":{port}").replace("8000", str(port)) for word in command]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as reports:
        reports.bind(str(folder / "notify"))
        reports.settimeout(20)
        env = {"NOTIFY_SOCKET": str(folder / "notify"), "PYTHONDONTWRITEBYTECODE": "1"}
        with started(local, folder, env) as process:
            yield process, reports, port


def test_gunicorn_reports_that_it_is_ready_reloads_and_stops(
    unit: configparser.SectionProxy, tmp_path: Path
) -> None:
    path, *rest = shlex.split(unit["ExecStart"])
    assert path == "/srv/orders/.venv/bin/gunicorn"
    command = [str(BIN / "gunicorn"), *rest, "--workers", "1"]
    with serving(command, tmp_path) as (process, reports, port), ThreadPoolExecutor() as threads:
        assert b"READY=1" in reports.recv(1000)
        address = f"http://127.0.0.1:{port}"
        process.says("ASGI server listening")
        assert httpx2.get(address).text == "one"

        main = tmp_path / "orders" / "main.py"
        main.write_text(APP.replace("one", "two"), encoding="utf-8")
        reload = unit["ExecReload"].replace("$MAINPID", str(process.process.pid))
        assert ran(shlex.split(reload), tmp_path).returncode == 0
        until(lambda: answer(address) == "two", 30)

        slow = threads.submit(httpx2.get, f"{address}/slow", timeout=60)
        process.says("slow has begun")
        process.process.send_signal(signal.SIGTERM)
        process.says("Waiting for")
        (tmp_path / "go-on").touch()
        assert slow.result().status_code == 200
        until(lambda: process.process.poll() == 0, 30)


def test_uvicorn_reports_nothing(tmp_path: Path) -> None:
    command = ["uvicorn", "orders.main:app", "--port", "8000"]
    with serving(command, tmp_path) as (process, reports, _):
        process.says("Uvicorn running on")
        reports.settimeout(0)
        with pytest.raises(BlockingIOError):
            reports.recv(1000)
