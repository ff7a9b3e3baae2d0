"""The operations."""

import time
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, json, request, url_for
from sqlalchemy import func, select

from notes.models import Note, db
from notes.schemas import NoteIn, NoteOut, Page, Stream, Wait

blueprint = Blueprint("notes", __name__)


def as_json(note: Note) -> dict[str, Any]:
    """Give what a client reads of a note."""
    return NoteOut.model_validate(note).model_dump(mode="json")


@blueprint.get("/notes")
def list_notes() -> dict[str, Any]:
    """Give a page of notes, oldest first."""
    page = Page.model_validate(request.args.to_dict())
    notes = select(Note).order_by(Note.id).limit(page.limit).offset(page.offset)
    items = [as_json(note) for note in db.session.scalars(notes)]
    return {"items": items, "total": db.session.scalar(select(func.count(Note.id)))}


@blueprint.post("/notes")
def create_note() -> tuple[dict[str, Any], int, dict[str, str]]:
    """Store a new note."""
    fields = NoteIn.model_validate(request.get_json())
    note = Note(**fields.model_dump())
    db.session.add(note)
    db.session.commit()
    location = url_for(".read_note", note_id=note.id)
    return as_json(note), HTTPStatus.CREATED, {"Location": location}


@blueprint.get("/notes/<int:note_id>")
def read_note(note_id: int) -> dict[str, Any]:
    """Give one note."""
    return as_json(db.get_or_404(Note, note_id, description="No such note"))


@blueprint.put("/notes/<int:note_id>")
def replace_note(note_id: int) -> dict[str, Any]:
    """Replace what a client wrote of a note."""
    fields = NoteIn.model_validate(request.get_json())
    note = locked(note_id)
    note.title, note.body = fields.title, fields.body
    db.session.commit()
    return as_json(note)


@blueprint.delete("/notes/<int:note_id>")
def delete_note(note_id: int) -> tuple[str, int]:
    """Delete a note."""
    db.session.delete(locked(note_id))
    db.session.commit()
    return "", HTTPStatus.NO_CONTENT


def locked(note_id: int) -> Note:
    """Give a note that nobody else changes or deletes before the commit, or answer 404."""
    return db.get_or_404(Note, note_id, description="No such note", with_for_update=True)


@blueprint.get("/slow")
def wait() -> dict[str, int]:
    """Answer after a while."""
    ms = Wait.model_validate(request.args.to_dict()).ms
    time.sleep(ms / 1000)
    return {"waited_ms": ms}


@blueprint.get("/stream")
def stream() -> Response:
    """Send a line every 50 ms."""
    lines = Stream.model_validate(request.args.to_dict()).lines
    return Response(numbered(lines), mimetype="application/x-ndjson")


def numbered(lines: int) -> Iterator[str]:
    """Give the lines, each at its time."""
    for number in range(1, lines + 1):
        if number > 1:
            time.sleep(0.05)
        yield json.dumps({"line": number}) + "\n"
