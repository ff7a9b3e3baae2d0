"""Each command serves its framework; `--timeout` ends workers that hang, not long answers."""

import shlex
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from tests.services.running import free_port
from tests.snippets.processes import Process, ran, started, until

FASTAPI = """
import asyncio, time
from fastapi import FastAPI, Request

app = FastAPI()

@app.get("/")
async def index(request: Request):
    return {"client": request.client.host, "scheme": request.url.scheme}

@app.get("/long")
async def long():
    await asyncio.sleep(2.5)
    return "done"

@app.get("/hang")
async def hang():
    time.sleep(60)
"""
DJANGO = """
import time
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path

def index(request):
    return HttpResponse("Django")

def long(request):
    time.sleep(2.5)
    return HttpResponse("done")

urlpatterns = [path("", index), path("long", long)]
settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, SECRET_KEY="of a test")
application = get_wsgi_application()
"""
FLASK = """
from flask import Flask

def create_app():
    app = Flask(__name__)
    app.add_url_rule("/", view_func=lambda: "Flask")
    return app
"""
APPS = {"orders.main:app": "asgi", "shop.wsgi:application": "gthread"}
SETTINGS = {
    "workers": "4",
    "timeout": "30",
    "graceful_timeout": "20",
    "keepalive": "65",
    "accesslog": "-",
    "bind": "['0.0.0.0:8000']",
}


def commands(file: Path) -> dict[str, list[str]]:
    """Give the commands of the script by the application that they serve."""
    lines = [line for line in file.read_text("utf-8").splitlines() if not line.startswith("#")]
    blocks = "\n".join(lines).replace("\\\n", " ").splitlines()
    split = [shlex.split(block) for block in blocks if block]
    return {words[1]: words for words in split}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in {"orders/main": FASTAPI, "shop/wsgi": DJANGO, "accounts": FLASK}.items():
        file = tmp_path / f"{name}.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return tmp_path


@contextmanager
def serving(
    command: list[str], folder: Path, *further: str
) -> Iterator[tuple[Process, httpx2.Client]]:
    """Run the command with two workers, or what `further` says, until a worker answers."""
    port = free_port()
    local = [word.replace("0.0.0.0:8000", f"127.0.0.1:{port}") for word in command]
    env = {"HOME": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    with (
        started([*local, "--workers", "1", *further], folder, env) as process,
        httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=10) as client,
    ):
        process.says("Booting worker")
        yield process, client


@pytest.mark.parametrize(
    "app", ["orders.main:app", "shop.wsgi:application", "accounts:create_app()"]
)
def test_settings_are_those_that_gunicorn_reads(snippet_file: Path, folder: Path, app: str) -> None:
    shown = ran([*commands(snippet_file)[app], "--print-config"], folder)
    settings = dict(line.split("=", 1) for line in shown.stdout.splitlines() if "=" in line)
    settings = {name.strip(): value.strip() for name, value in settings.items()}
    assert {name: settings[name] for name in SETTINGS} == SETTINGS
    assert settings["worker_class"].lower().startswith(APPS.get(app, "gthread"))


@pytest.mark.parametrize(
    ("app", "answer"),
    [
        ("orders.main:app", '{"client":"127.0.0.1","scheme":"https"}'),
        ("shop.wsgi:application", "Django"),
        ("accounts:create_app()", "Flask"),
    ],
)
def test_application_answers(snippet_file: Path, folder: Path, app: str, answer: str) -> None:
    with serving(commands(snippet_file)[app], folder) as (process, client):
        headers = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
        assert client.get("/", headers=headers).text == answer
        process.says('"GET / HTTP/1.1" 200')


def test_worker_whose_event_loop_hangs_is_replaced(snippet_file: Path, folder: Path) -> None:
    command = commands(snippet_file)["orders.main:app"]
    with serving(command, folder, "--timeout", "2") as (process, client):
        assert client.get("/long").json() == "done"  # longer than the timeout, not hanging
        with pytest.raises(httpx2.RemoteProtocolError):
            client.get("/hang")
        process.says("WORKER TIMEOUT")
        assert client.get("/").status_code == 200


def test_sync_worker_kills_a_long_answer_that_threads_finish(
    snippet_file: Path, folder: Path
) -> None:
    command = commands(snippet_file)["shop.wsgi:application"]
    with serving(command, folder, "--timeout", "1") as (process, client):
        assert client.get("/long").text == "done"
        assert "WORKER TIMEOUT" not in process.said
    sync = ["--timeout", "1", "--worker-class", "sync", "--threads", "1"]
    with serving(command, folder, *sync) as (process, client):
        assert client.get("/long").status_code == 500
        process.says("WORKER TIMEOUT")


def test_default_worker_answers_500_for_an_asgi_application(
    snippet_file: Path, folder: Path
) -> None:
    command = commands(snippet_file)["orders.main:app"]
    with serving(command, folder, "--worker-class", "sync") as (process, client):
        assert client.get("/").status_code == 500
        process.says("missing 1 required positional argument: 'send'")


def test_idle_connection_holds_up_the_stop_for_the_graceful_timeout(
    snippet_file: Path, folder: Path
) -> None:
    command = commands(snippet_file)["orders.main:app"]
    with serving(command, folder, "--graceful-timeout", "2") as (process, client):
        address = (client.base_url.host, client.base_url.port)
        with socket.create_connection(address) as idle:
            idle.sendall(b"GET / HTTP/1.1\r\nHost: orders\r\n\r\n")
            assert idle.recv(100)
            begun = time.monotonic()
            process.process.send_signal(signal.SIGTERM)
            until(lambda: process.process.poll() is not None)
        assert time.monotonic() - begun > 2
        assert "Waiting for 1 connections to finish" in process.said
