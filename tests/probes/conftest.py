"""Fixtures of every probe: what it observed, with what, and on which application."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.contracts.implementation import ROOT
from tests.probes.fixtures import Observe, RanFrom, RanWith, Served
from tests.probes.small_apps import SmallApp, small_app

HELPERS = sorted(Path(__file__).parent.glob("*.py"))


@pytest.fixture
def observe(request: pytest.FixtureRequest) -> Observe:
    """Give the function that records the outcome's word for a contender."""

    def record(contender: str, word: str) -> None:
        request.node.user_properties.append(("outcome", [contender, word]))

    return record


@pytest.fixture
def ran_with(request: pytest.FixtureRequest) -> RanWith:
    """Give the function that records which distributions took part."""

    def record(contender: str, distributions: Iterable[str]) -> None:
        request.node.user_properties.append(("distributions", [contender, sorted(distributions)]))

    return record


@pytest.fixture
def ran_from(request: pytest.FixtureRequest) -> RanFrom:
    """Give the function that records which files took part beside the test itself."""

    def record(paths: Iterable[str]) -> None:
        request.node.user_properties.append(("sources", sorted(paths)))

    return record


@pytest.fixture(autouse=True)
def _ran_from_helpers(ran_from: RanFrom) -> None:
    """Record that what probes share took part: a change in it makes their proofs stale."""
    ran_from(path.relative_to(ROOT).as_posix() for path in HELPERS)


@pytest.fixture(scope="session")
def _served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Give the function that serves small applications; they stop at the end of the session."""
    started: dict[tuple[object, ...], SmallApp] = {}
    with ExitStack() as stack:

        def serve(contender: str, *, asgi: bool = False, **env: str) -> SmallApp:
            key = (contender, asgi, *sorted(env.items()))
            if key not in started:
                packages = tmp_path_factory.mktemp("packages")
                app = small_app(contender, packages, asgi=asgi, env=env)
                started[key] = stack.enter_context(app)
            return started[key]

        yield serve


@pytest.fixture
def served(_served: Served, ran_from: RanFrom) -> Served:
    """Give the function that serves small applications and records their sources."""

    def serve(contender: str, *, asgi: bool = False, **env: str) -> SmallApp:
        app = _served(contender, asgi=asgi, **env)
        ran_from([app.source.relative_to(ROOT).as_posix()])
        return app

    return serve
