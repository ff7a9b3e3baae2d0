"""Gunicorn reads the file by itself, and SIGTERM lets a request in flight finish."""

import re
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx2
import psutil
import pytest

from tests.services.running import free_port
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


@pytest.fixture
def folder(tmp_path: Path, snippet_file: Path) -> Path:
    """Give a project with the file under the name that Gunicorn looks for."""
    (tmp_path / "gunicorn.conf.py").symlink_to(snippet_file)
    (tmp_path / "orders").mkdir()
    (tmp_path / "orders" / "main.py").write_text(APP, encoding="utf-8")
    return tmp_path


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[tuple[Process, httpx2.Client]]:
    """Run `gunicorn` in the folder; both workers listen when the block begins."""
    port = free_port()
    command = ["gunicorn", "--bind", f"127.0.0.1:{port}", *options]
    environment = {"HOME": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    with (
        started(command, folder, environment) as process,
        httpx2.Client(
            base_url=f"http://127.0.0.1:{port}", headers={"Connection": "close"}, timeout=60
        ) as client,
    ):
        until(lambda: process.said.count("ASGI server listening") == 2, 30)
        yield process, client
        with suppress(psutil.NoSuchProcess):  # a stop by SIGTERM takes a second
            process.process.kill()


def shown(folder: Path, **environment: str) -> dict[str, str]:
    """Give the settings as Gunicorn resolves them, from the file alone."""
    done = ran(["gunicorn", "--print-config"], folder, environment)
    assert done.returncode == 0, done.stderr
    pairs = [line.split("=", 1) for line in done.stdout.splitlines() if "=" in line]
    return {name.strip(): value.strip() for name, value in pairs}


def workers(process: Process) -> list[psutil.Process]:
    return process.process.children()


def refused(client: httpx2.Client) -> bool:
    """Ask for a connection and tell whether nobody listens."""
    try:
        client.get("/")
    except httpx2.TransportError as error:
        return isinstance(error, httpx2.ConnectError)
    return False


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


def test_request_in_flight_finishes_after_sigterm(folder: Path) -> None:
    with serving(folder) as (process, client), ThreadPoolExecutor() as threads:
        slow = threads.submit(client.get, "/slow")
        process.says("slow has begun")
        process.process.send_signal(signal.SIGTERM)
        process.says("Waiting for 1 connections to finish")
        until(lambda: refused(client), 30)  # the other worker stops listening in its own time
        assert not slow.done()
        (folder / "go-on").touch()
        assert slow.result().status_code == 200
        until(lambda: process.process.poll() == 0, 30)


def test_request_longer_than_the_grace_is_cut_off(folder: Path) -> None:
    cut = ("--graceful-timeout", "1")
    with serving(folder, *cut) as (process, client), ThreadPoolExecutor() as threads:
        slow = threads.submit(client.get, "/slow")
        process.says("slow has begun")
        process.process.send_signal(signal.SIGTERM)
        with pytest.raises(httpx2.RemoteProtocolError):
            slow.result()


def test_access_log_says_who_asked_what_and_how_long_it_took(folder: Path) -> None:
    with serving(folder) as (process, client):
        client.get("/orders?page=2", headers={"X-Request-ID": "a1b2"})
        said = process.says("a1b2")
    line = r'127\.0\.0\.1 "GET /orders\?page=2 HTTP/1\.1" 200 \d+ bytes \d+ ms a1b2\n'
    assert re.search(line, said)


def test_worker_is_replaced_after_its_requests(folder: Path) -> None:
    few = ("--max-requests", "3", "--max-requests-jitter", "0", "--workers", "2")
    with serving(folder, *few) as (process, client):
        before = {worker.pid for worker in workers(process)}
        for _ in range(6):
            assert client.get("/").status_code == 200
        process.says("Autorestarting worker after current request")
        until(lambda: {worker.pid for worker in workers(process)} - before, 30)


def test_broken_import_ends_the_start(folder: Path) -> None:
    (folder / "orders" / "main.py").write_text("import no_such_driver", encoding="utf-8")
    done = ran(["gunicorn", "--bind", f"127.0.0.1:{free_port()}"], folder, {"HOME": str(folder)})
    assert done.returncode == 1
    assert "No module named 'no_such_driver'" in done.stderr
    assert "Booting worker" not in done.stderr


def test_preloaded_application_is_imported_once_and_survives_sighup_unchanged(
    folder: Path,
) -> None:
    with serving(folder) as (process, client):
        assert process.said.count("imported by") == 1
        assert client.get("/").text.startswith("one http ")
        source = folder / "orders" / "main.py"
        source.write_text(APP.replace("one ", "two "), encoding="utf-8")
        process.process.send_signal(signal.SIGHUP)
        until(lambda: process.said.count("ASGI server listening") == 4, 30)
        until(lambda: len(workers(process)) == 2, 30)
        assert client.get("/").text.startswith("one ")
    with serving(folder) as (_, client):
        assert client.get("/").text.startswith("two ")
