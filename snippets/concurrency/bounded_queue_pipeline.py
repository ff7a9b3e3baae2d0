import asyncio
from collections.abc import AsyncIterable, Awaitable, Callable
from contextlib import suppress

WAITING = 100  # lines, and rows, that may wait at a time
WORKERS = 8
BATCH = 50


async def run_pipeline[Line, Row](
    source: AsyncIterable[Line],
    look_up: Callable[[Line], Awaitable[Row]],
    store: Callable[[list[Row]], Awaitable[None]],
) -> None:
    lines: asyncio.Queue[Line] = asyncio.Queue(WAITING)
    rows: asyncio.Queue[Row] = asyncio.Queue(WAITING)

    async def read() -> None:
        async for line in source:
            await lines.put(line)  # waits while the queue is full: the source is not read ahead
        lines.shutdown()

    async def work() -> None:
        with suppress(asyncio.QueueShutDown):
            while True:
                await rows.put(await look_up(await lines.get()))

    async def write() -> None:
        with suppress(asyncio.QueueShutDown):
            while True:
                batch = [await rows.get()]
                while len(batch) < BATCH and not rows.empty():
                    batch.append(rows.get_nowait())
                await store(batch)

    async with asyncio.TaskGroup() as group:
        group.create_task(read())
        group.create_task(write())
        async with asyncio.TaskGroup() as workers:
            for _ in range(WORKERS):
                workers.create_task(work())
        rows.shutdown()  # the last worker is done; what waits is still written
