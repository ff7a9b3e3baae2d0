"""A task sent from a route uses the app's client, is retried with pauses, and outlives a worker."""

import asyncio
import json
import os
import random
import re
import signal
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import ANY

import httpx2
import psutil
import pytest
import redis
from taskiq import TaskiqMessage, TaskiqResult

from tests.snippets.loading import loaded, snippet_path
from tests.snippets.partner import Partner, serving_partner
from tests.snippets.processes import Process, started, until

CODE = snippet_path(Path(__file__)).with_suffix("") / "invoices.py"
"""The application that the commands start."""

IDLE = 300_000
READING = "Starting fetching new messages"


@pytest.fixture
def snippet() -> Iterator[ModuleType]:
    with loaded(CODE) as module:
        yield module


@pytest.fixture(scope="module")
def commands() -> dict[str, list[str]]:
    """Give the commands of the snippet by `uvicorn`, `worker` and `scheduler`."""
    file = snippet_path(Path(__file__)).with_suffix(".sh")
    lines = [line.split() for line in file.read_text("utf-8").splitlines()]
    found = {line[1]: line for line in lines if line[0] != "#"}
    assert set(found) == {"invoices:app", "worker", "scheduler"}
    assert found["invoices:app"][-2:] == ["--port", "8000"]
    found["invoices:app"][-1] = "0"
    return found


@contextmanager
def working(folder: Path, commands: dict[str, list[str]], *options: str) -> Iterator[Process]:
    with started([*commands["worker"], *options], folder) as worker:
        worker.says("Listening started")
        yield worker


async def send(snippet: ModuleType, invoice: int, **labels: float) -> None:
    """Send a task from a process that did not start the broker."""
    await snippet.send_invoice.kicker().with_labels(**labels).kiq(invoice)
    await snippet.broker.connection_pool.disconnect()


def unacknowledged(store: Any) -> int:
    return store.xpending("taskiq", "taskiq")["pending"]


def due(store: Any) -> list[datetime]:
    """Give the time of each retry that waits for the scheduler."""
    retries = [json.loads(store.get(key)) for key in store.scan_iter("schedule:data:*")]
    return [datetime.fromisoformat(retry["time"]) for retry in retries]


async def fail(snippet: ModuleType, error: Exception, retries: int = 0) -> None:
    """Let the broker's middleware see a task that failed, as the worker does."""
    task = snippet.send_invoice
    labels = {**task.labels, "_retries": retries}
    message = TaskiqMessage(
        task_id="one", task_name=task.task_name, labels=labels, args=[7], kwargs={}
    )
    result = TaskiqResult(is_err=True, return_value=None, execution_time=0, error=error)
    await snippet.broker.middlewares[0].on_error(message, result, error)


def end(worker: psutil.Popen) -> None:
    """End the command `taskiq worker` and its child, which leaves its coverage behind."""

    def gone() -> bool:
        # The command looks once a second whether its child is there, and whether it shall stop.
        try:
            return child.status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return True

    (child,) = worker.children()
    child.terminate()
    until(gone)
    os.killpg(worker.pid, signal.SIGKILL)


@dataclass(frozen=True)
class Retried:
    """What goes on beside the tests, for it takes seconds: the pauses before retries."""

    partner: Partner
    store: Any
    answers: Future[list[httpx2.Response]]


@pytest.fixture(scope="module")
def retried(valkey_url_apart: str, commands: dict[str, list[str]]) -> Iterator[Retried]:
    """Run all three commands, and send two invoices through the server and one that hangs."""

    def ask(server: Process) -> list[httpx2.Response]:
        said = server.says("Uvicorn running on ")
        (address,) = re.findall(r"running on (http://\S+)", said)
        with httpx2.Client(base_url=address, timeout=30) as client:
            answers = [client.post(f"/invoices/{number}/send") for number in (1, 2)]
        server.process.terminate()
        start("scheduler")
        return answers

    with (
        serving_partner() as partner,
        pytest.MonkeyPatch.context() as patch,
        ThreadPoolExecutor() as threads,
        redis.Redis.from_url(valkey_url_apart) as store,
        ExitStack() as stack,
    ):
        partner.answers = {1: [503], 2: [422], 3: ["wait"]}
        env = {"PARTNER_URL": partner.address, "REDIS_URL": valkey_url_apart}

        def start(name: str) -> Process:
            return stack.enter_context(started(commands[name], CODE.parent, env))

        server, worker = start("invoices:app"), start("worker")
        for name, value in env.items():
            patch.setenv(name, value)
        with loaded(CODE) as module:
            patch.undo()
        asyncio.run(send(module, 3, timeout=0.3, delay=0.1))
        yield Retried(partner, store, threads.submit(ask, server))
        end(worker.process)


@pytest.fixture(autouse=True)
def _addresses(retried: Retried, partner: Partner, store: Any) -> None:
    """Both are in the environment."""


@pytest.mark.parametrize("retries", [0, 1, 2])
def test_pause_grows_with_each_try(snippet: ModuleType, store: Any, retries: int) -> None:
    before = datetime.now(UTC)
    asyncio.run(fail(snippet, snippet.PartnerUnavailableError(), retries))
    after = datetime.now(UTC)
    (retry,) = due(store)
    assert (
        before + timedelta(seconds=retries + 1) <= retry <= after + timedelta(seconds=retries + 2)
    )


def test_pause_has_a_random_part(
    snippet: ModuleType, store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(random, "random", lambda: 100.0)
    before = datetime.now(UTC)
    asyncio.run(fail(snippet, snippet.PartnerUnavailableError()))
    (retry,) = due(store)
    assert retry > before + timedelta(seconds=90)


def test_fourth_try_is_the_last(snippet: ModuleType, store: Any) -> None:
    asyncio.run(fail(snippet, snippet.PartnerUnavailableError(), 3))
    assert due(store) == []


@pytest.mark.parametrize(
    ("error", "number"), [(ValueError(), 0), (httpx2.ConnectError(""), 1), (TimeoutError(), 1)]
)
def test_only_errors_that_may_pass_are_retried(
    snippet: ModuleType, store: Any, error: Exception, number: int
) -> None:
    asyncio.run(fail(snippet, error))
    assert len(due(store)) == number


def test_limits_fit_together(snippet: ModuleType) -> None:
    assert snippet.send_invoice.labels["timeout"] == 60
    assert (snippet.broker.idle_timeout, snippet.broker.maxlen) == (IDLE, 100_000)


def test_without_a_schedule_source_a_retry_is_sent_at_once(snippet: ModuleType, store: Any) -> None:
    source = CODE.read_text("utf-8")
    assert source.count("schedule_source=later") == 1
    changed = ModuleType("invoices")
    exec(source.replace("schedule_source=later", "schedule_source=None"), vars(changed))
    asyncio.run(fail(changed, changed.PartnerUnavailableError(), 2))
    assert due(store) == []
    assert store.xlen("taskiq") == 1


def test_task_of_a_killed_worker_runs_again_with_the_next_message_after_the_idle_time(
    snippet: ModuleType,
    commands: dict[str, list[str]],
    partner: Partner,
    store: Any,
    tmp_path: Path,
    kill: Any,
    retried: Retried,
) -> None:
    until(lambda: retried.partner.times(3))  # the other worker's pauses begin as early as can be
    source = CODE.read_text("utf-8")
    assert source.count("idle_timeout=300_000,") == 1
    # It waits two seconds for a message by default, and looks for those of the dead after that.
    often = source.replace("idle_timeout=300_000,", "idle_timeout=300_000, xread_block=200,")
    (tmp_path / CODE.name).write_text(often, "utf-8")
    partner.answers = {1: ["wait"]}
    asyncio.run(send(snippet, 1))  # before any worker, and without startup() of the broker
    with working(tmp_path, commands) as worker:
        until(lambda: partner.times(1), 30)
        kill(worker)
    (entry,) = store.xpending_range("taskiq", "taskiq", "-", "+", 9)
    with working(tmp_path, commands, "--log-level", "DEBUG") as worker:
        asyncio.run(send(snippet, 2))
        until(lambda: partner.times(2), 30)
        worker.says("Found 0 pending messages")
        assert len(partner.times(1)) == 1  # not idle for long enough
        idle = {"idle": IDLE + 1, "justid": True}
        store.xclaim("taskiq", "taskiq", entry["consumer"], 0, [entry["message_id"]], **idle)
        reads = worker.said.count(READING)
        until(lambda: worker.said.count(READING) > reads, 30)
        assert len(partner.times(1)) == 1  # idle, but nothing new arrived
        asyncio.run(send(snippet, 3))
        until(lambda: len(partner.times(1)) == 2, 30)
        until(lambda: unacknowledged(store) == 0, 30)
        kill(worker)


def test_worker_sends_and_tries_again_what_may_succeed_after_a_pause(retried: Retried) -> None:
    for answer in retried.answers.result():
        assert answer.status_code == 202
        assert answer.json() == {"task": ANY}
    partner, store = retried.partner, retried.store
    until(lambda: len(partner.times(1)) == 2 and len(partner.times(3)) >= 2, 60)
    until(lambda: store.xlen("taskiq") >= 5 and unacknowledged(store) == 0, 30)
    first, second = partner.times(1)
    assert second - first >= 1
    assert len(partner.times(2)) == 1
    assert set(partner.keys) == {"invoice-1", "invoice-2", "invoice-3"}
