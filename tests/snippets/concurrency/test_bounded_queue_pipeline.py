"""Every line is stored once, no stage runs ahead of the next, and a failure ends all of them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from types import ModuleType
from typing import Any

import pytest


class Stages:
    """A source, a look-up and a store that count, and wait or fail as told."""

    def __init__(self, lines: int) -> None:
        self.lines = lines
        self.read = self.running = self.most = 0
        self.batches: list[list[int]] = []
        self.closed = False
        self.may_look_up = asyncio.Event()
        self.may_look_up.set()
        self.may_store = asyncio.Event()
        self.may_store.set()
        self.fails: str | None = None

    async def source(self) -> AsyncIterator[int]:
        try:
            for number in range(self.lines):
                if self.fails == "source" and number == 300:
                    raise OSError(5, "the file broke off")
                self.read += 1
                yield number
        finally:
            self.closed = True

    async def look_up(self, line: int) -> int:
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await self.may_look_up.wait()
            await asyncio.sleep(0)
            if self.fails == "look_up" and line == 300:
                raise OSError(5, "the service is away")
            return line * 10
        finally:
            self.running -= 1

    async def store(self, batch: list[int]) -> None:
        await self.may_store.wait()
        if self.fails == "store" and 3000 in batch:
            raise OSError(5, "the disk is full")
        self.batches.append(batch)


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async def limited() -> None:
        async with asyncio.timeout(60):
            await test()

    asyncio.run(limited())


async def settle() -> None:
    for _ in range(2000):
        await asyncio.sleep(0)


def piping(snippet: ModuleType, stages: Stages) -> asyncio.Task[None]:
    pipeline = snippet.run_pipeline(stages.source(), stages.look_up, stages.store)
    return asyncio.ensure_future(pipeline)


@pytest.mark.parametrize("lines", [0, 1, 8, 100, 1003])
def test_every_line_is_stored_once(snippet: ModuleType, lines: int) -> None:
    async def test() -> None:
        stages = Stages(lines)
        await piping(snippet, stages)
        stored = [row for batch in stages.batches for row in batch]
        assert sorted(stored) == [number * 10 for number in range(lines)]
        assert all(stages.batches)

    run(test)


def test_eight_look_ups_run_at_once(snippet: ModuleType) -> None:
    async def test() -> None:
        stages = Stages(1000)
        stages.may_look_up.clear()
        pipeline = piping(snippet, stages)
        await settle()
        assert stages.running == 8
        assert stages.read == 8 + 100 + 1  # in work, waiting, and in the hand of the reader
        stages.may_look_up.set()
        await pipeline
        assert stages.most == 8

    run(test)


def test_slow_store_holds_back_the_source(snippet: ModuleType) -> None:
    async def test() -> None:
        stages = Stages(10_000)
        stages.may_store.clear()
        pipeline = piping(snippet, stages)
        await settle()
        in_batch = stages.read - (100 + 8 + 100 + 1)  # rows, workers, lines, the reader
        assert 1 <= in_batch <= 50
        stages.may_store.set()
        await pipeline
        assert stages.read == 10_000

    run(test)


def test_rows_that_wait_are_stored_together_up_to_fifty(snippet: ModuleType) -> None:
    async def test() -> None:
        stages = Stages(1000)
        stages.may_store.clear()
        pipeline = piping(snippet, stages)
        await settle()
        stages.may_store.set()
        await pipeline
        sizes = [len(batch) for batch in stages.batches]
        assert sizes[1:3] == [50, 50]
        assert max(sizes) == 50

    run(test)


@pytest.mark.parametrize("fails", ["source", "look_up", "store"])
def test_failure_of_one_stage_ends_all(snippet: ModuleType, fails: str) -> None:
    async def test() -> None:
        stages = Stages(10_000)
        stages.fails = fails
        with pytest.raises(ExceptionGroup) as failed:
            await piping(snippet, stages)
        assert failed.value.subgroup(OSError) is not None
        assert stages.running == 0
        assert stages.read < 1000
        assert len(asyncio.all_tasks()) == 1

    run(test)


def test_cancelled_pipeline_leaves_no_task(snippet: ModuleType) -> None:
    async def test() -> None:
        stages = Stages(10_000)
        stages.may_store.clear()
        pipeline = piping(snippet, stages)
        await settle()
        pipeline.cancel()
        with pytest.raises(asyncio.CancelledError):
            await pipeline
        assert len(asyncio.all_tasks()) == 1
        assert stages.batches == []

    run(test)


def test_order_is_that_of_the_answers(snippet: ModuleType) -> None:
    async def test() -> None:
        stages = Stages(20)
        answers = 0

        async def look_up(line: int) -> int:
            nonlocal answers
            while line == 0 and answers < 19:  # noqa: ASYNC110  # a sleep could end too early
                await asyncio.sleep(0)
            answers += 1
            return line

        await snippet.run_pipeline(stages.source(), look_up, stages.store)
        stored = [row for batch in stages.batches for row in batch]
        assert stored[-1] == 0
        assert len(stored) == 20

    run(test)


def test_queue_without_a_size_takes_the_whole_source() -> None:
    async def test() -> None:
        stages = Stages(10_000)
        queue: asyncio.Queue[int] = asyncio.Queue()
        async for line in stages.source():
            await queue.put(line)
        assert queue.qsize() == 10_000

    run(test)
