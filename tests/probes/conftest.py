"""Fixtures of every probe: what it observed, with which distributions, and on which app."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack

import pytest

from tests.probes.fixtures import Observe, RanWith, Served
from tests.probes.small_apps import SmallApp, small_app


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


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
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
