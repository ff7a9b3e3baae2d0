"""A saved file is served at once, and in production an open stream does not hold up a stop."""

import shlex
import signal
import socket
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
    print("hangs", flush=True)
    time.sleep(3)
    return PlainTextResponse("done")

app = Starlette(routes=[Route(f"/{f.__name__}", f) for f in (index, peer, stream, hang)])
"""


HEALTHCHECK = ("--timeout-worker-healthcheck", "2")  # seconds; 5 is the default
FEW = ("--limit-max-requests", "2", "--limit-max-requests-jitter", "0", *HEALTHCHECK)
SERVERS: dict[str, tuple[str, int, tuple[str, ...]]] = {
    "dev": ("dev", 1, ("--reload-delay", "0.02")),  # seconds; 0.25 is the default
    "dev with workers": ("dev", 1, ("--workers", "4")),
    "container": ("container", 1, ("--timeout-graceful-shutdown", "1")),
    "host": ("host", 2, ("--timeout-graceful-shutdown", "1", "--workers", "2")),
    "endless": ("container", 1, ()),
    "untrusted": ("container", 1, ()),
    "trusted": ("container", 1, ("--forwarded-allow-ips", "127.0.0.0/8")),
    "workers": ("host", 2, ("--workers", "2", *HEALTHCHECK)),
    "few": ("host", 2, ("--workers", "2", *FEW)),
    "few of one": ("host", 1, ("--workers", "1", *FEW)),
}
"""For each server its command, the processes that serve, and its further options."""


def commands(file: Path) -> dict[str, list[str]]:
    """Give the commands of the script."""
    lines = [line for line in file.read_text("utf-8").splitlines() if not line.startswith("#")]
    blocks = "\n".join(lines).replace("\\\n", " ").splitlines()
    split = [shlex.split(block) for block in blocks if block]
    return dict(zip(("dev", "container", "host"), split, strict=True))


@dataclass(frozen=True)
class Server:
    """A command that runs in a folder, and a client of its application."""

    process: Process
    client: httpx2.Client
    folder: Path

    def starts(self) -> int:
        """How often a process began to serve."""
        return self.process.said.count("Application startup complete")

    def get(self, path: str, **headers: str) -> str:
        """Give an answer by a new connection, empty where the process was leaving."""
        try:
            return self.client.get(path, headers={"Connection": "close", **headers}).text
        except httpx2.TransportError:
            return ""


@pytest.fixture(scope="module")
def script() -> dict[str, list[str]]:
    return commands(snippet_path(Path(__file__)).with_suffix(".sh"))


@contextmanager
def running(
    script: dict[str, list[str]], factory: pytest.TempPathFactory, *names: str
) -> Iterator[dict[str, Server]]:
    """Run the commands side by side, each in a folder of its own, until all serve."""
    with ExitStack() as stack:
        found = {}
        for name in names:
            command, _, further = SERVERS[name]
            folder = factory.mktemp("project")
            (folder / "orders").mkdir()
            (folder / "orders" / "main.py").write_text(APP, encoding="utf-8")
            (folder / "orders" / "rates.yaml").write_text("vat: 19", encoding="utf-8")
            words = [*script[command], *further]
            if name == "endless":
                words = without(words, "--timeout-graceful-shutdown")
            port = str(free_port())
            local = [*words, "--host", "127.0.0.1", "--port", port]
            process = stack.enter_context(started(local, folder, {"PYTHONDONTWRITEBYTECODE": "1"}))
            address = f"http://127.0.0.1:{port}"
            client = stack.enter_context(httpx2.Client(base_url=address, timeout=60))
            found[name] = Server(process, client, folder)
        until(lambda: all(found[name].starts() >= SERVERS[name][1] for name in names), 60)
        yield found
        for server in found.values():  # those that are left, all at once
            with suppress(psutil.NoSuchProcess):
                server.process.process.kill()


@pytest.fixture(scope="module")
def workers(
    script: dict[str, list[str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """Run the one that is asked for a long answer: it starts first."""
    with running(script, tmp_path_factory, "workers") as servers:
        yield servers["workers"]


@pytest.fixture(scope="module")
def hanging(workers: Server) -> Iterator[Future[str]]:
    """Ask for an answer that takes longer than the health check."""
    with ThreadPoolExecutor() as threads:
        answer = threads.submit(workers.get, "/hang")
        workers.process.says("hangs")
        yield answer


@pytest.fixture(scope="module")
def servers(
    script: dict[str, list[str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Server]]:
    others = [name for name in SERVERS if name != "workers"]
    with running(script, tmp_path_factory, *others) as servers:
        yield servers


@pytest.fixture(scope="module")
def starts_before(servers: dict[str, Server]) -> int:
    """Ask a server for more than its workers may answer; give how many it had started."""
    few = servers["few"]
    before = few.starts()
    until(
        lambda: few.get("/index") and "Maximum request limit of 2 exceeded" in few.process.said, 30
    )
    return before


@pytest.fixture(scope="module")
def streams(servers: dict[str, Server]) -> Iterator[dict[str, Iterator[bytes]]]:
    """Open a stream at three servers and ask them to stop."""
    with ExitStack() as stack:
        opened = {}
        for name in ("container", "host", "endless"):
            answer = stack.enter_context(servers[name].client.stream("GET", "/stream"))
            opened[name] = answer.iter_raw()
            next(opened[name])
            servers[name].process.process.send_signal(signal.SIGTERM)
        yield opened


def without(command: list[str], option: str) -> list[str]:
    at = command.index(option)
    return [*command[:at], *command[at + 2 :]]


def save(server: Server, file: str, text: str) -> None:
    """Write the file until the server sees it: what comes before it begins to watch is lost."""
    process = server.process
    seen = process.said.count("detected changes")
    for _ in range(10):
        (server.folder / "orders" / file).write_text(text, encoding="utf-8")
        with suppress(AssertionError):
            until(lambda: process.said.count("detected changes") > seen, 3)
            return
    pytest.fail(f"a saved file was not seen:\n{process.said}")


@pytest.mark.usefixtures("hanging", "streams", "starts_before")
def test_saved_files_are_served_at_once(servers: dict[str, Server]) -> None:
    dev = servers["dev"]
    assert dev.get("/index") == "one vat: 19"
    save(dev, "main.py", APP.replace('f"one ', 'f"two '))
    until(lambda: dev.get("/index") == "two vat: 19", 30)
    save(dev, "rates.yaml", "vat: 20")
    until(lambda: dev.get("/index") == "two vat: 20", 30)


def test_syntax_error_is_waited_out(servers: dict[str, Server]) -> None:
    dev = servers["dev"]
    save(dev, "main.py", "def")
    dev.process.says("SyntaxError")
    save(dev, "main.py", APP.replace('f"one ', 'f"three '))
    until(lambda: dev.get("/index").startswith("three "), 30)


def test_workers_are_ignored_beside_reload(servers: dict[str, Server]) -> None:
    process = servers["dev with workers"].process
    assert '"workers" flag is ignored when reloading is enabled' in process.said


@pytest.mark.parametrize("production", ["container", "host"])
def test_open_stream_is_cut_when_the_grace_is_over(
    script: dict[str, list[str]],
    servers: dict[str, Server],
    streams: dict[str, Iterator[bytes]],
    production: str,
) -> None:
    command = script[production]
    assert command[command.index("--timeout-graceful-shutdown") + 1] == "20"
    process = servers[production].process
    process.says("timeout graceful shutdown exceeded")
    with pytest.raises(httpx2.RemoteProtocolError):
        for _ in streams[production]:
            pass
    until(lambda: process.process.poll() is not None, 30)


def test_open_stream_holds_up_the_stop_without_the_grace(
    servers: dict[str, Server], streams: dict[str, Iterator[bytes]]
) -> None:
    process = servers["endless"].process
    process.says("Waiting for connections to close")
    for _ in range(15):  # one each tenth of a second: longer than the grace of the others
        next(streams["endless"])
    assert process.process.poll() is None


def test_client_is_taken_from_the_header_of_a_trusted_proxy(
    script: dict[str, list[str]], servers: dict[str, Server]
) -> None:
    headers = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
    container = script["container"]
    assert container[container.index("--forwarded-allow-ips") + 1] == "10.0.0.0/8"
    assert servers["untrusted"].get("/peer", **headers).startswith("127.0.0.1 http ")
    assert servers["trusted"].get("/peer", **headers).startswith("203.0.113.9 https ")


def test_dead_worker_is_replaced_and_a_hanging_one_is_not(
    script: dict[str, list[str]], workers: Server, hanging: Future[str]
) -> None:
    before = workers.starts()
    psutil.Process(int(workers.get("/peer").split()[-1])).kill()
    until(lambda: workers.starts() > before, 30)
    assert hanging.result() == "done"  # after three seconds, beyond the health check
    assert workers.starts() == before + 1
    host = script["host"]
    assert [host[host.index("--workers") + 1], host[host.index("--host") + 1]] == ["4", "127.0.0.1"]


def test_worker_is_replaced_after_its_requests_but_not_a_single_process(
    script: dict[str, list[str]], servers: dict[str, Server], starts_before: int
) -> None:
    host, few, single = script["host"], servers["few"], servers["few of one"]
    assert host[host.index("--limit-max-requests") + 1] == "10000"
    assert host[host.index("--limit-max-requests-jitter") + 1] == "1000"
    address = (single.client.base_url.host, single.client.base_url.port)
    with socket.create_connection(address, timeout=30) as silent:
        for _ in range(2):
            assert single.get("/index") == "one vat: 19"
        until(lambda: single.process.process.poll() == 0, 30)  # nobody is there to replace it
        assert silent.recv(1) == b""  # accepted and closed unread, without an answer
    until(lambda: few.starts() > starts_before, 30)


def test_option_that_does_not_exist_is_refused(
    script: dict[str, list[str]], tmp_path: Path
) -> None:
    refused = ran([*script["host"], "--graceful-timeout", "20"], tmp_path)
    assert refused.returncode == 2
    assert "No such option" in refused.stderr
