"""Run what a reader would run in a terminal: a server, a worker, a test run of a copied file."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.contracts.running import stop, tail

BIN = Path(sys.executable).parent
TEMPORARY = "PYTEST_DEBUG_TEMPROOT"
"""Where pytest makes its folders; a test run that a test starts makes them in the same place."""

STARTING = 30.0
"""Seconds within which a process says what it is waited for."""


@dataclass(frozen=True)
class Process:
    """A process that a test started, and the file that it prints to."""

    process: psutil.Popen
    log: Path

    @property
    def said(self) -> str:
        """Everything that it printed until now, errors too."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def says(self, text: str, seconds: float = STARTING) -> str:
        """Wait until it has printed `text` and give its whole output.

        Raises `AssertionError` with the end of the output when it ends before or says nothing.
        """
        deadline = time.monotonic() + seconds
        while text not in self.said:
            code = self.process.poll()
            if code is not None and text not in self.said:
                message = f"ended with {code} before it said {text!r}:\n{tail(self.said)}"
                raise AssertionError(message)
            if time.monotonic() > deadline:
                message = f"did not say {text!r} within {seconds:g} s:\n{tail(self.said)}"
                raise AssertionError(message)
            time.sleep(0.02)
        return self.said


@contextmanager
def started(
    command: Sequence[str | Path], folder: Path, env: Mapping[str, str] | None = None
) -> Iterator[Process]:
    """Run the command in the folder until the block ends; its whole group is stopped then.

    A program of the environment is named alone (`celery`), or as `python`. `env` adds to the
    environment.
    """
    with tempfile.TemporaryDirectory() as temporary:
        log = Path(temporary) / "log"
        with log.open("ab") as output:
            process = psutil.Popen(
                [in_environment(command[0]), *command[1:]],
                cwd=folder,
                env=environment(env),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            yield Process(process, log)
        finally:
            stop(process)


def ran(
    command: Sequence[str | Path],
    folder: Path,
    env: Mapping[str, str] | None = None,
    seconds: float = 60.0,
) -> subprocess.CompletedProcess[str]:
    """Run the command in the folder to its end and give its exit code and output."""
    return subprocess.run(
        [in_environment(command[0]), *command[1:]],
        cwd=folder,
        env=environment(env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


def ran_pytest(
    folder: Path,
    *arguments: str,
    plugins: Sequence[str] = (),
    env: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run pytest in a folder of its own, with these plugins alone (by module).

    Other plugins of the environment stay out: a reader does not have them, and Locust's patches
    the standard library.
    """
    # With `-p` pytest would look through all packages for each name.
    named = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": ",".join(plugins)}
    apart = {**named, **(env or {})}
    options = ["-p", "no:cacheprovider", *arguments]
    return ran(["python", "-m", "pytest", *options], folder, apart)


def in_environment(program: str | Path) -> str:
    """Give the path of a program that the test environment brings, or the name as it is."""
    beside = BIN / program
    return str(beside) if beside.is_file() else str(program)


def environment(env: Mapping[str, str] | None = None) -> dict[str, str]:
    """Give the environment of a child: ours without what steers pytest, and what is added."""
    steering = {name for name in os.environ if name.startswith("PYTEST_")} - {TEMPORARY}
    kept = {name: value for name, value in os.environ.items() if name not in steering}
    path = os.pathsep.join([str(BIN), kept.get("PATH", os.defpath)])
    return {**kept, "PATH": path, "PYTHONUNBUFFERED": "1", **(env or {})}


def until(holds: Callable[[], object], seconds: float = 30.0) -> None:
    """Return once the condition holds; `AssertionError` after `seconds`."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"did not hold within {seconds:g} s"
        time.sleep(0.02)
