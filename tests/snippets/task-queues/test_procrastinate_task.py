"""A job is there if, and only if, its invoice was committed; a killed worker does not lose it."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx2
import psycopg
import pytest
import time_machine

from tests.snippets.partner import Partner
from tests.snippets.processes import Process, started, until

PROCRASTINATE = "python -m procrastinate --app procrastinate_task.app"


@pytest.fixture(autouse=True)
def _addresses(monkeypatch: pytest.MonkeyPatch, partner: Partner, postgresql_url: str) -> None:
    monkeypatch.setenv("DATABASE_URL", postgresql_url)


@pytest.fixture
def database(snippet: ModuleType, postgresql_url: str) -> Iterator[psycopg.Connection[Any]]:
    with snippet.app.open():
        snippet.app.schema_manager.apply_schema()
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE invoices ("
            "id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY, customer text, cents bigint)"
        )
        yield connection


@contextmanager
def working(folder: Path) -> Iterator[Process]:
    # It polls every 5 s by default.
    command = [*PROCRASTINATE.split(), "worker", "--fetch-job-polling-interval", "0.2"]
    with started(command, folder) as worker:
        worker.says("Starting worker")
        yield worker


def create(snippet: ModuleType, url: str, *, commit: bool = True) -> None:
    async def steps() -> None:
        async with await psycopg.AsyncConnection.connect(url) as connection:
            await snippet.create_invoice(connection, "Ada", 990)
            if not commit:
                await connection.rollback()

    asyncio.run(steps())


def states(database: psycopg.Connection[Any]) -> list[tuple[int, str]]:
    query = """
        SELECT (args->>'invoice_id')::int, status::text FROM procrastinate_jobs
        WHERE args ? 'invoice_id' ORDER BY id
    """
    return database.execute(query).fetchall()


def test_invoice_and_job_are_committed_together(
    snippet: ModuleType, database: psycopg.Connection[Any], postgresql_url: str
) -> None:
    create(snippet, postgresql_url)
    assert database.execute("SELECT id, customer, cents FROM invoices").fetchall() == [
        (1, "Ada", 990)
    ]
    assert states(database) == [(1, "todo")]


def test_rollback_leaves_neither(
    snippet: ModuleType, database: psycopg.Connection[Any], postgresql_url: str
) -> None:
    async def steps() -> None:
        async with await psycopg.AsyncConnection.connect(postgresql_url) as connection:
            async with connection.transaction(force_rollback=True):
                await snippet.create_invoice(connection, "Ada", 990)
            cursor = await connection.execute("SELECT count(*) FROM invoices")
            assert await cursor.fetchone() == (0,)

    asyncio.run(steps())
    assert states(database) == []


def test_job_deferred_beside_the_transaction_survives_its_rollback(
    snippet: ModuleType, database: psycopg.Connection[Any], postgresql_url: str
) -> None:
    async def steps() -> None:
        async with (
            snippet.app.open_async(),
            await psycopg.AsyncConnection.connect(postgresql_url) as connection,
            connection.transaction(force_rollback=True),
        ):
            await connection.execute("INSERT INTO invoices (customer) VALUES ('Ada')")
            await snippet.send_invoice.defer_async(invoice_id=1)

    asyncio.run(steps())
    assert database.execute("SELECT count(*) FROM invoices").fetchone() == (0,)
    assert states(database) == [(1, "todo")]


def test_worker_runs_what_was_committed_and_tries_again_what_may_succeed(
    snippet: ModuleType,
    snippet_file: Path,
    tmp_path: Path,
    database: psycopg.Connection[Any],
    postgresql_url: str,
    partner: Partner,
) -> None:
    source = snippet_file.read_text("utf-8")
    assert source.count("exponential_wait=3") == 1
    # That the first pause is three seconds shows below, without waiting for it.
    sooner = source.replace("exponential_wait=3", "exponential_wait=1")
    (tmp_path / snippet_file.name).write_text(sooner, "utf-8")
    partner.answers = {1: [503], 2: [422]}
    with working(tmp_path):
        for _ in range(3):
            create(snippet, postgresql_url)
        until(lambda: states(database) == [(2, "failed")], 60)
    first, second = partner.times(1)
    assert second - first >= 1
    assert [call.key for call in partner.calls if call.invoice == 3] == ["invoice-3"]
    assert len(partner.times(2)) == 1


def test_server_error_is_an_error_of_the_task(snippet: ModuleType, partner: Partner) -> None:
    partner.answers = {7: [500]}
    with pytest.raises(snippet.PartnerUnavailableError, match="500"):
        asyncio.run(snippet.send_invoice(7))


@pytest.mark.parametrize(("attempts", "seconds"), [(0, 3), (1, 9), (5, 729), (6, None)])
def test_pauses_grow_and_end(snippet: ModuleType, attempts: int, seconds: int | None) -> None:
    job = snippet.send_invoice.configure(task_kwargs={"invoice_id": 1}).job.evolve(
        attempts=attempts
    )
    strategy = snippet.send_invoice.retry_strategy
    now = datetime(2026, 11, 21, 12, tzinfo=UTC)
    for error in (httpx2.ConnectError(""), snippet.PartnerUnavailableError()):
        with time_machine.travel(now, tick=False):
            decision = strategy.get_retry_decision(exception=error, job=job)
        if seconds is None:
            assert decision is None
        else:
            assert decision.retry_at == now + timedelta(seconds=seconds)
    assert strategy.get_retry_decision(exception=ValueError(), job=job) is None


def test_job_of_a_killed_worker_waits_for_its_rescue(
    snippet: ModuleType,
    snippet_file: Path,
    database: psycopg.Connection[Any],
    postgresql_url: str,
    partner: Partner,
    kill: Callable[[Process], None],
) -> None:
    async def rescue() -> None:
        async with snippet.app.open_async():
            await snippet.rescue_stalled_jobs(timestamp=0)

    def last_heartbeat(seconds: int) -> None:
        database.execute(
            "UPDATE procrastinate_workers SET last_heartbeat = now() - %s * interval '1 s'",
            (seconds,),
        )

    partner.answers = {1: ["wait"]}
    with working(snippet_file.parent) as worker:
        create(snippet, postgresql_url)
        until(lambda: partner.times(1), 30)
        kill(worker)
    last_heartbeat(30)
    asyncio.run(rescue())
    assert states(database) == [(1, "doing")]
    last_heartbeat(70)
    asyncio.run(rescue())
    assert states(database) == [(1, "todo")]
    with working(snippet_file.parent):
        until(lambda: len(partner.times(1)) == 2, 30)
        until(lambda: states(database) == [], 30)


def test_rescue_is_due_every_minute_and_waits_once(snippet: ModuleType) -> None:
    (periodic,) = snippet.app.periodic_registry.periodic_tasks.values()
    assert periodic.cron == "* * * * *"
    assert periodic.task is snippet.rescue_stalled_jobs
    assert snippet.rescue_stalled_jobs.queueing_lock == "rescue_stalled_jobs"
