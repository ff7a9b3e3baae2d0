"""Serve the small applications of `apps/` on the contract's server, on the framework alone."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement

from tests.contracts.implementation import Implementation, implementations
from tests.contracts.running import running
from tests.probes.contenders import DJANGO_FAMILY
from tests.probes.distributions import closure, environment, labels

APPS = Path(__file__).parent / "web-frameworks" / "apps"
# Extras that a framework declares for its own features belong to it.
OWN_EXTRAS = {"flask": ["flask[async]"]}
# WebSockets are the server's business first: bare uvicorn speaks none to anybody.
FULL_SERVERS = {"uvicorn": "uvicorn[standard]"}
ASGI_COMMAND = ("uvicorn", "app:asgi", "--port", "{port}", "--log-level", "warning")


@dataclass(frozen=True)
class SmallApp:
    """A running small application: its address, its source, and what it could import."""

    url: str
    source: Path
    distributions: list[str]


@dataclass(frozen=True)
class Alone(Implementation):
    """The contract's server around another application, with a closed set of packages.

    `target` is the other application as `module:attribute`, importable from the folder `home`.
    """

    home: Path
    target: str

    @property
    def folder(self) -> Path:
        """Give the folder of the application."""
        return self.home

    def serve_command(self, port: int) -> list[str]:
        """Give the command that serves the application on a port of 127.0.0.1."""
        words = (self.target if word == self.app else word for word in self.serve)
        return alone(*(word.replace("{port}", str(port)) for word in words))


def alone(program: str, *arguments: str) -> list[str]:
    """Give the command that runs with only the standard library and PYTHONPATH.

    The program is `python` or one whose module has its name.
    """
    module = [] if program == "python" else ["-m", program]
    return [sys.executable, "-S", *module, *arguments]


def framework_requirements(contender: str) -> list[str]:
    """Give what a reader installs for the framework alone, without server and database."""
    return [implementations()[contender].install[0], *OWN_EXTRAS.get(contender, [])]


def own_distribution(contender: str) -> str:
    """Give the name of the framework's own distribution: `djangorestframework`."""
    return Requirement(implementations()[contender].install[0]).name


def framework_distributions(contender: str) -> list[str]:
    """Give the names of the framework's own distributions: Django's too where it runs on it."""
    own = own_distribution(contender)
    return sorted({own, "django"}) if contender in DJANGO_FAMILY else [own]


@contextmanager
def small_app(
    contender: str, packages: Path, *, asgi: bool = False, env: Mapping[str, str]
) -> Iterator[SmallApp]:
    """Serve the contender's small application with its contract's server and concurrency.

    The directory `packages` is filled with the framework and the server. With `asgi` a Django
    project is served over ASGI instead.
    """
    contract = implementations()[contender]
    settings = vars(contract) | ({"serve": ASGI_COMMAND, "server": "uvicorn"} if asgi else {})
    app = Alone(**settings, home=APPS / contender, target="app:app")
    with served_alone(app, packages, env) as (url, distributions):
        yield SmallApp(url, app.folder / "app.py", distributions)


@contextmanager
def served_alone(
    app: Alone, packages: Path, env: Mapping[str, str]
) -> Iterator[tuple[str, list[str]]]:
    """Serve with the framework and the server only; give the address and what was importable."""
    server = FULL_SERVERS.get(app.server, app.server)
    installed = closure([*framework_requirements(app.technology), server])
    environment(installed.values(), packages)
    with running(app, "", env={"PYTHONPATH": str(packages), **env}) as process:
        yield process.url, labels(installed)
