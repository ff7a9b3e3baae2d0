"""Gunicorn reads the file by itself, and SIGTERM lets a request in flight finish."""

import re
import signal
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx2
import psutil
import pytest

from tests.services.running import free_port
from tests.snippets.loading import snippet_path
from tests.snippets.processes import Process, ran, started, until

APP = """
import asyncio, os, pathlib

print(f"imported by {os.getpid()}", flush=True)

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    if scope["path"] == "/slow":
        print("slow has begun", flush=True)
        while not pathlib.Path("go-on").exists():
            await asyncio.sleep(0.05)
    body = f"one {scope['scheme']} {os.getpid()}".encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})
"""


SERVERS: dict[str, tuple[str, ...]] = {
    "patient": (),
    "hasty": ("--graceful-timeout", "1"),
    "reloaded": (),
    "few": ("--max-requests", "3", "--max-requests-jitter", "0", "--workers", "2"),
}
"""The further options of each server."""


def project(folder: Path) -> Path:
    """Put the file into the folder under the name that Gunicorn looks for, and an application."""
    (folder / "gunicorn.conf.py").symlink_to(snippet_path(Path(__file__)))
    (folder / "orders").mkdir()
    (folder / "orders" / "main.py").write_text(APP, encoding="utf-8")
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return project(tmp_path)


@dataclass(frozen=True)
class Server:
    """Gunicorn in a folder, and a client of its application."""

    process: Process
    client: httpx2.Client
    folder: Path

    def listens(self, times: int = 2) -> None:
        """Wait until a worker began to listen so many times."""
        until(lambda: self.process.said.count("ASGI server listening") == times, 30)

    def workers(self) -> set[int]:
        return {worker.pid for worker in self.process.process.children()}

    def refuses(self) -> bool:
        """Ask for a connection and tell whether nobody listens."""
        try:
            self.client.get("/")
        except httpx2.TransportError as error:
            return isinstance(error, httpx2.ConnectError)
        return False


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[Server]:
    """Run `gunicorn` in the folder until the block ends."""
    port = free_port()
    command = ["gunicorn", "--bind", f"127.0.0.1:{port}", *options]
    environment = {"HOME": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    with (
        started(command, folder, environment) as process,
        httpx2.Client(
            base_url=f"http://127.0.0.1:{port}", headers={"Connection": "close"}, timeout=60
        ) as client,
    ):
        yield Server(process, client, folder)
        with suppress(psutil.NoSuchProcess):  # a stop by SIGTERM takes a second
            process.process.kill()


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Server]]:
    """Run them side by side, each in a folder of its own, until both workers of each listen."""
    with ExitStack() as stack:
        running = {
            name: stack.enter_context(serving(project(tmp_path_factory.mktemp(name)), *options))
            for name, options in SERVERS.items()
        }
        for server in running.values():
            server.listens()
        yield running


@pytest.fixture(scope="module")
def slow(servers: dict[str, Server]) -> Iterator[dict[str, Future[httpx2.Response]]]:
    """Stop two servers that have a request in flight."""
    with ThreadPoolExecutor() as threads:
        asked = {
            name: threads.submit(servers[name].client.get, "/slow") for name in ("patient", "hasty")
        }
        for name in asked:
            servers[name].process.says("slow has begun")
            servers[name].process.process.send_signal(signal.SIGTERM)
        yield asked
        (servers["patient"].folder / "go-on").touch()  # where its test did not run


@pytest.fixture(scope="module")
def before(servers: dict[str, Server]) -> str:
    """Ask a server, then change its application and send SIGHUP; give the answer before."""
    server = servers["reloaded"]
    answer = server.client.get("/orders?page=2", headers={"X-Request-ID": "a1b2"}).text
    source = server.folder / "orders" / "main.py"
    source.write_text(APP.replace("one ", "two "), encoding="utf-8")
    server.process.process.send_signal(signal.SIGHUP)
    return answer


@pytest.fixture(scope="module")
def used_up(servers: dict[str, Server]) -> tuple[set[int], list[int]]:
    """Send a server more requests than its workers take; give those workers, and the answers."""
    server = servers["few"]
    return server.workers(), [server.client.get("/").status_code for _ in range(6)]


def shown(folder: Path, **environment: str) -> dict[str, str]:
    """Give the settings as Gunicorn resolves them, from the file alone."""
    done = ran(["gunicorn", "--print-config"], folder, environment)
    assert done.returncode == 0, done.stderr
    pairs = [line.split("=", 1) for line in done.stdout.splitlines() if "=" in line]
    return {name.strip(): value.strip() for name, value in pairs}


@pytest.mark.usefixtures("slow", "before", "used_up")
def test_file_is_found_and_valid(folder: Path) -> None:
    assert ran(["gunicorn", "--check-config"], folder).returncode == 0
    (folder / "gunicorn.conf.py").unlink()
    refused = ran(["gunicorn", "--check-config"], folder)
    assert refused.returncode == 1
    assert "No application module specified" in refused.stderr


def test_name_that_no_setting_has_passes_the_check(folder: Path, snippet_file: Path) -> None:
    broken = snippet_file.read_text("utf-8").replace("keepalive =", "keep_alive =")
    (folder / "broken.py").write_text(broken, encoding="utf-8")
    done = ran(["gunicorn", "-c", "broken.py", "--print-config"], folder)
    assert done.returncode == 0
    assert re.search(r"keepalive += 2\n", done.stdout)
    wrong = snippet_file.read_text("utf-8").replace("timeout = 30", "timeout = 'soon'")
    (folder / "broken.py").write_text(wrong, encoding="utf-8")
    assert ran(["gunicorn", "-c", "broken.py", "--check-config"], folder).returncode == 1


def test_settings_are_those_that_gunicorn_uses(folder: Path) -> None:
    settings = shown(folder)
    expected = {
        "wsgi_app": "orders.main:app",
        "bind": "['0.0.0.0:8000']",
        "workers": "2",
        "timeout": "30",
        "graceful_timeout": "25",
        "keepalive": "65",
        "max_requests": "10000",
        "max_requests_jitter": "2000",
        "preload_app": "True",
        "accesslog": "-",
    }
    assert {name: settings[name] for name in expected} == expected
    assert "asgi" in settings["worker_class"].lower()


def test_environment_sets_what_differs_between_machines(folder: Path) -> None:
    settings = shown(folder, PORT="9000", WEB_CONCURRENCY="5")
    assert settings["bind"] == "['0.0.0.0:9000']"
    assert settings["workers"] == "5"


def test_request_in_flight_finishes_after_sigterm(
    servers: dict[str, Server], slow: dict[str, Future[httpx2.Response]]
) -> None:
    server = servers["patient"]
    server.process.says("Waiting for 1 connections to finish")
    until(server.refuses, 30)  # the other worker stops listening in its own time
    assert not slow["patient"].done()
    (server.folder / "go-on").touch()
    assert slow["patient"].result().status_code == 200
    until(lambda: server.process.process.poll() == 0, 30)


def test_request_longer_than_the_grace_is_cut_off(
    slow: dict[str, Future[httpx2.Response]],
) -> None:
    with pytest.raises(httpx2.RemoteProtocolError):
        slow["hasty"].result()


@pytest.mark.usefixtures("before")
def test_access_log_says_who_asked_what_and_how_long_it_took(servers: dict[str, Server]) -> None:
    said = servers["reloaded"].process.says("a1b2")
    line = r'127\.0\.0\.1 "GET /orders\?page=2 HTTP/1\.1" 200 \d+ bytes \d+ ms a1b2\n'
    assert re.search(line, said)


def test_worker_is_replaced_after_its_requests(
    servers: dict[str, Server], used_up: tuple[set[int], list[int]]
) -> None:
    workers, answers = used_up
    assert answers == [200] * 6
    servers["few"].process.says("Autorestarting worker after current request")
    until(lambda: servers["few"].workers() - workers, 30)


def test_broken_import_ends_the_start(folder: Path) -> None:
    (folder / "orders" / "main.py").write_text("import no_such_driver", encoding="utf-8")
    done = ran(["gunicorn", "--bind", f"127.0.0.1:{free_port()}"], folder, {"HOME": str(folder)})
    assert done.returncode == 1
    assert "No module named 'no_such_driver'" in done.stderr
    assert "Booting worker" not in done.stderr


def test_preloaded_application_is_imported_once_and_survives_sighup_unchanged(
    servers: dict[str, Server], before: str
) -> None:
    server = servers["reloaded"]
    assert before.startswith("one http ")
    server.listens(times=4)
    until(lambda: len(server.workers()) == 2, 30)
    assert server.client.get("/").text.startswith("one ")
    assert server.process.said.count("imported by") == 1
    with serving(server.folder) as fresh:
        fresh.listens()
        assert fresh.client.get("/").text.startswith("two ")
