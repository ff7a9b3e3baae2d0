"""Workers at once take different jobs, each job runs once, and a worker that dies frees its job."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

import psycopg
import pytest
from sqlalchemy.exc import OperationalError

type Test = Callable[[], Awaitable[None]]


@pytest.fixture(autouse=True)
def url(monkeypatch: pytest.MonkeyPatch, postgresql_url: str) -> str:
    monkeypatch.setenv("DATABASE_URL", postgresql_url)
    return postgresql_url


def run(snippet: ModuleType, test: Test, jobs: int) -> None:
    """Run the test with so many jobs in the table, numbered from 1 by their payload."""

    async def with_jobs() -> None:
        try:
            async with snippet.engine.begin() as connection:
                await connection.run_sync(snippet.Base.metadata.create_all)
            async with snippet.new_session.begin() as session:
                session.add_all(snippet.Job(payload={"n": n}) for n in range(1, jobs + 1))
            async with asyncio.timeout(60):
                await test()
        finally:
            await snippet.engine.dispose()

    asyncio.run(with_jobs())


def sql(url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url, autocommit=True, application_name="test") as connection:
        cursor = connection.execute(query.encode())
        return cursor.fetchall() if cursor.description else []


def waiting(url: str) -> list[Any]:
    return [n for (n,) in sql(url, "SELECT id FROM jobs WHERE done_at IS NULL ORDER BY id")]


def test_second_worker_passes_over_the_job_of_the_first(snippet: ModuleType, url: str) -> None:
    ran: list[int] = []

    async def other(payload: dict[str, Any]) -> None:
        ran.append(payload["n"])

    async def first(payload: dict[str, Any]) -> None:
        while await snippet.run_next(other):  # the first job is locked meanwhile
            pass
        ran.append(payload["n"])

    async def test() -> None:
        assert await snippet.run_next(first) is True
        assert await snippet.run_next(first) is False

    run(snippet, test, jobs=3)
    assert ran == [2, 3, 1]
    assert waiting(url) == []


def test_four_workers_run_each_job_once(snippet: ModuleType, url: str) -> None:
    ran: list[int] = []

    async def work(payload: dict[str, Any]) -> None:
        await asyncio.sleep(0)
        ran.append(payload["n"])

    async def worker() -> None:
        while await snippet.run_next(work):
            pass

    async def test() -> None:
        await asyncio.gather(*(worker() for _ in range(4)))

    run(snippet, test, jobs=40)
    assert sorted(ran) == list(range(1, 41))
    ((done_at,),) = sql(url, "SELECT max(done_at) FROM jobs")
    assert abs(done_at - datetime.now(UTC)) < timedelta(seconds=30)
    assert waiting(url) == []


def test_oldest_job_is_first(snippet: ModuleType, url: str) -> None:
    ran: list[int] = []

    async def work(payload: dict[str, Any]) -> None:
        ran.append(payload["n"])

    async def test() -> None:
        sql(url, "UPDATE jobs SET attempts = 1 WHERE id = 1")  # last in the table now
        sql(url, "DROP INDEX ix_jobs_waiting; ALTER TABLE jobs DROP CONSTRAINT jobs_pkey")
        for _ in range(3):
            await snippet.run_next(work)

    run(snippet, test, jobs=3)
    assert ran == [1, 2, 3]


def test_failing_job_is_tried_three_times_and_stays_for_a_human(
    snippet: ModuleType, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def work(payload: dict[str, Any]) -> None:
        raise LookupError(payload["n"])

    async def test() -> None:
        assert [await snippet.run_next(work) for _ in range(4)] == [True] * 3 + [False]

    run(snippet, test, jobs=1)
    assert sql(url, "SELECT attempts, done_at FROM jobs") == [(3, None)]
    assert caplog.messages == ["Job 1 failed"] * 3
    assert all(record.exc_info for record in caplog.records)


def test_cancelled_worker_frees_its_job(snippet: ModuleType, url: str) -> None:
    async def test() -> None:
        started = asyncio.Event()

        async def hang(_payload: dict[str, Any]) -> None:
            started.set()
            await asyncio.Event().wait()

        async def work(payload: dict[str, Any]) -> None:
            assert payload == {"n": 1}

        task = asyncio.create_task(snippet.run_next(hang))
        await started.wait()
        assert await snippet.run_next(work) is False
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert await snippet.run_next(work) is True

    run(snippet, test, jobs=1)
    assert sql(url, "SELECT attempts FROM jobs") == [(0,)]


def test_job_whose_connection_dies_runs_again(snippet: ModuleType, url: str) -> None:
    ran: list[int] = []
    kill = """
        SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity
        WHERE datname = current_database() AND backend_type = 'client backend'
        AND application_name <> 'test'
    """

    async def work(payload: dict[str, Any]) -> None:
        ran.append(payload["n"])
        if len(ran) == 1:
            sql(url, kill)

    async def test() -> None:
        with pytest.raises(OperationalError):
            await snippet.run_next(work)
        assert await snippet.run_next(work) is True
        assert sql(url, kill) == [(True,)]
        assert await snippet.run_next(work) is False  # the dead connection was replaced

    run(snippet, test, jobs=1)
    assert ran == [1, 1]
    assert waiting(url) == []


def test_index_holds_only_what_waits(snippet: ModuleType, url: str) -> None:
    async def test() -> None:
        pass

    run(snippet, test, jobs=0)
    ((index,),) = sql(url, "SELECT indexdef FROM pg_indexes WHERE indexname = 'ix_jobs_waiting'")
    assert index.endswith("(id) WHERE (done_at IS NULL)")
