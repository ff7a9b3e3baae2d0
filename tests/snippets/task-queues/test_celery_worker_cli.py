"""Each command does what its comment says, and the worker stops only when its task is done."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from celery import Celery

from tests.snippets.processes import ran, started

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


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, valkey_url: str, tmp_path: Path) -> Path:
    monkeypatch.setenv("REDIS_URL", valkey_url)
    (tmp_path / "shop.py").write_text(SHOP, "utf-8")
    return tmp_path


@pytest.fixture
def broker(valkey_url: str) -> Iterator[Any]:
    with redis.Redis.from_url(valkey_url) as client:
        yield client


def documents(said: str) -> list[Any]:
    """Give the JSON objects in the output, one a line."""
    return [json.loads(line) for line in said.splitlines() if line.startswith("{")]


def test_commands_do_what_they_say(folder: Path, snippet_file: Path, broker: Any) -> None:
    with Celery(broker=os.environ["REDIS_URL"]) as app:
        app.send_task("shop.export", queue="exports")
    with started(["bash", snippet_file], folder) as script:
        said = script.says("Purged ", seconds=60)
        assert "Purged 1 message from 1 known task queue." in said
        assert re.search(r"^mail to ada@example.com$", said, re.MULTILINE)
        assert "bob@example.com" not in (folder / "worker.log").read_text("utf-8")

        ping, active, stats = documents(said)
        (node,) = ping
        assert node.startswith("mail@")
        assert ping[node] == {"ok": "pong"}
        assert [task["name"] for task in active[node]] == ["shop.export"]
        assert stats[node]["pool"]["max-concurrency"] == 2
        assert stats[node]["pool"]["max-tasks-per-child"] == 500
        assert stats[node]["prefetch_count"] == 2

        log = folder / "worker.log"
        script.says("Warm shutdown")
        assert script.process.poll() is None
        assert "'exported'" not in log.read_text("utf-8")
        (folder / "go").touch()
        assert script.process.wait(30) == 0
    assert "'exported'" in log.read_text("utf-8")
    assert "Sending due task nightly" in (folder / "beat.log").read_text("utf-8")
    assert (folder / "beat-state").is_file()
    assert broker.llen("nightly") > 0
    assert not broker.exists("mail", "exports", "unacked")


def test_ping_of_a_busy_solo_worker_fails_as_if_there_were_none(
    folder: Path, snippet_file: Path
) -> None:
    ping = ["celery", "-A", "shop", "inspect", "ping", "--timeout", "0.5"]
    nobody = ran(ping, folder)
    assert (nobody.returncode, nobody.stdout) == (69, "")
    with Celery(broker=os.environ["REDIS_URL"]) as app:
        app.send_task("shop.export", queue="exports")
    command = "celery -A shop worker --queues exports --pool solo --loglevel INFO"
    with started([*command.split(), "--without-mingle"], folder) as worker:
        worker.says("shop.export[")
        assert ran(ping, folder).returncode == 69
        (folder / "go").touch()
        worker.says("'exported'")
        assert ran(ping, folder).returncode == 0
