"""The event loop answers while other processes compute, and a killed process costs one answer."""

import asyncio
import os
import re
import signal
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from itertools import combinations
from pathlib import Path
from pickle import PicklingError
from types import ModuleType
from typing import Any

import httpx2
import psutil
import pytest
from pydantic import ValidationError

from tests.snippets.loading import snippet_path
from tests.snippets.processes import Process, ran, started, until

LONG: dict[str, Any] = {"capacity": 100_000, "weights": [997 + number for number in range(20)]}
LONGEST: dict[str, Any] = {"capacity": 100_000, "weights": [997 + number for number in range(200)]}
BROKEN = """\
import cpu_work_in_executor, multiprocessing, time
pool = cpu_work_in_executor.new_pool()
calls = [pool.submit(time.sleep, 60) for _ in range(cpu_work_in_executor.PROCESSES)]
killed, other = sorted(multiprocessing.active_children(), key=lambda one: one.pid)
killed.kill()
print(*(type(call.exception()).__name__ for call in calls))
while other.is_alive():
    time.sleep(0.01)
print(other.exitcode)
"""
SHORT = {"capacity": 10, "weights": [4, 5, 3]}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """Give the server of all tests; the last one stops it."""
    file = snippet_path(Path(__file__))
    command = ["python", "-m", "uvicorn", f"{file.stem}:app", "--port", "0"]
    folder = tmp_path_factory.mktemp("server")
    with started(command, folder, {"PYTHONPATH": str(file.parent)}) as process:
        yield process


@pytest.fixture(scope="module")
def client(server: Process) -> Iterator[httpx2.Client]:
    said = server.says("Uvicorn running on")
    found = re.search(r"http://127\.0\.0\.1:\d+", said)
    assert found is not None
    with httpx2.Client(base_url=found[0], timeout=60) as client:
        yield client


def computing(server: Process) -> list[psutil.Process]:
    return [
        child
        for child in server.process.children()
        if any("spawn_main" in word for word in child.cmdline())
    ]


def suspend_at_work(process: psutil.Process, before: float) -> None:
    """Have a call that has reached the process neither done nor refused; `before`: CPU seconds."""
    until(lambda: process.cpu_times().user > before + 0.05)
    process.suspend()


def test_heaviest_load_is_that_of_trying_all(snippet: ModuleType) -> None:
    weights = [7, 11, 13, 17, 19]
    sums = {sum(some) for number in range(6) for some in combinations(weights, number)}
    for capacity in range(1, 70):
        expected = max(total for total in sums if total <= capacity)
        assert snippet.heaviest_load(capacity, weights) == expected


def test_loop_answers_while_two_processes_compute(server: Process, client: httpx2.Client) -> None:
    assert client.post("/loads", json=SHORT).json() == 9
    (first,) = computing(server)
    first.suspend()  # none of the loads can be ready too early
    with ThreadPoolExecutor() as threads:
        long = [threads.submit(client.post, "/loads", json=LONG) for _ in range(3)]
        until(lambda: len(computing(server)) == 2, 30)
        (second,) = [child for child in computing(server) if child != first]
        second.suspend()
        for _ in range(5):
            assert client.get("/health").json() == "ok"
        assert not any(future.done() for future in long)
        first.resume()
        second.resume()
        assert {future.result().json() for future in long} == {sum(LONG["weights"])}
    assert len(computing(server)) == 2


def test_same_work_in_the_loop_stops_it(snippet: ModuleType) -> None:
    async def test() -> None:
        beats = 0

        async def beat() -> None:
            nonlocal beats
            while True:
                await asyncio.sleep(0)
                beats += 1

        heart = asyncio.create_task(beat())
        await asyncio.sleep(0.01)
        before = beats
        assert before > 0
        snippet.heaviest_load(10_000, LONG["weights"])
        assert beats == before
        heart.cancel()

    asyncio.run(test())


def test_killed_process_costs_one_answer(server: Process, client: httpx2.Client) -> None:
    assert client.post("/loads", json=SHORT).json() == 9
    idle = {process: process.cpu_times().user for process in computing(server)}
    with ThreadPoolExecutor() as threads:
        lost: list[Future[httpx2.Response]] = [
            threads.submit(client.post, "/loads", json=LONGEST) for _ in range(2)
        ]
        until(lambda: len(computing(server)) == 2, 30)
        killed, other = computing(server)
        suspend_at_work(killed, idle.get(killed, 0))
        suspend_at_work(other, idle.get(other, 0))
        killed.kill()
        for future in lost:
            answer = future.result()
            assert (answer.status_code, answer.json()) == (503, {"detail": "Try again"})
            assert answer.headers["Retry-After"] == "1"
    other.kill()
    assert client.post("/loads", json=SHORT).json() == 9


def test_other_processes_end_with_their_pool() -> None:
    # Without coverage: they are asked to end twice, and its answer to that can wait for itself.
    where = {"PYTHONPATH": str(snippet_path(Path(__file__)).parent), "COVERAGE_PROCESS_CONFIG": ""}
    ended = ran(["python", "-c", BROKEN], Path(), where)
    assert ended.stdout.split() == ["BrokenProcessPool"] * 2 + [str(-signal.SIGTERM)], ended.stderr


def test_function_that_cannot_be_imported_is_refused(snippet: ModuleType) -> None:
    async def test() -> None:
        with snippet.new_pool() as pool, pytest.raises((PicklingError, AttributeError)):
            await asyncio.get_running_loop().run_in_executor(pool, lambda: 9)

    asyncio.run(test())


def test_deadline_does_not_end_the_computing(snippet: ModuleType, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    async def test() -> None:
        with snippet.new_pool() as pool:
            computing = pool.submit(pipe.read_text)
            until(computing.running)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await asyncio.wrap_future(computing)
            assert computing.running()
            assert not computing.cancel()
            pipe.write_text("9")
            assert computing.result() == "9"

    asyncio.run(test())


def test_calls_that_wait_are_given_up_at_the_end(snippet: ModuleType, tmp_path: Path) -> None:
    pipes = [tmp_path / str(number) for number in range(snippet.PROCESSES)]

    def release(waiting: Future[int]) -> None:
        with suppress(AssertionError):
            until(waiting.cancelled, 10)
        for pipe in pipes:
            pipe.write_text("9")

    async def test() -> None:
        for pipe in pipes:
            os.mkfifo(pipe)
        with ThreadPoolExecutor() as threads:
            async with snippet.lifespan(snippet.app):
                running = [snippet.app.state.pool.submit(pipe.read_text) for pipe in pipes]
                # A call or two are handed over already; the last one is not.
                waiting = [snippet.app.state.pool.submit(abs, number) for number in range(9)]
                threads.submit(release, waiting[-1])
        assert [future.result() for future in running] == ["9"] * snippet.PROCESSES
        assert waiting[-1].cancelled()

    asyncio.run(test())


@pytest.mark.parametrize(
    "change",
    [{"capacity": 0}, {"capacity": 100_001}, {"weights": [0]}, {"weights": [1] * 201}],
    ids=["no-room", "too-much-room", "weightless", "too-many"],
)
def test_work_beyond_the_limits_is_refused(snippet: ModuleType, change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        snippet.Load.model_validate({**SHORT, **change})
    snippet.Load.model_validate({"capacity": 100_000, "weights": [1] * 200})
    snippet.Load.model_validate({"capacity": 1, "weights": []})


def test_processes_end_with_the_server(server: Process, client: httpx2.Client) -> None:
    client.post("/loads", json=SHORT)
    children = computing(server)
    assert children
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(30) == -signal.SIGTERM
    assert not any(child.is_running() for child in children)
