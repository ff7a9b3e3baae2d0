"""Litestar: what the small probes ask for."""

import asyncio
import os
import threading
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from itertools import count

from litestar import Litestar, get, post, websocket_listener
from litestar.background_tasks import BackgroundTask
from litestar.config.csrf import CSRFConfig
from litestar.di import Provide
from litestar.response import Response, ServerSentEvent

seen = {"entered": 0, "closed": 0, "done": 0}
numbers = count(1)


@dataclass
class Typed:
    """A body with one number."""

    count: int


@dataclass
class Text:
    """A body with one text."""

    text: str


def number() -> Iterator[int]:
    """Give a new number to each request and count the clean-ups."""
    yield next(numbers)
    seen["closed"] += 1


async def work() -> None:
    """Take half a second."""
    await asyncio.sleep(0.5)
    seen["done"] += 1


@get("/seen")
async def read_seen() -> dict[str, int]:
    """Tell what has happened so far."""
    return seen


@post("/typed")
async def typed(data: Typed) -> Typed:
    """Read a typed body."""
    seen["entered"] += 1
    return data


@get("/dependency", dependencies={"value": Provide(number, sync_to_thread=False)})
async def dependency(value: int) -> dict[str, int]:
    """Use a value that the framework builds."""
    return {"value": value}


@websocket_listener("/echo")
async def echo(data: str) -> str:
    """Send each message back."""
    return data


async def three_events() -> AsyncIterator[str]:
    """Give what three events say."""
    for event in ("1", "2", "3"):
        yield event
        await asyncio.sleep(0.2)


@get("/events")
async def events() -> ServerSentEvent:
    """Send three events."""
    return ServerSentEvent(three_events())


@post("/background")
async def background() -> Response[dict[str, bool]]:
    """Leave half a second of work."""
    return Response({"left": True}, background=BackgroundTask(work))


@get("/loop")
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


@get("/blocking/plain", sync_to_thread=True)
def blocking_plain() -> dict[str, bool]:
    """Block the thread of a plain function."""
    time.sleep(1)
    return {"blocked": True}


@get("/blocking/async")
async def blocking_async() -> dict[str, bool]:
    """Block the thread of an `async def` function."""
    time.sleep(1)  # noqa: ASYNC251 - the mistake that is measured
    return {"blocked": True}


@get("/quick")
async def quick() -> dict[str, bool]:
    """Answer at once."""
    return {"quick": True}


@post("/form")
async def form() -> dict[str, bool]:
    """Change something because a form was posted."""
    return {"changed": True}


@post("/json")
async def read_json(data: Text) -> dict[str, int]:
    """Read JSON."""
    return {"characters": len(data.text)}


app = Litestar(
    route_handlers=[
        read_seen,
        typed,
        dependency,
        echo,
        events,
        background,
        loop,
        blocking_plain,
        blocking_async,
        quick,
        form,
        read_json,
    ],
    csrf_config=CSRFConfig(os.environ["CSRF_SECRET"]) if "CSRF_SECRET" in os.environ else None,
)
