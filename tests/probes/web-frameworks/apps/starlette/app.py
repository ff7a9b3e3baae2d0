"""Starlette: what the small probes ask for."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

seen = {"entered": 0, "closed": 0, "done": 0}


def work() -> None:
    """Take half a second."""
    time.sleep(0.5)
    seen["done"] += 1


async def read_seen(_: Request) -> JSONResponse:
    """Tell what has happened so far."""
    return JSONResponse(seen)


async def typed(request: Request) -> JSONResponse:
    """Read a body that should hold a number."""
    seen["entered"] += 1
    body: dict[str, int] = await request.json()
    return JSONResponse({"count": body["count"]})


async def echo(websocket: WebSocket) -> None:
    """Send one message back."""
    await websocket.accept()
    await websocket.send_text(await websocket.receive_text())
    await websocket.close()


async def three_events() -> AsyncIterator[str]:
    """Write three events in their format."""
    for event in (1, 2, 3):
        yield f"data: {event}\n\n"
        await asyncio.sleep(0.2)


async def events(_: Request) -> StreamingResponse:
    """Send three events."""
    return StreamingResponse(three_events(), media_type="text/event-stream")


async def background(_: Request) -> JSONResponse:
    """Leave half a second of work."""
    return JSONResponse({"left": True}, background=BackgroundTask(work))


async def loop(_: Request) -> JSONResponse:
    """Tell the event loop and the time spent in it."""
    began = time.monotonic()
    await asyncio.sleep(0.4)
    running = id(asyncio.get_running_loop())
    thread, ended = threading.get_ident(), time.monotonic()
    return JSONResponse({"loop": running, "thread": thread, "began": began, "ended": ended})


def blocking_plain(_: Request) -> JSONResponse:
    """Block the thread of a plain function."""
    time.sleep(1)
    return JSONResponse({"blocked": True})


async def blocking_async(_: Request) -> JSONResponse:
    """Block the thread of an `async def` function."""
    time.sleep(1)  # noqa: ASYNC251 - the mistake that is measured
    return JSONResponse({"blocked": True})


async def quick(_: Request) -> JSONResponse:
    """Answer at once."""
    return JSONResponse({"quick": True})


async def form(_: Request) -> JSONResponse:
    """Change something because a form was posted."""
    return JSONResponse({"changed": True})


async def read_json(request: Request) -> JSONResponse:
    """Read JSON."""
    body = await request.json()
    return JSONResponse({"characters": len(body["text"])})


app = Starlette(
    routes=[
        Route("/seen", read_seen),
        Route("/typed", typed, methods=["POST"]),
        WebSocketRoute("/echo", echo),
        Route("/events", events),
        Route("/background", background, methods=["POST"]),
        Route("/loop", loop),
        Route("/blocking/plain", blocking_plain),
        Route("/blocking/async", blocking_async),
        Route("/quick", quick),
        Route("/form", form, methods=["POST"]),
        Route("/json", read_json, methods=["POST"]),
    ]
)
