"""Answers, all of them JSON."""

import json
import time
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from django.core.exceptions import BadRequest
from django.db import IntegrityError, transaction
from django.forms import BaseForm
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    JsonResponse,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views import View

from notes.forms import NoteForm, PageForm, SlowForm, StreamForm
from notes.models import Note


def bad_request(request: HttpRequest, exception: Exception) -> JsonResponse:
    """Answer for a request that Django or a view cannot read."""
    return JsonResponse({"detail": "Bad request"}, status=HTTPStatus.BAD_REQUEST)


def not_found(request: HttpRequest, exception: Exception) -> JsonResponse:
    """Answer for an unknown path or note."""
    return JsonResponse({"detail": "Not found"}, status=HTTPStatus.NOT_FOUND)


def invalid(form: BaseForm) -> JsonResponse:
    """Name the fields that are wrong."""
    return JsonResponse({"errors": form.errors.get_json_data()}, status=HTTPStatus.BAD_REQUEST)


def sent_document(request: HttpRequest) -> dict[str, Any]:
    """Give the JSON object that was sent, or raise `BadRequest`."""
    try:
        document = json.loads(request.body)
    except ValueError as error:
        raise BadRequest from error
    if not isinstance(document, dict):
        raise BadRequest
    return document


def as_json(note: Note) -> dict[str, Any]:
    """Give what a client reads of a note."""
    return {
        "id": note.pk,
        "title": note.title,
        "body": note.body,
        "created_at": note.created_at,
    }


class JSONView(View):
    """A view whose errors are JSON too."""

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        """Answer for the only constraint that a valid note can break: the unique title."""
        try:
            return super().dispatch(request, *args, **kwargs)
        except IntegrityError:
            detail = "A note with this title exists"
            return JsonResponse({"detail": detail}, status=HTTPStatus.CONFLICT)

    def http_method_not_allowed(
        self, request: HttpRequest, *args: object, **kwargs: object
    ) -> JsonResponse:
        """Say which methods there are."""
        allowed = super().http_method_not_allowed(request, *args, **kwargs)["Allow"]
        return JsonResponse(
            {"detail": "Method not allowed"},
            status=HTTPStatus.METHOD_NOT_ALLOWED,
            headers={"Allow": allowed},
        )


class NotesView(JSONView):
    """All notes."""

    def get(self, request: HttpRequest) -> JsonResponse:
        """Give a page of notes, oldest first."""
        form = PageForm(request.GET)
        if not form.is_valid():
            return invalid(form)
        limit, offset = form.cleaned_data["limit"], form.cleaned_data["offset"]
        page = Note.objects.order_by("pk")[offset : offset + limit]
        items = [as_json(note) for note in page]
        return JsonResponse({"items": items, "total": Note.objects.count()})

    def post(self, request: HttpRequest) -> JsonResponse:
        """Store a new note."""
        form = NoteForm(sent_document(request))
        if not form.is_valid():
            return invalid(form)
        note = form.save()
        location = reverse("note", args=[note.pk])
        return JsonResponse(
            as_json(note), status=HTTPStatus.CREATED, headers={"Location": location}
        )


class NoteView(JSONView):
    """One note."""

    def get(self, _request: HttpRequest, pk: int) -> JsonResponse:
        """Give the note."""
        return JsonResponse(as_json(get_object_or_404(Note, pk=pk)))

    @transaction.atomic
    def put(self, request: HttpRequest, pk: int) -> JsonResponse:
        """Replace what a client wrote of the note."""
        # Locked: `save` would insert the note again if it were deleted in between.
        note = get_object_or_404(Note.objects.select_for_update(), pk=pk)
        form = NoteForm(sent_document(request), instance=note)
        if not form.is_valid():
            return invalid(form)
        return JsonResponse(as_json(form.save()))

    def delete(self, _request: HttpRequest, pk: int) -> HttpResponse:
        """Delete the note."""
        get_object_or_404(Note, pk=pk).delete()
        return HttpResponse(status=HTTPStatus.NO_CONTENT)


class SlowView(JSONView):
    """An answer that takes its time."""

    def get(self, request: HttpRequest) -> JsonResponse:
        """Answer after a while."""
        form = SlowForm(request.GET)
        if not form.is_valid():
            return invalid(form)
        ms = form.cleaned_data["ms"]
        time.sleep(ms / 1000)
        return JsonResponse({"waited_ms": ms})


class StreamView(JSONView):
    """An answer in pieces."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        """Send a line every 50 ms."""
        form = StreamForm(request.GET)
        if not form.is_valid():
            return invalid(form)
        lines = numbered(form.cleaned_data["lines"])
        return StreamingHttpResponse(lines, content_type="application/x-ndjson")


def numbered(lines: int) -> Iterator[str]:
    """Give the lines, each at its time."""
    for number in range(1, lines + 1):
        if number > 1:
            time.sleep(0.05)
        yield json.dumps({"line": number}) + "\n"
