"""Django Ninja on Django in one file: what the small probes ask for."""

import asyncio
import os
import threading
import time
from collections.abc import Iterator

import django
from django.conf import settings

TASKS = os.environ.get("TASKS_BACKEND", "django.tasks.backends.immediate.ImmediateBackend")

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="not-a-secret",
    TASKS={"default": {"BACKEND": TASKS}},
)
django.setup()

from django.core.asgi import get_asgi_application  # noqa: E402 - Django wants its settings first
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import HttpRequest  # noqa: E402
from django.tasks import task  # noqa: E402
from django.urls import path  # noqa: E402
from ninja import SSE, NinjaAPI, Schema  # noqa: E402

api = NinjaAPI()
seen = {"entered": 0, "closed": 0, "done": 0}


class Typed(Schema):
    """A body with one number."""

    count: int


class Text(Schema):
    """A body with one text."""

    text: str


class Event(Schema):
    """What an event says."""

    event: int


@task
def work() -> None:
    """Take half a second."""
    time.sleep(0.5)
    seen["done"] += 1


@api.get("/seen")
def read_seen(request: HttpRequest) -> dict[str, int]:
    """Tell what has happened so far."""
    return seen


@api.post("/typed")
def typed(request: HttpRequest, body: Typed) -> dict[str, int]:
    """Read a typed body."""
    seen["entered"] += 1
    return {"count": body.count}


@api.get("/events", response=SSE[Event])
def events(request: HttpRequest) -> Iterator[dict[str, int]]:
    """Send three events."""
    for event in (1, 2, 3):
        yield {"event": event}
        time.sleep(0.2)


@api.post("/background")
def background(request: HttpRequest) -> dict[str, bool]:
    """Leave half a second of work."""
    work.enqueue()
    return {"left": True}


@api.get("/loop")
async def loop(request: HttpRequest) -> dict[str, float]:
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


@api.get("/blocking/plain")
def blocking_plain(request: HttpRequest) -> dict[str, bool]:
    """Block the thread of a plain function."""
    time.sleep(1)
    return {"blocked": True}


@api.get("/blocking/async")
async def blocking_async(request: HttpRequest) -> dict[str, bool]:
    """Block the thread of an `async def` function."""
    time.sleep(1)  # noqa: ASYNC251 - the mistake that is measured
    return {"blocked": True}


@api.get("/quick")
def quick(request: HttpRequest) -> dict[str, bool]:
    """Answer at once."""
    return {"quick": True}


@api.post("/json")
def read_json(request: HttpRequest, body: Text) -> dict[str, int]:
    """Read JSON."""
    return {"characters": len(body.text)}


urlpatterns = [path("", api.urls)]
app = get_wsgi_application()
asgi = get_asgi_application()
