"""Stop every server of a run and remove its directory once the run is over, however it ended.

A process of its own: `python reaper.py <run directory>`. The run holds the other end of its
standard input; when that end closes, by a clean finish or by `kill -9`, the run is over.
"""

import fcntl
import os
import select
import shutil
import signal
import sys
import time
from pathlib import Path

import psutil

CLOSED = "closed"
STOP_TIMEOUT = 8.0
LOCK_TIMEOUT = 10.0


def wait_for_the_end(parent: int) -> None:
    """Return when standard input closes or the parent is gone.

    The second holds even if a forked child of the run still has the pipe open.
    """
    while os.getppid() == parent:
        if select.select([sys.stdin], [], [], 1.0)[0] and not os.read(sys.stdin.fileno(), 1):
            return


def servers(home: Path) -> list[psutil.Process]:
    """Give the processes that work in the directory and their descendants.

    Nothing that was written down can be missing or out of date: a server belongs to a run
    because its working directory does.
    """
    found: dict[int, psutil.Process] = {}
    for process in psutil.process_iter():
        try:
            # With a terminal it is somebody's shell, looking at the logs.
            if Path(process.cwd()).is_relative_to(home) and process.terminal() is None:
                found[process.pid] = process
                found.update({child.pid: child for child in process.children(recursive=True)})
        except (psutil.Error, OSError):
            continue
    return [process for process in found.values() if process.pid != os.getpid()]


def stop_servers(run: Path) -> None:
    """Stop what runs in the directory: politely first, by force after `STOP_TIMEOUT`."""
    deadline = time.monotonic() + STOP_TIMEOUT
    asked: set[int] = set()
    while running := servers(run):
        pids = {process.pid for process in running}
        for process in running:
            try:
                if time.monotonic() > deadline:
                    process.kill()
                # A server stops its own children; signalled by us they would look crashed.
                elif process.pid not in asked and process.ppid() not in pids:
                    process.send_signal(stop_signal(run, process))
                    asked.add(process.pid)
            except psutil.Error:
                continue
        time.sleep(0.02)


def stop_signal(run: Path, process: psutil.Process) -> signal.Signals:
    """Give the signal that ends the server cleanly, as noted where it was started."""
    for directory in [Path(process.cwd()), *Path(process.cwd()).parents]:
        if directory == run:
            break
        if (note := directory / "stop-signal").exists():
            return signal.Signals[note.read_text(encoding="ascii")]
    return signal.SIGTERM


def wait_for_starts(run: Path) -> None:
    """Return when no process is inside a start any more; none begins once the run is closed."""
    deadline = time.monotonic() + LOCK_TIMEOUT
    for path in run.glob("*.lock"):
        with path.open("w") as lock:
            while time.monotonic() < deadline:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    time.sleep(0.02)


def remove_containers(run: Path) -> None:
    """Remove the containers whose names stand in the run's directory."""
    names = [note.read_text(encoding="utf-8") for note in run.glob("*/*/container")]
    if not names:
        return
    from docker.errors import DockerException, NotFound  # noqa: PLC0415 - not in the lock
    from testcontainers.core.docker_client import DockerClient  # noqa: PLC0415

    for name in names:
        try:
            DockerClient().client.containers.get(name).remove(force=True, v=True)
        except NotFound:
            continue
        except DockerException as error:
            sys.stderr.write(f"container {name} was left behind: {error}\n")


def main(run: Path) -> int:
    """Wait, stop, remove; 1 if something of the run is still there."""
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    wait_for_the_end(os.getppid())
    (run / CLOSED).touch()
    stop_servers(run)
    wait_for_starts(run)
    stop_servers(run)
    remove_containers(run)
    shutil.rmtree(run, ignore_errors=True)
    return int(run.exists())


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
