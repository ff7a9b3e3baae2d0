"""A task is retried with growing pauses; what a killed worker loses is found by the sweep."""

import os
import pickle
import signal
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import huey  # type: ignore[import-untyped]  # it brings no types
import pytest

from tests.snippets.loading import loaded, snippet_path
from tests.snippets.partner import Partner, serving_partner
from tests.snippets.processes import Process, started, until

FILE = snippet_path(Path(__file__))
COMMAND = "huey_consumer huey_task.huey -k process -w 4 -g TERM"
OVERDUE = 900


@dataclass(frozen=True)
class Retried:
    """What goes on beside the tests, for it takes seconds: a task's pause before its retry."""

    snippet: ModuleType
    partner: Partner
    tasks: dict[int, str]


@pytest.fixture(autouse=True)
def partner(
    monkeypatch: pytest.MonkeyPatch, valkey_url: str, retried: Retried
) -> Iterator[Partner]:
    with serving_partner() as partner:
        for name, value in environment(partner, valkey_url).items():
            monkeypatch.setenv(name, value)
        yield partner


@pytest.fixture
def snippet(snippet: ModuleType) -> Iterator[ModuleType]:
    yield snippet
    snippet.huey.storage.pool.disconnect()  # as garbage, an open socket would be a warning


def environment(partner: Partner, url: str) -> dict[str, str]:
    """Give what the snippet reads."""
    return {
        "PARTNER_URL": partner.address,
        "REDIS_URL": url,
        "HUEY_SECRET": "known to us alone",
    }


@contextmanager
def working(snippet: ModuleType, *commands: str) -> Iterator[list[Process]]:
    """Run workers by these commands, or by the usual one, until the block ends."""
    with ExitStack() as stack:
        workers = [stack.enter_context(worker(command)) for command in commands or (COMMAND,)]
        for one in workers:
            one.says("Checking worker health.")  # it has started, with its handlers of signals
        try:
            yield workers
        finally:
            for one in workers:
                kill(one)
            until(lambda: not is_waited_on(snippet.store), 30)


def worker(
    command: str = COMMAND, env: dict[str, str] | None = None
) -> AbstractContextManager[Process]:
    return started([*command.split(), "-v", "-c", "0.05"], FILE.parent, env)


def kill(worker: Process) -> None:
    """End all processes of the worker: to stop takes seconds."""
    with suppress(ProcessLookupError):
        os.killpg(worker.process.pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def retried(valkey_url_apart: str) -> Iterator[Retried]:
    """Run a worker for three invoices, of which one is tried again and one is refused."""
    with serving_partner() as partner, pytest.MonkeyPatch.context() as patch:
        partner.answers = {1: [503], 2: [422]}
        env = environment(partner, valkey_url_apart)
        for name, value in env.items():
            patch.setenv(name, value)
        with worker(env=env) as running:
            with loaded(FILE) as snippet:
                patch.undo()
            tasks = {number: snippet.enqueue_invoice(number) for number in (1, 2, 3)}
            yield Retried(snippet, partner, tasks)
            kill(running)
        snippet.huey.storage.pool.disconnect()


def is_waited_on(store: Any) -> bool:
    """Tell whether a worker waits for a task: to a dead one the server would still give it."""
    database = str(store.get_connection_kwargs()["db"])
    return any(one["db"] == database and one["cmd"] == "brpop" for one in store.client_list())


def result_of(snippet: ModuleType, number: str) -> Any:
    return snippet.huey.result(number, blocking=True, timeout=30)


def unsent(snippet: ModuleType) -> list[int]:
    return [int(invoice) for invoice in snippet.store.zrange("invoices:unsent", 0, -1)]


@pytest.mark.parametrize("answer", [503, "hang up"])
def test_pauses_grow_and_end_before_the_sweep(
    snippet: ModuleType,
    partner: Partner,
    monkeypatch: pytest.MonkeyPatch,
    answer: int | str,
) -> None:
    partner.answers = {7: [answer] * 6}
    now = huey.utils.utcnow()
    monkeypatch.setattr(snippet.huey, "_get_timestamp", lambda: now)
    task = snippet.send_invoice.s(7)
    pauses = []
    for _ in range(5):
        snippet.huey.execute(task, task.eta)
        pauses.append((task.eta - now).total_seconds())
    assert pauses == [2, 6, 18, 54, 162]
    assert snippet.huey.scheduled_count() == 5
    assert snippet.huey.result(task.id) is None
    snippet.huey.execute(task, task.eta)
    assert (snippet.huey.scheduled_count(), len(partner.calls)) == (5, 6)
    with pytest.raises(huey.exceptions.TaskException):
        snippet.huey.result(task.id)
    assert task.timeout == 30
    assert sum(pauses) + 6 * task.timeout < OVERDUE


def test_first_error_reaches_the_caller_unless_it_is_told_to_wait_for_the_last(
    snippet: ModuleType, partner: Partner
) -> None:
    partner.answers = {7: [503]}
    snippet.huey.store_intermediate_errors = True
    task = snippet.send_invoice.s(7)
    snippet.huey.execute(task)
    with pytest.raises(huey.exceptions.TaskException, match="PartnerUnavailableError"):
        snippet.huey.result(task.id)
    assert snippet.huey.scheduled_count() == 1


def test_invoice_that_was_not_sent_stays_on_the_list(snippet: ModuleType, partner: Partner) -> None:
    partner.answers = {7: [503]}
    snippet.enqueue_invoice(7)
    with pytest.raises(snippet.PartnerUnavailableError, match="503"):
        snippet.send_invoice.call_local(7)
    assert unsent(snippet) == [7]
    assert snippet.send_invoice.call_local(7) == "receipt 2"
    assert unsent(snippet) == []


def test_refused_invoice_leaves_the_list(snippet: ModuleType, partner: Partner) -> None:
    partner.answers = {7: [422]}
    snippet.enqueue_invoice(7)
    with pytest.raises(huey.CancelExecution) as refused:
        snippet.send_invoice.call_local(7)
    assert refused.value.retry is False
    assert unsent(snippet) == []


def test_invoice_is_on_the_list_although_the_queue_refused_it(
    snippet: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(snippet.huey.storage, "enqueue", refuse)
    with pytest.raises(ConnectionError):
        snippet.enqueue_invoice(7)
    assert unsent(snippet) == [7]


def test_killed_worker_loses_its_task_and_the_sweep_finds_it(
    snippet: ModuleType, partner: Partner
) -> None:
    partner.answers = {7: ["wait"]}
    with working(snippet) as (worker,):
        snippet.enqueue_invoice(7)
        until(lambda: partner.invoices == [7], 30)
        os.killpg(worker.process.pid, signal.SIGKILL)
        worker.process.wait(30)
    assert [key.decode() for key in snippet.store.scan_iter()] == ["invoices:unsent"]
    snippet.store.zincrby("invoices:unsent", -OVERDUE, 7)
    with working(snippet):  # the scheduler looks for periodic tasks as it starts
        until(lambda: unsent(snippet) == [], 30)
    assert partner.keys == ["invoice-7"] * 2


def test_sweep_leaves_what_may_still_be_tried_and_takes_an_invoice_once(
    snippet: ModuleType,
) -> None:
    now = time.time()
    snippet.store.zadd("invoices:unsent", {"1": now - OVERDUE + 60, "2": now - OVERDUE, "3": 0})
    snippet.resend_lost_invoices.call_local()
    snippet.resend_lost_invoices.call_local()
    assert sorted(task.args for task in snippet.huey.pending()) == [(2,), (3,)]


def test_every_scheduler_enqueues_the_sweep_once_a_minute(snippet: ModuleType) -> None:
    for number in (1, 2):
        flag = snippet.huey.create_consumer().stop_flag
        flag.set()
        huey.consumer.Scheduler(snippet.huey, flag, 60, periodic=True).loop()
        assert [task.name for task in snippet.huey.pending()] == ["resend_lost_invoices"] * number
    (sweep,) = snippet.huey._registry.periodic_tasks
    assert all(
        sweep.validate_datetime(huey.utils.utcnow() + timedelta(minutes=m)) for m in range(60)
    )


def test_sigterm_lets_the_task_finish_only_if_it_is_the_graceful_signal(
    snippet: ModuleType, partner: Partner
) -> None:
    partner.answers = {7: ["wait"], 8: ["wait"]}
    # One process each, as others would wait for a task until a second is over; and no sweep,
    # which would find nobody to run it.
    alone = f"{COMMAND} -w 1 --no-periodic"
    with working(snippet, alone, alone.replace(" -g TERM", "")) as (graceful, by_default):
        tasks = {number: snippet.enqueue_invoice(number) for number in (7, 8)}
        until(lambda: sorted(partner.invoices) == [7, 8], 30)  # each has one
        by_default.process.terminate()
        by_default.process.wait(30)
        assert [key.decode() for key in snippet.store.scan_iter()] == ["invoices:unsent"]
        graceful.process.terminate()
        graceful.says("Shutting down gracefully")
        partner.goes_on.set()
        graceful.process.wait(30)
    (lost,) = unsent(snippet)
    assert snippet.huey.result(tasks.pop(lost)) is None
    assert [snippet.huey.result(number) for number in tasks.values()] == ["receipt 1"]


def test_time_limit_ends_a_task_in_a_process(snippet: ModuleType, partner: Partner) -> None:
    snippet.send_invoice.call_local(1)  # the first call imports, where Python swallows exceptions
    partner.answers = {7: ["wait"]}
    snippet.huey.create_consumer(worker_type="process")  # as `-k process` does
    task = snippet.send_invoice.s(7, timeout=0.5, retries=0)
    snippet.huey.execute(task)
    assert partner.invoices == [1, 7]
    with pytest.raises(huey.exceptions.TaskException, match="TaskTimeout"):
        snippet.huey.result(task.id)


def test_default_worker_is_one_thread_and_ignores_the_time_limit(
    snippet: ModuleType, partner: Partner
) -> None:
    partner.answers = {7: ["wait"]}
    with working(snippet, "huey_consumer huey_task.huey -n") as (worker,):
        assert "started with 1 thread" in worker.said
        result = snippet.send_invoice(7, timeout=0.1)
        until(lambda: partner.invoices == [7], 30)
        time.sleep(0.2)  # what is shown is that nothing happens
        partner.goes_on.set()
        assert result.get(blocking=True, timeout=30) == "receipt 1"


class Planted:
    """What an attacker pickles: to read it is to run it."""

    def __reduce__(self) -> Any:
        return os.putenv, ("PLANTED", "1")


def test_message_without_our_signature_is_not_read(snippet: ModuleType) -> None:
    snippet.store.lpush("huey.redis.billing", pickle.dumps(Planted()))
    with pytest.raises(ValueError, match="not found"):
        snippet.huey.dequeue()
    message = snippet.huey._registry.create_message(snippet.send_invoice.s(7))
    snippet.huey.storage.enqueue(
        huey.serializer.SignedSerializer(secret="guessed").serialize(message)
    )
    with pytest.raises(ValueError, match="mismatch"):
        snippet.huey.dequeue()


def test_lock_of_a_killed_worker_stays_without_a_ttl(snippet: ModuleType) -> None:
    snippet.huey.lock_task("export").acquire()
    assert snippet.store.ttl("huey.r.billing.billing.lock.export") == -1
    with pytest.raises(huey.exceptions.TaskLockedException):
        snippet.huey.lock_task("export").acquire()
    snippet.huey.lock_task("report", ttl=60).acquire()
    assert 0 < snippet.store.ttl("huey.r.billing.billing.lock.report") <= 60


def test_what_huey_does_not_take(snippet: ModuleType) -> None:
    async def send() -> None:
        pass

    with pytest.raises(huey.exceptions.ConfigurationError, match="async"):
        snippet.huey.task()(send)
    with pytest.raises(NotImplementedError, match="priorities"):
        snippet.send_invoice(7, priority=1)


def test_worker_tries_again_what_may_succeed_and_only_that(retried: Retried) -> None:
    snippet, partner, tasks = retried.snippet, retried.partner, retried.tasks
    assert [result_of(snippet, tasks[number]) for number in (1, 3)] == ["receipt 2", "receipt 1"]
    with pytest.raises(huey.exceptions.TaskException, match="refused with 422"):
        result_of(snippet, tasks[2])
    first, second = partner.times(1)
    assert second - first >= 2
    assert [len(partner.times(number)) for number in (2, 3)] == [1, 1]
    assert ("invoice-3", 3) in [(call.key, call.invoice) for call in partner.calls]
    assert unsent(snippet) == []
    left = snippet.store.ttl(f"huey.r.billing.{tasks[3]}")
    assert 3600 - 600 < left <= 3600
