"""A saved file is served at once, and in production an open stream does not hold up a stop."""

import shlex
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx2
import psutil
import pytest

from tests.services.running import free_port
from tests.snippets.processes import Process, ran, started, until

APP = """
import asyncio, os, pathlib, time
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route

rates = pathlib.Path(__file__).with_name("rates.yaml").read_text()

async def index(request):
    return PlainTextResponse(f"one {rates}")

async def peer(request):
    return PlainTextResponse(f"{request.client.host} {request.url.scheme} {os.getpid()}")

async def stream(request):
    async def events():
        while True:
            yield b"data: {}\\n\\n"
            await asyncio.sleep(0.1)
    return StreamingResponse(events())

async def hang(request):
    time.sleep(3)
    return PlainTextResponse("done")

app = Starlette(routes=[Route(f"/{f.__name__}", f) for f in (index, peer, stream, hang)])
"""


def commands(file: Path) -> list[list[str]]:
    """Give the commands of the script: development, container, host."""
    lines = [line for line in file.read_text("utf-8").splitlines() if not line.startswith("#")]
    blocks = "\n".join(lines).replace("\\\n", " ").splitlines()
    return [shlex.split(block) for block in blocks if block]


@pytest.fixture
def dev(snippet_file: Path) -> list[str]:
    return commands(snippet_file)[0]


@pytest.fixture
def container(snippet_file: Path) -> list[str]:
    return commands(snippet_file)[1]


@pytest.fixture
def host(snippet_file: Path) -> list[str]:
    return commands(snippet_file)[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    package = tmp_path / "orders"
    package.mkdir()
    (package / "main.py").write_text(APP, encoding="utf-8")
    (package / "rates.yaml").write_text("vat: 19", encoding="utf-8")
    return tmp_path


@contextmanager
def serving(
    command: list[str], folder: Path, *further: str, processes: int = 1
) -> Iterator[tuple[Process, httpx2.Client]]:
    """Run the command on a free port of the loopback until so many processes serve."""
    port = str(free_port())
    local = [*command, *further, "--host", "127.0.0.1", "--port", port]
    with (
        started(local, folder, {"PYTHONDONTWRITEBYTECODE": "1"}) as process,
        httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=10) as client,
    ):
        process.says("Uvicorn running on")
        until(lambda: process.said.count("Application startup complete") == processes)
        yield process, client


def without(command: list[str], option: str) -> list[str]:
    at = command.index(option)
    return [*command[:at], *command[at + 2 :]]


def save(process: Process, file: Path, text: str) -> None:
    """Write the file until the server sees it: what comes before it begins to watch is lost."""
    seen = process.said.count("detected changes")
    for _ in range(5):
        file.write_text(text, encoding="utf-8")
        with suppress(AssertionError):
            until(lambda: process.said.count("detected changes") > seen, 3)
            return
    pytest.fail(f"a saved file was not seen:\n{process.said}")


def test_saved_files_are_served_at_once(dev: list[str], folder: Path) -> None:
    with serving(dev, folder) as (process, client):
        assert client.get("/index").text == "one vat: 19"
        main = folder / "orders" / "main.py"
        save(process, main, APP.replace('f"one ', 'f"two '))
        until(lambda: process.said.count("Application startup complete") == 2)
        assert client.get("/index").text == "two vat: 19"
        save(process, folder / "orders" / "rates.yaml", "vat: 20")
        until(lambda: process.said.count("Application startup complete") == 3)
        assert client.get("/index").text == "two vat: 20"


def test_syntax_error_is_waited_out(dev: list[str], folder: Path) -> None:
    with serving(dev, folder) as (process, client):
        main = folder / "orders" / "main.py"
        save(process, main, "def")
        process.says("SyntaxError")
        save(process, main, APP)
        until(lambda: process.said.count("Application startup complete") == 2)
        assert client.get("/index").text == "one vat: 19"


def test_workers_are_ignored_beside_reload(dev: list[str], folder: Path) -> None:
    with serving(dev, folder, "--workers", "4") as (process, _):
        assert '"workers" flag is ignored when reloading is enabled' in process.said


@pytest.mark.parametrize("production", ["container", "host"])
def test_open_stream_is_cut_when_the_grace_is_over(
    request: pytest.FixtureRequest, folder: Path, production: str
) -> None:
    command = request.getfixturevalue(production)
    assert command[command.index("--timeout-graceful-shutdown") + 1] == "20"
    processes = 2 if production == "host" else 1
    short = ["--timeout-graceful-shutdown", "1", "--workers", str(processes)]
    with (
        serving(command, folder, *short, processes=processes) as (process, client),
        client.stream("GET", "/stream") as answer,
    ):
        chunks = answer.iter_raw()
        next(chunks)
        process.process.send_signal(signal.SIGTERM)
        process.says("timeout graceful shutdown exceeded")
        until(lambda: process.process.poll() is not None)


def test_open_stream_holds_up_the_stop_without_the_grace(
    container: list[str], folder: Path
) -> None:
    endless = without(container, "--timeout-graceful-shutdown")
    with (
        serving(endless, folder) as (process, client),
        client.stream("GET", "/stream") as answer,
    ):
        chunks = answer.iter_raw()
        next(chunks)
        process.process.send_signal(signal.SIGTERM)
        process.says("Waiting for connections to close")
        for _ in range(15):  # a second and a half of further events
            next(chunks)
        assert process.process.poll() is None


def test_client_is_taken_from_the_header_of_a_trusted_proxy(
    container: list[str], folder: Path
) -> None:
    headers = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
    assert container[container.index("--forwarded-allow-ips") + 1] == "10.0.0.0/8"
    with serving(container, folder) as (_, client):
        assert client.get("/peer", headers=headers).text.startswith("127.0.0.1 http ")
    with serving(container, folder, "--forwarded-allow-ips", "127.0.0.0/8") as (_, client):
        assert client.get("/peer", headers=headers).text.startswith("203.0.113.9 https ")


def test_dead_worker_is_replaced_and_a_hanging_one_is_not(host: list[str], folder: Path) -> None:
    two = ["--workers", "2", "--timeout-worker-healthcheck", "1"]
    with serving(host, folder, *two, processes=2) as (process, client):
        assert client.get("/hang").text == "done"  # three seconds, beyond the health check
        assert process.said.count("Started server process") == 2
        psutil.Process(int(client.get("/peer").text.split()[-1])).kill()
        until(lambda: process.said.count("Application startup complete") == 3)
    assert [host[host.index("--workers") + 1], host[host.index("--host") + 1]] == ["4", "127.0.0.1"]


def test_worker_is_replaced_after_its_requests_but_not_a_single_process(
    host: list[str], folder: Path
) -> None:
    assert host[host.index("--limit-max-requests") + 1] == "10000"
    assert host[host.index("--limit-max-requests-jitter") + 1] == "1000"
    few = ["--limit-max-requests", "2", "--limit-max-requests-jitter", "0"]
    with serving(host, folder, *few, "--workers", "2", processes=2) as (process, client):
        while "Maximum request limit of 2 exceeded" not in process.said:
            with suppress(httpx2.RemoteProtocolError):  # it came to a worker that was leaving
                assert client.get("/index", headers={"Connection": "close"}).status_code == 200
        until(lambda: process.said.count("Application startup complete") > 2)
    with (
        serving(host, folder, *few, "--workers", "1") as (process, client),
        socket.create_connection((client.base_url.host, client.base_url.port)) as silent,
    ):
        silent.settimeout(10)
        for _ in range(2):
            client.get("/index", headers={"Connection": "close"})
        until(lambda: process.process.poll() == 0)  # nobody is there to replace it
        assert silent.recv(1) == b""  # accepted and closed unread, without an answer


def test_option_that_does_not_exist_is_refused(host: list[str], folder: Path) -> None:
    refused = ran([*host, "--graceful-timeout", "20"], folder)
    assert refused.returncode == 2
    assert "No such option" in refused.stderr
