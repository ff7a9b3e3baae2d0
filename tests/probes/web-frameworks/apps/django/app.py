"""Django in one file: what the small probes ask for."""

import asyncio
import json
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

from django import forms  # noqa: E402 - Django wants its settings first
from django.core.asgi import get_asgi_application  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import HttpRequest, JsonResponse, StreamingHttpResponse  # noqa: E402
from django.tasks import task  # noqa: E402
from django.urls import path  # noqa: E402

seen = {"entered": 0, "closed": 0, "done": 0}


class Typed(forms.Form):
    """A body with one number."""

    count = forms.IntegerField()


@task
def work() -> None:
    """Take half a second."""
    time.sleep(0.5)
    seen["done"] += 1


def read_seen(_: HttpRequest) -> JsonResponse:
    """Tell what has happened so far."""
    return JsonResponse(seen)


def typed(request: HttpRequest) -> JsonResponse:
    """Read a body through a form."""
    seen["entered"] += 1
    form = Typed(json.loads(request.body))
    if not form.is_valid():
        return JsonResponse(form.errors.get_json_data(), status=400)
    return JsonResponse({"count": form.cleaned_data["count"]})


def three_events() -> Iterator[str]:
    """Write three events in their format."""
    for event in (1, 2, 3):
        yield f"data: {event}\n\n"
        time.sleep(0.2)


def events(_: HttpRequest) -> StreamingHttpResponse:
    """Send three events."""
    return StreamingHttpResponse(three_events(), content_type="text/event-stream")


def background(_: HttpRequest) -> JsonResponse:
    """Leave half a second of work."""
    work.enqueue()
    return JsonResponse({"left": True})


async def loop(_: HttpRequest) -> JsonResponse:
    """Tell the event loop and the time spent in it."""
    began = time.monotonic()
    await asyncio.sleep(0.4)
    running = id(asyncio.get_running_loop())
    thread, ended = threading.get_ident(), time.monotonic()
    return JsonResponse({"loop": running, "thread": thread, "began": began, "ended": ended})


def blocking_plain(_: HttpRequest) -> JsonResponse:
    """Block the thread of a plain function."""
    time.sleep(1)
    return JsonResponse({"blocked": True})


async def blocking_async(_: HttpRequest) -> JsonResponse:
    """Block the thread of an `async def` function."""
    time.sleep(1)  # noqa: ASYNC251 - the mistake that is measured
    return JsonResponse({"blocked": True})


def quick(_: HttpRequest) -> JsonResponse:
    """Answer at once."""
    return JsonResponse({"quick": True})


def read_json(request: HttpRequest) -> JsonResponse:
    """Read JSON."""
    return JsonResponse({"characters": len(json.loads(request.body)["text"])})


urlpatterns = [
    path("seen", read_seen),
    path("typed", typed),
    path("events", events),
    path("background", background),
    path("loop", loop),
    path("blocking/plain", blocking_plain),
    path("blocking/async", blocking_async),
    path("quick", quick),
    path("json", read_json),
]
app = get_wsgi_application()
asgi = get_asgi_application()
