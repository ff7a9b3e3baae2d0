"""Each command does what its comment says, and the worker stops only when its task is done."""

import json
import os
import re
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
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
def folder(store: Any, tmp_path: Path) -> Path:
    (tmp_path / "shop.py").write_text(SHOP, "utf-8")
    return tmp_path


def documents(said: str) -> list[Any]:
    """Give the JSON objects in the output, one a line."""
    return [json.loads(line) for line in said.splitlines() if line.startswith("{")]


def test_commands_do_what_they_say(folder: Path, snippet_file: Path, store: Any) -> None:
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
        assert script.process.wait(60) == 0
    assert "'exported'" in log.read_text("utf-8")
    assert "Sending due task nightly" in (folder / "beat.log").read_text("utf-8")
    assert (folder / "beat-state").is_file()
    assert store.llen("nightly") > 0
    assert not store.exists("mail", "exports", "unacked")


def test_ping_of_a_busy_solo_worker_fails_as_if_there_were_none(folder: Path, kill: Any) -> None:
    def ping(name: str, seconds: str) -> tuple[int, str]:
        node = f"{name}@{socket.gethostname()}"
        command = ["celery", "-A", "shop", "inspect", "ping", "--destination"]
        done = ran([*command, node, "--timeout", seconds], folder)
        return done.returncode, done.stdout

    with Celery(broker=os.environ["REDIS_URL"]) as app:
        app.send_task("shop.export", queue="exports")
    command = "celery -A shop worker --queues exports --pool solo --loglevel INFO"
    with started([*command.split(), "--without-mingle"], folder) as worker:
        worker.says("shop.export[")
        with ThreadPoolExecutor() as pool:
            answers = pool.map(ping, ("celery", "nobody"), ("0.5", "0.5"))
        assert list(answers) == [(69, ""), (69, "")]
        (folder / "go").touch()
        worker.says("'exported'")
        # Its answer ends the wait: `ran` does not bear 90 seconds.
        code, said = ping("celery", "90")
        assert (code, "pong" in said) == (0, True)
        kill(worker)
