"""FastAPI: what the small probes ask for."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator
from itertools import count
from typing import Annotated

from fastapi import BackgroundTasks, Depends, FastAPI, WebSocket
from fastapi.sse import EventSourceResponse
from pydantic import BaseModel

app = FastAPI()
seen = {"entered": 0, "closed": 0, "done": 0}
numbers = count(1)


class Typed(BaseModel):
    """A body with one number."""

    count: int


class Text(BaseModel):
    """A body with one text."""

    text: str


def number() -> Iterator[int]:
    """Give a new number to each request and count the clean-ups."""
    yield next(numbers)
    seen["closed"] += 1


def work() -> None:
    """Take half a second."""
    time.sleep(0.5)
    seen["done"] += 1


@app.get("/seen")
async def read_seen() -> dict[str, int]:
    """Tell what has happened so far."""
    return seen


@app.post("/typed")
async def typed(body: Typed) -> Typed:
    """Read a typed body."""
    seen["entered"] += 1
    return body


@app.get("/dependency")
async def dependency(value: Annotated[int, Depends(number)]) -> dict[str, int]:
    """Use a value that the framework builds."""
    return {"value": value}


@app.websocket("/echo")
async def echo(websocket: WebSocket) -> None:
    """Send one message back."""
    await websocket.accept()
    await websocket.send_text(await websocket.receive_text())
    await websocket.close()


@app.get("/events", response_class=EventSourceResponse)
async def events() -> AsyncIterator[dict[str, int]]:
    """Send three events."""
    for event in (1, 2, 3):
        yield {"event": event}
        await asyncio.sleep(0.2)


@app.post("/background")
async def background(tasks: BackgroundTasks) -> dict[str, bool]:
    """Leave half a second of work."""
    tasks.add_task(work)
    return {"left": True}


@app.get("/loop")
async def loop() -> dict[str, float]:
    """Tell the event loop and the time spent in it."""
    began = time.monotonic()
    await asyncio.sleep(0.4)
    running = id(asyncio.get_running_loop())
    return {
        "loop": running,
        "thread": threading.get_ident(),
        "began": began,
        "ended": time.monotonic(),
    }


@app.get("/blocking/plain")
def blocking_plain() -> dict[str, bool]:
    """Block the thread of a plain function."""
    time.sleep(1)
    return {"blocked": True}


@app.get("/blocking/async")
async def blocking_async() -> dict[str, bool]:
    """Block the thread of an `async def` function."""
    time.sleep(1)  # noqa: ASYNC251 - the mistake that is measured
    return {"blocked": True}


@app.get("/quick")
async def quick() -> dict[str, bool]:
    """Answer at once."""
    return {"quick": True}


@app.post("/form")
async def form() -> dict[str, bool]:
    """Change something because a form was posted."""
    return {"changed": True}


@app.post("/json")
async def read_json(body: Text) -> dict[str, int]:
    """Read JSON."""
    return {"characters": len(body.text)}
