"""aiohttp: what the small probes ask for."""

import asyncio
import threading
import time
from argparse import ArgumentParser

from aiohttp import web

routes = web.RouteTableDef()
seen = {"entered": 0, "closed": 0, "done": 0}


@routes.get("/seen")
async def read_seen(_: web.Request) -> web.Response:
    """Tell what has happened so far."""
    return web.json_response(seen)


@routes.post("/typed")
async def typed(request: web.Request) -> web.Response:
    """Read a body that should hold a number."""
    seen["entered"] += 1
    body: dict[str, int] = await request.json()
    return web.json_response({"count": body["count"]})


@routes.get("/echo")
async def echo(request: web.Request) -> web.WebSocketResponse:
    """Send one message back."""
    websocket = web.WebSocketResponse()
    await websocket.prepare(request)
    await websocket.send_str(await websocket.receive_str())
    await websocket.close()
    return websocket


@routes.get("/events")
async def events(request: web.Request) -> web.StreamResponse:
    """Send three events, written in their format."""
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    for event in (1, 2, 3):
        await response.write(b"data: %d\n\n" % event)
        await asyncio.sleep(0.2)
    return response


@routes.get("/loop")
async def loop(_: web.Request) -> web.Response:
    """Tell the event loop and the time spent in it."""
    began = time.monotonic()
    await asyncio.sleep(0.4)
    running = id(asyncio.get_running_loop())
    thread, ended = threading.get_ident(), time.monotonic()
    return web.json_response({"loop": running, "thread": thread, "began": began, "ended": ended})


@routes.get("/blocking/async")
async def blocking_async(_: web.Request) -> web.Response:
    """Block the thread of an `async def` function."""
    time.sleep(1)  # noqa: ASYNC251 - the mistake that is measured
    return web.json_response({"blocked": True})


@routes.get("/quick")
async def quick(_: web.Request) -> web.Response:
    """Answer at once."""
    return web.json_response({"quick": True})


@routes.post("/form")
async def form(_: web.Request) -> web.Response:
    """Change something because a form was posted."""
    return web.json_response({"changed": True})


@routes.post("/json")
async def read_json(request: web.Request) -> web.Response:
    """Read JSON."""
    body = await request.json()
    return web.json_response({"characters": len(body["text"])})


app = web.Application()
app.add_routes(routes)

if __name__ == "__main__":
    parser = ArgumentParser()
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int)
    arguments = parser.parse_args()
    web.run_app(app, host=arguments.host, port=arguments.port, access_log=None)
