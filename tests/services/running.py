"""Start a server binary as an unprivileged user and wait until it answers."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.services.model import ServiceBroken, ServiceUnavailable

STOP_SIGNAL_FILE = "stop-signal"
# RabbitMQ takes 5 s on an idle machine; tests may be running on every core.
ANSWER_TIMEOUT = 60.0
# Debian keeps servers out of an ordinary user's PATH; Homebrew's directory is often missing too.
SERVER_DIRECTORIES = ("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/bin")
# Servers get nothing else of our environment: neither secrets nor PG* or locale variables.
SERVER_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
# Servers outlive the test that asked first; a dropped Popen would warn that its process still runs.
LAUNCHED: list[subprocess.Popen[bytes]] = []


def free_port() -> int:
    """Give a TCP port of the loopback interface that nothing listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def identity() -> dict[str, Any]:
    """Give the `subprocess` arguments that make root a `nobody`; empty for any other user."""
    if os.geteuid() != 0:
        return {}
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        message = "servers refuse root and there is no user 'nobody'; run the tests as another user"
        raise ServiceUnavailable(message) from None
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def hand_over(directory: Path) -> None:
    """Make the directory belong to the user that servers run as."""
    if account := identity():
        os.chown(directory, account["user"], account["group"])


def find_binary(name: str, *directories: str) -> Path:
    """Give the server's binary from the PATH or the places where systems keep servers."""
    places = [os.environ.get("PATH", os.defpath), *SERVER_DIRECTORIES, *directories]
    found = shutil.which(name, path=os.pathsep.join(places))
    if found is None:
        message = f"no {name} on the PATH"
        raise ServiceUnavailable(message)
    return Path(found).resolve()


def runs(binary: Path, home: Path) -> bool:
    """Tell whether the user that servers run as can execute the binary."""
    try:
        run([binary, "--version"], home)
    except ServiceUnavailable:
        return False
    return True


def within_reach(binary: Path, trees: Sequence[Path], home: Path) -> Path:
    """Give a path at which the binary runs, copied into `home` with `trees` where it must be.

    Root's virtual environment may lie in a directory that `nobody` cannot enter. The trees, of
    which one holds the binary, are copied side by side so that relative library paths hold.
    """
    if runs(binary, home):
        return binary
    copies = home / "copied"
    copies.mkdir(mode=0o755)
    for tree in trees:
        if tree.is_dir():
            shutil.copytree(tree, copies / tree.name)
        elif tree.exists():
            shutil.copy2(tree, copies / tree.name)
    base = next(tree for tree in trees if binary.is_relative_to(tree))
    return copies / base.name / binary.relative_to(base)


def run(command: Sequence[str | Path], home: Path) -> str:
    """Run a tool of the server to its end and give its output.

    Like a server it has no terminal and works in `home`, so the reaper can stop it too.
    """
    try:
        done = subprocess.run(
            command,
            cwd=home,
            env=SERVER_ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=ANSWER_TIMEOUT,
            start_new_session=True,
            check=False,
            **identity(),
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        message = f"{Path(command[0]).name}: {error}"
        raise ServiceUnavailable(message) from error
    if done.returncode:
        message = (
            f"{Path(command[0]).name} exited with {done.returncode}: {last_lines(done.stderr)}"
        )
        raise ServiceUnavailable(message)
    return str(done.stdout)


def forget_ended() -> None:
    """Ask the launched servers for their exit codes, as Python warns of those it does not know."""
    LAUNCHED[:] = [server for server in LAUNCHED if server.poll() is None]


def launch(
    command: Sequence[str | Path],
    home: Path,
    *,
    stop: signal.Signals = signal.SIGTERM,
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a server with `home` as its working directory; `stop` is what ends it cleanly.

    The reaper recognises our servers by that working directory, so a server must stay in it.
    `environment` adds to what servers get.
    """
    forget_ended()
    (home / STOP_SIGNAL_FILE).write_text(stop.name, encoding="ascii")
    with (home / "log").open("ab") as log:
        try:
            server = subprocess.Popen(
                command,
                cwd=home,
                env={**SERVER_ENVIRONMENT, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **identity(),
            )
        except OSError as error:
            message = f"{Path(command[0]).name}: {error}"
            raise ServiceUnavailable(message) from error
    LAUNCHED.append(server)
    return server


def wait_until_answering(
    ask: Callable[[], object], server: subprocess.Popen[bytes] | None, home: Path
) -> None:
    """Return once `ask` no longer raises `ServiceBroken`.

    Raises `ServiceUnavailable` when the server ends before it answers, or never answers; it is
    then stopped.
    """
    deadline = time.monotonic() + ANSWER_TIMEOUT
    while True:
        if server is not None and server.poll() is not None:
            log = (home / "log").read_text(encoding="utf-8", errors="replace")
            message = f"the server exited with {server.returncode}: {last_lines(log)}"
            raise ServiceUnavailable(message)
        try:
            ask()
        except ServiceBroken as error:
            if time.monotonic() > deadline:
                if server is not None:
                    server.kill()
                    server.wait()
                message = f"the server did not answer within {ANSWER_TIMEOUT:.0f} s: {error}"
                raise ServiceUnavailable(message) from error
            time.sleep(0.02)
        else:
            return


def last_lines(text: str) -> str:
    """Give the end of a log as one line, short enough for a skip reason."""
    return " / ".join(text.strip().splitlines()[-3:])[-300:] or "it said nothing"
