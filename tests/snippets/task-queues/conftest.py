"""What the tests of task queues share: the partner, the store, and a snippet's Celery worker."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.snippets.partner import Partner, serving_partner
from tests.snippets.processes import Process, started


@pytest.fixture
def partner(monkeypatch: pytest.MonkeyPatch) -> Iterator[Partner]:
    """Give the company that the snippet sends invoices to, its address in the environment."""
    with serving_partner() as partner:
        monkeypatch.setenv("PARTNER_URL", partner.address)
        yield partner


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch, valkey_url: str) -> Iterator[Any]:
    """Give a client of the empty Valkey, its address in the environment."""
    import redis  # noqa: PLC0415  # a proof counts what is imported, and one queue has no Redis

    monkeypatch.setenv("REDIS_URL", valkey_url)
    with redis.Redis.from_url(valkey_url) as client:
        yield client


@pytest.fixture
def kill() -> Callable[[Process], None]:
    """Give what ends a worker and all its processes as a lost machine would."""

    def killed(worker: Process) -> None:
        os.killpg(worker.process.pid, signal.SIGKILL)
        worker.process.wait(30)

    return killed


@pytest.fixture
def working(
    snippet_file: Path, kill: Callable[[Process], None]
) -> Callable[..., AbstractContextManager[Process]]:
    """Give what runs the snippet's Celery worker, with further options, until a block ends.

    It is killed then, unless the test has ended it: a worker takes seconds to stop by itself.
    """

    @contextmanager
    def working(
        *options: str, folder: Path = snippet_file.parent, env: dict[str, str] | None = None
    ) -> Iterator[Process]:
        command = f"celery -A {snippet_file.stem} worker --loglevel INFO --without-mingle"
        with started([*command.split(), *options], folder, env) as worker:
            try:
                worker.says(" ready.")
                yield worker
            finally:
                if worker.process.poll() is None:
                    kill(worker)

    return working
