"""The operations."""

import json
import time
from collections.abc import Iterator
from typing import Any, ClassVar

from django.http import StreamingHttpResponse
from django.urls import reverse
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet

from notes.models import Note
from notes.pagination import NotePagination
from notes.serializers import NoteSerializer, SlowQuery, StreamQuery


class NoteViewSet(ModelViewSet):
    """Create, read, list, replace and delete notes."""

    queryset = Note.objects.order_by("pk")
    serializer_class = NoteSerializer
    pagination_class = NotePagination
    lookup_value_converter = "int"
    http_method_names: ClassVar = ["get", "post", "put", "delete", "head", "options"]

    def get_success_headers(self, data: dict[str, Any]) -> dict[str, str]:
        """Say where the new note is."""
        return {"Location": reverse("note-detail", args=[data["id"]])}


@api_view(["GET"])
def slow(request: Request) -> Response:
    """Answer after a while."""
    query = SlowQuery(data=request.query_params)
    query.is_valid(raise_exception=True)
    ms = query.validated_data["ms"]
    time.sleep(ms / 1000)
    return Response({"waited_ms": ms})


@api_view(["GET"])
def stream(request: Request) -> StreamingHttpResponse:
    """Send a line every 50 ms."""
    query = StreamQuery(data=request.query_params)
    query.is_valid(raise_exception=True)
    lines = numbered(query.validated_data["lines"])
    return StreamingHttpResponse(lines, content_type="application/x-ndjson")


def numbered(lines: int) -> Iterator[str]:
    """Give the lines, each at its time."""
    for number in range(1, lines + 1):
        if number > 1:
            time.sleep(0.05)
        yield json.dumps({"line": number}) + "\n"
