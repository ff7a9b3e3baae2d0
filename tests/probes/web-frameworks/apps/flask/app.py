"""Flask: what the small probes ask for."""

import asyncio
import threading
import time
from collections.abc import Iterator

from flask import Flask, Response, jsonify, request

app = Flask(__name__)
seen = {"entered": 0, "closed": 0, "done": 0}


def work() -> None:
    """Take half a second."""
    time.sleep(0.5)
    seen["done"] += 1


@app.get("/seen")
def read_seen() -> dict[str, int]:
    """Tell what has happened so far."""
    return seen


@app.post("/typed")
def typed() -> dict[str, int]:
    """Read a body that should hold a number."""
    seen["entered"] += 1
    body: dict[str, int] = request.get_json()
    return {"count": body["count"]}


def three_events() -> Iterator[str]:
    """Write three events in their format."""
    for event in (1, 2, 3):
        yield f"data: {event}\n\n"
        time.sleep(0.2)


@app.get("/events")
def events() -> Response:
    """Send three events."""
    return Response(three_events(), mimetype="text/event-stream")


@app.post("/background")
def background() -> Response:
    """Leave half a second of work."""
    response = jsonify(left=True)
    response.call_on_close(work)
    return response


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
def quick() -> dict[str, bool]:
    """Answer at once."""
    return {"quick": True}


@app.post("/form")
def form() -> dict[str, bool]:
    """Change something because a form was posted."""
    return {"changed": True}


@app.post("/json")
def read_json() -> dict[str, int]:
    """Read JSON."""
    return {"characters": len(request.get_json()["text"])}
