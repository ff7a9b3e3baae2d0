"""Worker and Beat start as asked and answer, and the worker stops only when its task is done."""

import json
import os
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
import redis
from celery import Celery

from tests.snippets.loading import snippet_path
from tests.snippets.processes import Process, ran, started, until


@dataclass(frozen=True)
class Script:
    """The snippet as it runs beside the other test, for it waits for seconds."""

    running: Process
    address: str
    """Of its Valkey."""
    folder: Path
    store: Any


def export(address: str) -> None:
    """Send a task that ends once there is a file `go` in its worker's folder."""
    with Celery(broker=address) as app:
        app.send_task("shop.export", queue="exports")


@pytest.fixture(scope="module", autouse=True)
def script(valkey_url_apart: str, shop_apart: Path) -> Iterator[Script]:
    export(valkey_url_apart)
    command = ["bash", str(snippet_path(Path(__file__)).with_suffix(".sh"))]
    with (
        redis.Redis.from_url(valkey_url_apart) as store,
        started(command, shop_apart, {"REDIS_URL": valkey_url_apart}) as running,
    ):
        yield Script(running, valkey_url_apart, shop_apart, store)


def test_ping_of_a_busy_solo_worker_fails_as_if_there_were_none(
    shop: Path, store: Any, kill: Any
) -> None:
    def ping(name: str, seconds: str) -> tuple[int, str]:
        node = f"{name}@{socket.gethostname()}"
        command = ["celery", "-A", "shop", "inspect", "ping", "--destination"]
        done = ran([*command, node, "--timeout", seconds], shop)
        return done.returncode, done.stdout

    export(os.environ["REDIS_URL"])
    command = "celery -A shop worker --queues exports --pool solo --loglevel INFO"
    with started([*command.split(), "--without-mingle"], shop) as worker:
        worker.says("shop.export[")
        with ThreadPoolExecutor() as pool:
            answers = pool.map(ping, ("celery", "nobody"), ("0.5", "0.5"))
        assert list(answers) == [(69, ""), (69, "")]
        (shop / "go").touch()
        worker.says("'exported'")
        # Its answer ends the wait: `ran` does not bear 90 seconds.
        code, said = ping("celery", "90")
        assert (code, "pong" in said) == (0, True)
        kill(worker)


def test_worker_is_set_up_as_asked_and_stops_when_its_task_is_done(script: Script) -> None:
    said = script.running.says("pong", 60)
    (ping,) = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    node = f"mail@{socket.gethostname()}"
    assert ping == {node: {"ok": "pong"}}
    with Celery(broker=script.address) as app:
        stats = app.control.inspect([node], timeout=30).stats()[node]
    assert stats["pool"]["max-concurrency"] == 2
    assert stats["pool"]["max-tasks-per-child"] == 500
    assert stats["prefetch_count"] == 2

    os.kill(stats["pid"], signal.SIGTERM)
    script.running.says("Warm shutdown")
    log = script.folder / "worker.log"
    assert "'exported'" not in log.read_text("utf-8")
    assert psutil.Process(stats["pid"]).is_running()
    (script.folder / "go").touch()
    until(lambda: "'exported'" in log.read_text("utf-8"))
    until(lambda: not script.store.exists("mail", "exports", "unacked"))


def test_beat_sends_what_is_due_and_keeps_its_state(script: Script) -> None:
    log = script.folder / "beat.log"
    until(lambda: "Sending due task nightly" in log.read_text("utf-8"))
    until(lambda: script.store.llen("nightly"))
    assert (script.folder / "beat-state").is_file()
    assert script.running.process.poll() is None
