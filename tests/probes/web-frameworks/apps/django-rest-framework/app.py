"""Django REST Framework on Django in one file: what the small probes ask for."""

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
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "rest_framework",
    ],
    ROOT_URLCONF=__name__,
    SECRET_KEY="not-a-secret",
    TASKS={"default": {"BACKEND": TASKS}},
)
django.setup()

from django.core.asgi import get_asgi_application  # noqa: E402 - Django wants its settings first
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import StreamingHttpResponse  # noqa: E402
from django.tasks import task  # noqa: E402
from django.urls import path  # noqa: E402
from rest_framework import serializers  # noqa: E402
from rest_framework.decorators import api_view  # noqa: E402
from rest_framework.request import Request  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402

seen = {"entered": 0, "closed": 0, "done": 0}


class Typed(serializers.Serializer):
    """A body with one number."""

    count = serializers.IntegerField()


@task
def work() -> None:
    """Take half a second."""
    time.sleep(0.5)
    seen["done"] += 1


@api_view()
def read_seen(_: Request) -> Response:
    """Tell what has happened so far."""
    return Response(seen)


@api_view(["POST"])
def typed(request: Request) -> Response:
    """Read a body through a serializer."""
    seen["entered"] += 1
    serializer = Typed(data=request.data)
    serializer.is_valid(raise_exception=True)
    return Response(serializer.validated_data)


def three_events() -> Iterator[str]:
    """Write three events in their format."""
    for event in (1, 2, 3):
        yield f"data: {event}\n\n"
        time.sleep(0.2)


@api_view()
def events(_: Request) -> StreamingHttpResponse:
    """Send three events."""
    return StreamingHttpResponse(three_events(), content_type="text/event-stream")


@api_view(["POST"])
def background(_: Request) -> Response:
    """Leave half a second of work."""
    work.enqueue()
    return Response({"left": True})


class Loop(APIView):
    """An asynchronous view."""

    async def get(self, _: Request) -> Response:
        """Tell the event loop and the time spent in it."""
        began = time.monotonic()
        await asyncio.sleep(0.4)
        running = id(asyncio.get_running_loop())
        thread, ended = threading.get_ident(), time.monotonic()
        return Response({"loop": running, "thread": thread, "began": began, "ended": ended})


@api_view()
def blocking_plain(_: Request) -> Response:
    """Block the thread of a plain function."""
    time.sleep(1)
    return Response({"blocked": True})


class BlockingAsync(APIView):
    """An asynchronous view that blocks."""

    async def get(self, _: Request) -> Response:
        """Block the thread of an `async def` function."""
        time.sleep(1)  # noqa: ASYNC251 - the mistake that is measured
        return Response({"blocked": True})


@api_view()
def quick(_: Request) -> Response:
    """Answer at once."""
    return Response({"quick": True})


@api_view(["POST"])
def read_json(request: Request) -> Response:
    """Read JSON."""
    return Response({"characters": len(request.data["text"])})


urlpatterns = [
    path("seen", read_seen),
    path("typed", typed),
    path("events", events),
    path("background", background),
    path("loop", Loop.as_view()),
    path("blocking/plain", blocking_plain),
    path("blocking/async", BlockingAsync.as_view()),
    path("quick", quick),
    path("json", read_json),
]
app = get_wsgi_application()
asgi = get_asgi_application()
