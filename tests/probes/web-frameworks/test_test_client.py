"""Whether a test can call a handler in its own process with what the framework's package brings.

A script calls a handler of the small application by the framework's documented test client, where
only the framework's distribution and what it requires can be imported, extras left out; binding or
connecting a socket stops it. "built-in": the answer comes. "extra": the framework says that it
lacks an HTTP client package, and with that one package more the answer comes.
"""

import json
import subprocess
from collections.abc import Iterable
from importlib.metadata import Distribution
from pathlib import Path

import pytest

from tests.probes import without_sockets
from tests.probes.contenders import WEB_FRAMEWORKS
from tests.probes.distributions import closure, environment, labels
from tests.probes.fixtures import Observe, RanWith
from tests.probes.small_apps import APPS, alone, own_distribution

CLIENT = "httpx2"


@pytest.mark.parametrize("contender", WEB_FRAMEWORKS)
def test_handler_is_called_without_server_or_socket(
    contender: str, observe: Observe, ran_with: RanWith, tmp_path: Path
) -> None:
    bare = closure([own_distribution(contender)])
    done = call_in_process(contender, bare.values(), tmp_path / "bare")
    if done.returncode:
        assert f"requires the {CLIENT} package to be installed" in done.stderr, done.stderr
        bare = closure([own_distribution(contender), CLIENT])
        again = call_in_process(contender, bare.values(), tmp_path / "extra")
        assert answer(again) == {"quick": True}
        word = "extra"
    else:
        assert answer(done) == {"quick": True}
        word = "built-in"
    ran_with(contender, labels(bare))
    observe(contender, word)


def call_in_process(
    contender: str, installed: Iterable[Distribution], packages: Path
) -> subprocess.CompletedProcess[str]:
    """Run the contender's script with these packages only."""
    environment(installed, packages)
    return subprocess.run(
        alone("python", without_sockets.__file__, str(APPS / contender / "in_process.py")),
        env={"PYTHONPATH": str(packages)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def answer(done: subprocess.CompletedProcess[str]) -> object:
    """Give the JSON that the script printed last."""
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.strip().splitlines()[-1])
