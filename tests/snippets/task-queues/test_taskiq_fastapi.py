"""A task sent from a route uses the app's client, is retried with pauses, and outlives a worker."""

import asyncio
import json
import os
import random
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import ANY

import httpx2
import pytest
import redis
from fastapi.testclient import TestClient
from taskiq import TaskiqMessage, TaskiqResult

from tests.services.running import free_port
from tests.snippets.loading import loaded
from tests.snippets.partner import Partner, serving_partner
from tests.snippets.processes import Process, started, until

IDLE = 300_000


@pytest.fixture
def code(snippet_file: Path) -> Path:
    """Give the application that the commands start."""
    return snippet_file.with_suffix("") / "invoices.py"


@pytest.fixture
def snippet(code: Path) -> Iterator[ModuleType]:
    with loaded(code) as module:
        yield module


@pytest.fixture
def commands(snippet_file: Path) -> dict[str, list[str]]:
    """Give the commands of the snippet by `uvicorn`, `worker` and `scheduler`."""
    lines = [line.split() for line in snippet_file.read_text("utf-8").splitlines()]
    found = {line[1]: line for line in lines if line[0] != "#"}
    assert set(found) == {"invoices:app", "worker", "scheduler"}
    return found


@pytest.fixture(autouse=True)
def partner(monkeypatch: pytest.MonkeyPatch, valkey_url: str) -> Iterator[Partner]:
    with serving_partner() as partner:
        monkeypatch.setenv("PARTNER_URL", partner.address)
        monkeypatch.setenv("REDIS_URL", valkey_url)
        yield partner


@pytest.fixture
def client(snippet: ModuleType) -> Iterator[TestClient]:
    with TestClient(snippet.app) as client:
        yield client


@pytest.fixture
def store(valkey_url: str) -> Iterator[Any]:
    with redis.Redis.from_url(valkey_url) as store:
        yield store


@contextmanager
def working(code: Path, commands: dict[str, list[str]]) -> Iterator[Process]:
    with started(commands["worker"], code.parent) as worker:
        worker.says("Listening started")
        yield worker


def unacknowledged(store: Any) -> int:
    return store.xpending("taskiq", "taskiq")["pending"]


def pauses(store: Any) -> list[float]:
    """Give the seconds from now to each retry that waits for the scheduler."""
    retries = [json.loads(store.get(key)) for key in store.scan_iter("schedule:data:*")]
    now = datetime.now(UTC)
    return [(datetime.fromisoformat(retry["time"]) - now).total_seconds() for retry in retries]


async def fail(snippet: ModuleType, error: Exception, retries: int = 0) -> None:
    """Let the broker's middleware see a task that failed, as the worker does."""
    task = snippet.send_invoice
    labels = {**task.labels, "_retries": retries}
    message = TaskiqMessage(
        task_id="one", task_name=task.task_name, labels=labels, args=[7], kwargs={}
    )
    result = TaskiqResult(is_err=True, return_value=None, execution_time=0, error=error)
    await snippet.broker.middlewares[0].on_error(message, result, error)


def test_worker_sends_and_tries_again_what_may_succeed_after_a_pause(
    client: TestClient,
    snippet: ModuleType,
    code: Path,
    commands: dict[str, list[str]],
    partner: Partner,
    store: Any,
) -> None:
    partner.answers = {1: [503], 2: [422], 3: ["wait"]}
    for number in (1, 2):
        answer = client.post(f"/invoices/{number}/send")
        assert answer.status_code == 202
        assert answer.json() == {"task": ANY}
    assert client.portal is not None
    client.portal.call(snippet.send_invoice.kicker().with_labels(timeout=0.5).kiq, 3)
    with working(code, commands), started(commands["scheduler"], code.parent):
        until(lambda: len(partner.times(1)) == len(partner.times(3)) == 2, 25)
        until(lambda: unacknowledged(store) == 0)
    first, second = partner.times(1)
    assert second - first >= 1
    assert len(partner.times(2)) == 1
    assert partner.keys[0] == "invoice-1"
    assert store.xlen("taskiq") == 5  # acknowledged messages stay


@pytest.mark.parametrize("retries", [0, 1, 2])
def test_pause_grows_with_each_try(snippet: ModuleType, store: Any, retries: int) -> None:
    asyncio.run(fail(snippet, snippet.PartnerUnavailableError(), retries))
    (pause,) = pauses(store)
    assert retries + 0.5 < pause < retries + 2


def test_pause_has_a_random_part(
    snippet: ModuleType, store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(random, "random", lambda: 100.0)
    asyncio.run(fail(snippet, snippet.PartnerUnavailableError()))
    (pause,) = pauses(store)
    assert pause > 90


def test_fourth_try_is_the_last(snippet: ModuleType, store: Any) -> None:
    asyncio.run(fail(snippet, snippet.PartnerUnavailableError(), 3))
    assert pauses(store) == []


@pytest.mark.parametrize(
    ("error", "number"), [(ValueError(), 0), (httpx2.ConnectError(""), 1), (TimeoutError(), 1)]
)
def test_only_errors_that_may_pass_are_retried(
    snippet: ModuleType, store: Any, error: Exception, number: int
) -> None:
    asyncio.run(fail(snippet, error))
    assert len(pauses(store)) == number


def test_limits_fit_together(snippet: ModuleType) -> None:
    assert snippet.send_invoice.labels["timeout"] == 60
    assert (snippet.broker.idle_timeout, snippet.broker.maxlen) == (IDLE, 100_000)


def test_without_a_schedule_source_a_retry_is_sent_at_once(
    snippet: ModuleType, code: Path, store: Any
) -> None:
    source = code.read_text("utf-8")
    assert source.count("schedule_source=later") == 1
    changed = ModuleType("invoices")
    exec(source.replace("schedule_source=later", "schedule_source=None"), vars(changed))
    asyncio.run(fail(changed, changed.PartnerUnavailableError(), 2))
    assert pauses(store) == []
    assert store.xlen("taskiq") == 1


def test_task_of_a_killed_worker_runs_again_with_the_next_message_after_the_idle_time(
    snippet: ModuleType,
    code: Path,
    commands: dict[str, list[str]],
    partner: Partner,
    store: Any,
) -> None:
    async def send(invoice: int) -> None:
        await snippet.send_invoice.kiq(invoice)
        await snippet.broker.connection_pool.disconnect()

    partner.answers = {1: ["wait"]}
    asyncio.run(send(1))  # before any worker, and without startup() of the broker
    with working(code, commands) as worker:
        until(lambda: partner.times(1))
        os.killpg(worker.process.pid, signal.SIGKILL)
        worker.process.wait(10)
    (entry,) = store.xpending_range("taskiq", "taskiq", "-", "+", 9)
    with working(code, commands):
        until(lambda: store.info("commandstats")["cmdstat_xreadgroup"]["calls"] > 1)
        asyncio.run(send(2))
        until(lambda: partner.times(2))
        until(lambda: store.info("commandstats").get("cmdstat_xautoclaim"))
        assert len(partner.times(1)) == 1  # not idle for long enough
        idle = {"idle": IDLE + 1, "justid": True}
        store.xclaim("taskiq", "taskiq", entry["consumer"], 0, [entry["message_id"]], **idle)
        reads = store.info("commandstats")["cmdstat_xreadgroup"]["calls"]
        until(lambda: store.info("commandstats")["cmdstat_xreadgroup"]["calls"] > reads)
        assert len(partner.times(1)) == 1  # idle, but nothing new arrived
        asyncio.run(send(3))
        until(lambda: len(partner.times(1)) == 2)
        until(lambda: unacknowledged(store) == 0)


def test_server_of_the_commands_takes_a_request(
    code: Path, commands: dict[str, list[str]], store: Any
) -> None:
    port = str(free_port())
    assert commands["invoices:app"][-2:] == ["--port", "8000"]
    with started([*commands["invoices:app"][:-1], port], code.parent) as server:
        server.says("Application startup complete")
        answer = httpx2.post(f"http://127.0.0.1:{port}/invoices/1/send")
    assert answer.status_code == 202
    assert store.xlen("taskiq") == 1
