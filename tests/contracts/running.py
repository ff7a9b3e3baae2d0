"""Run an implementation as a real server, in a process group of its own."""

import http.client
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.contracts.implementation import Implementation
from tests.services.running import free_port

PREPARE_TIMEOUT = 60.0
ANSWER_TIMEOUT = 30.0
STOP_TIMEOUT = 10.0


class ServerFailedError(Exception):
    """The implementation cannot be prepared or served; the message ends with what it printed."""


@dataclass(frozen=True)
class Server:
    """A server that answers: its address, its first process, and the file it prints to."""

    url: str
    process: psutil.Process
    log: Path

    def processes(self) -> list[psutil.Process]:
        """Give the first process and all its living descendants."""
        return [self.process, *self.process.children(recursive=True)]


def prepared(
    implementation: Implementation, database_url: str, *, env: Mapping[str, str] | None = None
) -> str:
    """Make the tables in an empty database and give its address back.

    Raises `ServerFailedError` when the implementation's own command fails.
    """
    done = subprocess.run(
        implementation.prepare_command(),
        cwd=implementation.folder,
        env=environment(database_url, env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PREPARE_TIMEOUT,
        check=False,
    )
    if done.returncode:
        message = f"{implementation.technology}: prepare failed: {tail(done.stdout + done.stderr)}"
        raise ServerFailedError(message)
    return database_url


@contextmanager
def running(
    implementation: Implementation,
    database_url: str,
    *,
    env: Mapping[str, str] | None = None,
    log: Path | None = None,
) -> Iterator[Server]:
    """Serve the implementation on a free port until the block ends.

    `database_url` must have its tables (see `prepared`). `env` adds to the server's environment;
    `log` is where its output is kept, a temporary file if None. Raises `ServerFailedError` when
    the server ends before it answers, does not answer within 30 s, or is no longer there at the
    end of a block that succeeded.
    """
    with tempfile.TemporaryDirectory() as temporary:
        log = log or Path(temporary) / "log"
        port = free_port()
        with log.open("ab") as output:
            process = psutil.Popen(
                implementation.serve_command(port),
                cwd=implementation.folder,
                env=environment(database_url, env),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            wait_until_answering(process, port, log)
            yield Server(f"http://127.0.0.1:{port}", process, log)
            if process.poll() is not None:
                message = f"the server exited with {process.returncode}: {log_tail(log)}"
                raise ServerFailedError(message)
        finally:
            stop(process)


def environment(database_url: str, env: Mapping[str, str] | None) -> dict[str, str]:
    """Give the environment of a server: ours, the database's address, and what is added."""
    return {**os.environ, "PYTHONUNBUFFERED": "1", "DATABASE_URL": database_url, **(env or {})}


def wait_until_answering(process: psutil.Popen, port: int, log: Path) -> None:
    """Return once any HTTP answer comes, or raise `ServerFailedError` with the log's end."""
    deadline = time.monotonic() + ANSWER_TIMEOUT
    while not answers(port):
        if process.poll() is not None:
            message = f"the server exited with {process.returncode}: {log_tail(log)}"
            raise ServerFailedError(message)
        if time.monotonic() > deadline:
            message = f"the server did not answer within {ANSWER_TIMEOUT:.0f} s: {log_tail(log)}"
            raise ServerFailedError(message)
        time.sleep(0.02)


def answers(port: int) -> bool:
    """Tell whether an HTTP server answers on the port."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_TIMEOUT)
    try:
        connection.request("GET", "/")
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    else:
        return True
    finally:
        connection.close()


def stop(process: psutil.Popen) -> None:
    """Ask the first process to end as an operator would, then end what is left of its group."""
    with suppress(psutil.NoSuchProcess, psutil.TimeoutExpired):
        process.terminate()
        process.wait(STOP_TIMEOUT)
    # The group outlives its leader while any worker does; its id is the leader's.
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(STOP_TIMEOUT)


def log_tail(log: Path) -> str:
    """Give the end of what the server printed."""
    return tail(log.read_text(encoding="utf-8", errors="replace"))


def tail(text: str) -> str:
    """Give the last lines of an output, enough to see a traceback's end."""
    return "\n".join(text.strip().splitlines()[-15:]) or "it said nothing"
