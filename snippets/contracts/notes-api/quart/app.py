"""Notes over HTTP, with Quart and Pydantic."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from pydantic import BaseModel, Field, ValidationError
from quart import Quart, abort, request, url_for
from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import async_sessionmaker
from werkzeug.exceptions import HTTPException

from database import Note, create_engine

app = Quart(__name__)
engine = create_engine()
sessions = async_sessionmaker(engine, expire_on_commit=False)


class NoteIn(BaseModel):
    """What a client writes."""

    title: str = Field(max_length=80, pattern=r"\S")
    body: str = Field(default="", max_length=1000)


class Page(BaseModel):
    """Which notes to list."""

    limit: int = Field(default=20, ge=1, le=100)
    offset: int = Field(default=0, ge=0)


class Wait(BaseModel):
    """How long to wait."""

    ms: int = Field(default=200, ge=1, le=1000)


class Stream(BaseModel):
    """How many lines to send."""

    lines: int = Field(default=3, ge=1, le=100)


@app.after_serving
async def close_connections() -> None:
    """Give the connections of the pool back."""
    await engine.dispose()


@app.errorhandler(HTTPException)
async def report_http_error(error: HTTPException) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Answer as JSON, where Quart's own answer is HTML."""
    headers = dict(error.get_headers())
    headers["Content-Type"] = "application/json"
    return {"detail": error.description}, error.code or 500, headers


@app.errorhandler(ValidationError)
async def report_invalid(error: ValidationError) -> tuple[dict[str, Any], int]:
    """Name the fields that are wrong."""
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    return {"detail": problems}, 422


@app.errorhandler(IntegrityError)
async def report_conflict(_error: IntegrityError) -> tuple[dict[str, Any], int]:
    """Answer for the only constraint that a valid note can break: the unique title."""
    return {"detail": "A note with this title exists"}, 409


def as_json(note: Note) -> dict[str, Any]:
    """Give what a client reads of a note."""
    return {
        "id": note.id,
        "title": note.title,
        "body": note.body,
        "created_at": note.created_at.isoformat(),
    }


@app.get("/notes")
async def list_notes() -> dict[str, Any]:
    """Give a page of notes, oldest first."""
    page = Page.model_validate(request.args.to_dict())
    async with sessions() as session:
        total = await session.scalars(select(func.count(Note.id)))
        items = await session.scalars(
            select(Note).order_by(Note.id).limit(page.limit).offset(page.offset)
        )
        return {"items": [as_json(note) for note in items], "total": total.one()}


@app.post("/notes")
async def create_note() -> tuple[dict[str, Any], int, dict[str, str]]:
    """Store a new note."""
    fields = NoteIn.model_validate_json(await request.get_data())
    note = Note(**fields.model_dump())
    async with sessions.begin() as session:
        session.add(note)
    return as_json(note), 201, {"Location": url_for("read_note", note_id=note.id)}


@app.get("/notes/<int:note_id>")
async def read_note(note_id: int) -> dict[str, Any]:
    """Give one note."""
    async with sessions() as session:
        note = await session.get(Note, note_id)
    if note is None:
        abort(404, "No such note")
    return as_json(note)


@app.put("/notes/<int:note_id>")
async def replace_note(note_id: int) -> dict[str, Any]:
    """Replace what a client wrote of a note."""
    fields = NoteIn.model_validate_json(await request.get_data())
    async with sessions.begin() as session:
        note = await session.get(Note, note_id, with_for_update=True)
        if note is None:
            abort(404, "No such note")
        note.title, note.body = fields.title, fields.body
    return as_json(note)


@app.delete("/notes/<int:note_id>")
async def delete_note(note_id: int) -> tuple[str, int]:
    """Delete a note."""
    statement = delete(Note).where(Note.id == note_id).returning(Note.id)
    async with sessions.begin() as session:
        deleted = (await session.scalars(statement)).one_or_none()
    if deleted is None:
        abort(404, "No such note")
    return "", 204


@app.get("/slow")
async def wait() -> dict[str, int]:
    """Answer after a while."""
    ms = Wait.model_validate(request.args.to_dict()).ms
    await asyncio.sleep(ms / 1000)
    return {"waited_ms": ms}


@app.get("/stream")
async def stream() -> tuple[AsyncIterator[str], dict[str, str]]:
    """Send a line every 50 ms."""
    lines = Stream.model_validate(request.args.to_dict()).lines
    return numbered(lines), {"Content-Type": "application/x-ndjson"}


async def numbered(lines: int) -> AsyncIterator[str]:
    """Give the lines, each at its time."""
    for number in range(1, lines + 1):
        if number > 1:
            await asyncio.sleep(0.05)
        yield f'{{"line": {number}}}\n'
