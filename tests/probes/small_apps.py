"""Serve the small applications of `apps/` on the contract's server, on the framework alone."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

from packaging.requirements import Requirement

from tests.contracts.implementation import Implementation, implementations
from tests.contracts.running import running
from tests.probes.distributions import closure, environment, labels

APPS = Path(__file__).parent / "web-frameworks" / "apps"
# Extras that a framework declares for its own features belong to it.
OWN_EXTRAS = {"flask": ["flask[async]"]}
# The server that could carry a WebSocket to a Django project.
ASGI_SERVER = "uvicorn[standard]"
ASGI_COMMAND = ("uvicorn", "app:asgi", "--port", "{port}", "--log-level", "warning")


@dataclass(frozen=True)
class SmallApp:
    """A running small application: its address, its source, and what it could import."""

    url: str
    source: Path
    distributions: list[str]


@dataclass(frozen=True)
class Alone(Implementation):
    """The contract's server around the small application, with a closed set of packages."""

    @property
    def folder(self) -> Path:
        """Give the folder of the small application."""
        return APPS / self.technology

    def serve_command(self, port: int) -> list[str]:
        """Give the command that serves the small application on a port of 127.0.0.1."""
        own = "app:init" if self.interface == "own" else "app:app"
        words = (own if word == self.app else word for word in self.serve)
        return alone([word.replace("{port}", str(port)) for word in words])


def alone(words: list[str]) -> list[str]:
    """Give the command that runs the words with only the standard library and PYTHONPATH.

    The first word is `python` or a program whose module has its name.
    """
    program, *rest = words
    return [sys.executable, "-S", *([] if program == "python" else ["-m", program]), *rest]


def framework_requirements(contender: str) -> list[str]:
    """Give what a reader installs for the framework alone, without server and database."""
    return [implementations()[contender].install[0], *OWN_EXTRAS.get(contender, [])]


def framework_distribution(contender: str) -> str:
    """Give the name of the framework's own distribution: `djangorestframework`."""
    return Requirement(implementations()[contender].install[0]).name


def server_requirements(implementation: Implementation) -> list[str]:
    """Give the contract's server as the contract's install line writes it."""
    server = implementation.server
    return [item for item in implementation.install if item.split("[")[0] == server] or [server]


@contextmanager
def small_app(
    contender: str, packages: Path, *, asgi: bool = False, env: Mapping[str, str]
) -> Iterator[SmallApp]:
    """Serve the contender's small application with its contract's server and concurrency.

    The directory `packages` is filled with the framework and the server. With `asgi` a Django
    project is served over ASGI instead.
    """
    contract = implementations()[contender]
    app = Alone(**{field.name: getattr(contract, field.name) for field in fields(contract)})
    server = server_requirements(contract)
    if asgi:
        app = Alone(**{**vars(app), "serve": ASGI_COMMAND})
        server = [ASGI_SERVER]
    installed = closure([*framework_requirements(contender), *server])
    environment(installed.values(), packages)
    with running(app, "", env={"PYTHONPATH": str(packages), **env}) as process:
        yield SmallApp(process.url, app.folder / "app.py", labels(installed))
