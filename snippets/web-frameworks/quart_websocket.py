import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from quart import Quart, abort, websocket
from quart.wrappers import ClientDisconnectedError

ALLOWED_ORIGINS = {"https://app.example.com"}
WAITING = 100  # messages that a slow reader may fall behind

app = Quart(__name__)
members: set[asyncio.Queue[str | bytes]] = set()


@asynccontextmanager
async def membership() -> AsyncIterator[asyncio.Queue[str | bytes]]:
    queue: asyncio.Queue[str | bytes] = asyncio.Queue(WAITING)
    members.add(queue)
    try:
        yield queue
    finally:
        members.discard(queue)


def publish(message: str | bytes) -> None:
    for queue in members.copy():
        try:
            queue.put_nowait(message)
        except asyncio.QueueFull:  # one slow reader must not hold up the others
            members.discard(queue)
            queue.shutdown()


async def send_waiting(queue: asyncio.Queue[str | bytes]) -> None:
    try:
        while True:
            await websocket.send(await queue.get())
    except asyncio.QueueShutDown:
        await websocket.close(1008, "too slow")


async def receive() -> None:
    while True:
        publish(await websocket.receive())


@app.websocket("/chat")
async def chat() -> None:
    if websocket.headers.get("Origin") not in ALLOWED_ORIGINS:
        abort(403)  # CORS does not apply to WebSockets
    try:
        async with membership() as queue, asyncio.TaskGroup() as tasks:
            tasks.create_task(send_waiting(queue))
            tasks.create_task(receive())
    except* ClientDisconnectedError:
        pass  # the end of every conversation
