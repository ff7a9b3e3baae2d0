"""The API: its operations, and its answers to errors."""

import time
from collections.abc import Iterator
from http import HTTPStatus
from typing import Annotated, Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from ninja import Field, NinjaAPI, Query, Router, Schema, Status
from ninja.pagination import LimitOffsetPagination, paginate
from ninja.streaming import JSONL

from notes.models import Note
from notes.schemas import Line, NoteIn, NoteOut, Problem, Waited

notes = Router(tags=["notes"])
api = NinjaAPI(title="Notes")


class NotePagination(LimitOffsetPagination):
    """A page of notes, and how many there are of them."""

    class Output(Schema):
        """Django Ninja calls the total `count`."""

        items: list[Any]
        total: int = Field(validation_alias="count")


class NDJSON(JSONL):
    """A line of JSON for each item, under the name that clients know."""

    media_type = "application/x-ndjson"


@api.exception_handler(IntegrityError)
def report_conflict(request: HttpRequest, _error: IntegrityError) -> HttpResponse:
    """Answer for the only constraint that a valid note can break: the unique title."""
    problem = {"detail": "A note with this title exists"}
    return api.create_response(request, problem, status=HTTPStatus.CONFLICT)


def not_found(request: HttpRequest, exception: Exception) -> JsonResponse:
    """Answer for an unknown path, which never reaches the API."""
    return JsonResponse({"detail": "Not Found"}, status=HTTPStatus.NOT_FOUND)


@notes.get("", response=list[NoteOut])
@paginate(NotePagination)
def list_notes(request: HttpRequest) -> QuerySet[Note]:
    """Give a page of notes, oldest first."""
    return Note.objects.order_by("pk")


@notes.post("", response={201: NoteOut, 409: Problem})
def create_note(request: HttpRequest, fields: NoteIn, response: HttpResponse) -> Status[Note]:
    """Store a new note."""
    note = Note.objects.create(**fields.model_dump())
    response["Location"] = reverse("api-1.0.0:read_note", args=[note.pk])
    return Status(HTTPStatus.CREATED, note)


@notes.get("/{int:note_id}", response={200: NoteOut, 404: Problem})
def read_note(request: HttpRequest, note_id: int) -> Note:
    """Give one note."""
    return get_object_or_404(Note, pk=note_id)


@notes.put("/{int:note_id}", response={200: NoteOut, 404: Problem, 409: Problem})
@transaction.atomic
def replace_note(request: HttpRequest, note_id: int, fields: NoteIn) -> Note:
    """Replace what a client wrote of a note."""
    # Locked: `save` would insert the note again if it were deleted in between.
    note = get_object_or_404(Note.objects.select_for_update(), pk=note_id)
    note.title, note.body = fields.title, fields.body
    note.save()
    return note


@notes.delete("/{int:note_id}", response={204: None, 404: Problem})
def delete_note(request: HttpRequest, note_id: int) -> Status[None]:
    """Delete a note."""
    get_object_or_404(Note, pk=note_id).delete()
    return Status(HTTPStatus.NO_CONTENT, None)


@api.get("/slow", response=Waited)
def wait(request: HttpRequest, ms: Query[Annotated[int, Field(ge=1, le=1000)]] = 200) -> Waited:
    """Answer after a while."""
    time.sleep(ms / 1000)
    return Waited(waited_ms=ms)


@api.get("/stream", response=NDJSON[Line])
def stream(
    request: HttpRequest, lines: Query[Annotated[int, Field(ge=1, le=100)]] = 3
) -> Iterator[Line]:
    """Send a line every 50 ms."""
    for number in range(1, lines + 1):
        if number > 1:
            time.sleep(0.05)
        yield Line(line=number)


api.add_router("/notes", notes)
