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

SHOP = """\
import os
import time
from pathlib import Path

from celery import Celery

app = Celery("shop", broker=os.environ["REDIS_URL"], backend=os.environ["REDIS_URL"])
app.conf.beat_schedule = {
    "nightly": {"task": "shop.export", "schedule": 0.5, "options": {"queue": "nightly"}}
}


@app.task
def send_mail(to):
    return f"mail to {to}"


@app.task
def export():
    while not Path("go").exists():
        time.sleep(0.02)
    return "exported"
"""
"""An application for Celery's commands; its export ends once there is a file `go` beside it."""


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


def with_shop(folder: Path) -> Path:
    """Put the application into a folder and give that."""
    (folder / "shop.py").write_text(SHOP, "utf-8")
    return folder


@pytest.fixture
def shop(store: Any, tmp_path: Path) -> Path:
    """Give a folder with the application; its queues are empty."""
    return with_shop(tmp_path)


@pytest.fixture(scope="module")
def shop_apart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a second one for the whole file."""
    return with_shop(tmp_path_factory.mktemp("shop"))


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
