"""Quart: what the small probes ask for."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator

from quart import Quart, Response, request, websocket

app = Quart(__name__)
seen = {"entered": 0, "closed": 0, "done": 0}


def work() -> None:
    """Take half a second."""
    time.sleep(0.5)
    seen["done"] += 1


@app.get("/seen")
async def read_seen() -> dict[str, int]:
    """Tell what has happened so far."""
    return seen


@app.post("/typed")
async def typed() -> dict[str, int]:
    """Read a body that should hold a number."""
    seen["entered"] += 1
    body: dict[str, int] = await request.get_json()
    return {"count": body["count"]}


@app.websocket("/echo")
async def echo() -> None:
    """Send one message back."""
    await websocket.send(await websocket.receive())


async def three_events() -> AsyncIterator[str]:
    """Write three events in their format."""
    for event in (1, 2, 3):
        yield f"data: {event}\n\n"
        await asyncio.sleep(0.2)


@app.get("/events")
async def events() -> Response:
    """Send three events."""
    return Response(three_events(), content_type="text/event-stream")


@app.post("/background")
async def background() -> dict[str, bool]:
    """Leave half a second of work."""
    app.add_background_task(work)
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
async def read_json() -> dict[str, int]:
    """Read JSON."""
    body = await request.get_json()
    return {"characters": len(body["text"])}
