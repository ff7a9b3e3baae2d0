"""Each command serves its framework; `--timeout` ends workers that hang, not long answers."""

import shlex
import signal
import socket
import time
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

FASTAPI = """
from fastapi import FastAPI, Request

app = FastAPI()

@app.get("/")
async def index(request: Request):
    return {"client": request.client.host, "scheme": request.url.scheme}
"""
DJANGO = """
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path

def index(request):
    return HttpResponse("Django")

urlpatterns = [path("", index)]
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
WAITING = """
import asyncio, time

async def asgi(scope, receive, send):
    if scope["path"] == "/hang":
        time.sleep(60)
    await asyncio.sleep(float(scope["query_string"] or 0))
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"done"})

def wsgi(environ, start_response):
    time.sleep(float(environ["QUERY_STRING"] or 0))
    start_response("200 OK", [])
    return [b"done"]
"""
"""Imported at once, unlike a framework."""

APPLICATIONS = {
    "orders/main": FASTAPI,
    "shop/wsgi": DJANGO,
    "accounts": FLASK,
    "waiting": WAITING,
}
FRAMEWORKS = ("orders.main:app", "shop.wsgi:application", "accounts:create_app()")
SETTINGS = {
    "workers": "4",
    "timeout": "30",
    "graceful_timeout": "20",
    "keepalive": "65",
    "accesslog": "-",
    "bind": "['0.0.0.0:8000']",
}
# A worker says each second that it lives. The import is before the fork, as it counts too.
PATIENCE = ("--timeout", "2", "--preload")
LONGER = "3.5"  # seconds; Gunicorn looks each second for workers whose time is over
ASGI, WSGI, _ = FRAMEWORKS

Servers = dict[str, tuple[str, str, tuple[str, ...]]]
"""For each server its command, what it serves, and its further options."""

PATIENT: Servers = {
    "long": (ASGI, "waiting:asgi", PATIENCE),
    "threads": (WSGI, "waiting:wsgi", PATIENCE),
    "hanging": (ASGI, "waiting:asgi", PATIENCE),
    "sync": (WSGI, "waiting:wsgi", (*PATIENCE, "--worker-class", "sync", "--threads", "1")),
}
SERVERS: Servers = {
    **{app: (app, app, ()) for app in FRAMEWORKS},
    "default worker": (ASGI, ASGI, ("--worker-class", "sync")),
    "stopping": (ASGI, "waiting:asgi", ("--graceful-timeout", "2")),
}


def commands(file: Path) -> dict[str, list[str]]:
    """Give the commands of the script by the application that they serve."""
    lines = [line for line in file.read_text("utf-8").splitlines() if not line.startswith("#")]
    blocks = "\n".join(lines).replace("\\\n", " ").splitlines()
    split = [shlex.split(block) for block in blocks if block]
    return {words[1]: words for words in split}


@dataclass(frozen=True)
class Server:
    """A command that runs, and a client of its application."""

    process: Process
    client: httpx2.Client


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("applications")
    for name, text in APPLICATIONS.items():
        file = folder / f"{name}.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return folder


@contextmanager
def running(folder: Path, wanted: Servers) -> Iterator[dict[str, Server]]:
    """Run the servers side by side, each with one worker, until all have it."""
    script = commands(snippet_path(Path(__file__)).with_suffix(".sh"))
    env = {"HOME": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    with ExitStack() as stack:
        found = {}
        for name, (command, app, further) in wanted.items():
            at = f"127.0.0.1:{free_port()}"
            program, _, *words = [word.replace("0.0.0.0:8000", at) for word in script[command]]
            one = [program, app, *words, "--workers", "1", *further]
            process = stack.enter_context(started(one, folder, env))
            client = stack.enter_context(httpx2.Client(base_url=f"http://{at}", timeout=60))
            found[name] = Server(process, client)
        for server in found.values():
            server.process.says("Booting worker")
        yield found
        for server in found.values():  # a stop by SIGTERM takes a second each
            with suppress(psutil.NoSuchProcess):
                server.process.process.kill()


@pytest.fixture(scope="module")
def patient(folder: Path) -> Iterator[dict[str, Server]]:
    """Run those that are asked for long answers: they start first, and fast."""
    with running(folder, PATIENT) as servers:
        yield servers


@pytest.fixture(scope="module")
def asked(patient: dict[str, Server]) -> Iterator[dict[str, Future[httpx2.Response]]]:
    """Send what takes its time, all at once."""
    paths = {"long": f"/?{LONGER}", "threads": f"/?{LONGER}", "sync": "/?60", "hanging": "/hang"}
    with ThreadPoolExecutor() as threads:
        yield {name: threads.submit(patient[name].client.get, at) for name, at in paths.items()}


@pytest.fixture(scope="module")
def servers(folder: Path) -> Iterator[dict[str, Server]]:
    with running(folder, SERVERS) as servers:
        yield servers


@pytest.fixture(scope="module")
def stopped(servers: dict[str, Server]) -> Iterator[Future[float]]:
    """Stop a server that has an idle connection; the result is how long it took."""
    server = servers["stopping"]

    def stop() -> float:
        address = (server.client.base_url.host, server.client.base_url.port)
        with socket.create_connection(address) as idle:
            idle.sendall(b"GET / HTTP/1.1\r\nHost: orders\r\n\r\n")
            assert idle.recv(100)
            begun = time.monotonic()
            server.process.process.send_signal(signal.SIGTERM)
            until(lambda: server.process.process.poll() is not None, 30)
            return time.monotonic() - begun

    with ThreadPoolExecutor() as threads:
        yield threads.submit(stop)


@pytest.mark.usefixtures("asked", "stopped")
@pytest.mark.parametrize(
    ("app", "answer"),
    [
        ("orders.main:app", '{"client":"127.0.0.1","scheme":"https"}'),
        ("shop.wsgi:application", "Django"),
        ("accounts:create_app()", "Flask"),
    ],
)
def test_application_answers(servers: dict[str, Server], app: str, answer: str) -> None:
    headers = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
    assert servers[app].client.get("/", headers=headers).text == answer
    servers[app].process.says('"GET / HTTP/1.1" 200')


@pytest.mark.parametrize(
    ("app", "worker"), [*zip(FRAMEWORKS, ("asgi", "gthread", "gthread"), strict=True)]
)
def test_settings_are_those_that_gunicorn_reads(
    snippet_file: Path, folder: Path, app: str, worker: str
) -> None:
    shown = ran([*commands(snippet_file)[app], "--print-config"], folder)
    settings = dict(line.split("=", 1) for line in shown.stdout.splitlines() if "=" in line)
    settings = {name.strip(): value.strip() for name, value in settings.items()}
    assert {name: settings[name] for name in SETTINGS} == SETTINGS
    assert settings["worker_class"].lower().startswith(worker)


def test_default_worker_answers_500_for_an_asgi_application(servers: dict[str, Server]) -> None:
    server = servers["default worker"]
    assert server.client.get("/").status_code == 500
    server.process.says("missing 1 required positional argument: 'send'")


def test_worker_whose_event_loop_hangs_is_replaced(
    patient: dict[str, Server], asked: dict[str, Future[httpx2.Response]]
) -> None:
    with pytest.raises(httpx2.RemoteProtocolError):
        asked["hanging"].result()
    patient["hanging"].process.says("WORKER TIMEOUT")
    assert patient["hanging"].client.get("/").status_code == 200


def test_sync_worker_is_killed_in_a_long_answer(
    patient: dict[str, Server], asked: dict[str, Future[httpx2.Response]]
) -> None:
    assert asked["sync"].result().status_code == 500
    patient["sync"].process.says("WORKER TIMEOUT")


@pytest.mark.parametrize("server", ["long", "threads"])
def test_long_answer_of_the_event_loop_or_a_thread_is_finished(
    patient: dict[str, Server], asked: dict[str, Future[httpx2.Response]], server: str
) -> None:
    assert "done" in asked[server].result().text
    assert "WORKER TIMEOUT" not in patient[server].process.said


def test_idle_connection_holds_up_the_stop_for_the_graceful_timeout(
    servers: dict[str, Server], stopped: Future[float]
) -> None:
    assert stopped.result() > 2
    assert "Waiting for 1 connections to finish" in servers["stopping"].process.said
