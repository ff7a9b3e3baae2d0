"""Notes over HTTP, with Starlette and Pydantic."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypedDict

from pydantic import BaseModel, Field, ValidationError
from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from database import Note, create_engine


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


class State(TypedDict):
    """What the lifespan gives to every request."""

    sessions: async_sessionmaker[AsyncSession]


def as_json(note: Note) -> dict[str, Any]:
    """Give what a client reads of a note."""
    return {
        "id": note.id,
        "title": note.title,
        "body": note.body,
        "created_at": note.created_at.isoformat(),
    }


class Notes(HTTPEndpoint):
    """All notes."""

    async def get(self, request: Request[State]) -> Response:
        """Give a page of notes, oldest first."""
        page = Page.model_validate(request.query_params)
        async with request.state["sessions"]() as session:
            total = await session.scalars(select(func.count(Note.id)))
            items = await session.scalars(
                select(Note).order_by(Note.id).limit(page.limit).offset(page.offset)
            )
            return JSONResponse({"items": [as_json(note) for note in items], "total": total.one()})

    async def post(self, request: Request[State]) -> Response:
        """Store a new note."""
        fields = NoteIn.model_validate_json(await request.body())
        note = Note(**fields.model_dump())
        async with request.state["sessions"].begin() as session:
            session.add(note)
        location = request.app.url_path_for("note", note_id=note.id)
        return JSONResponse(as_json(note), status_code=201, headers={"Location": location})


class OneNote(HTTPEndpoint):
    """One note."""

    async def get(self, request: Request[State]) -> Response:
        """Give the note."""
        async with request.state["sessions"]() as session:
            note = await session.get(Note, request.path_params["note_id"])
        if note is None:
            raise HTTPException(404, "No such note")
        return JSONResponse(as_json(note))

    async def put(self, request: Request[State]) -> Response:
        """Replace what a client wrote of the note."""
        fields = NoteIn.model_validate_json(await request.body())
        async with request.state["sessions"].begin() as session:
            note = await session.get(Note, request.path_params["note_id"], with_for_update=True)
            if note is None:
                raise HTTPException(404, "No such note")
            note.title, note.body = fields.title, fields.body
        return JSONResponse(as_json(note))

    async def delete(self, request: Request[State]) -> Response:
        """Delete the note."""
        statement = delete(Note).where(Note.id == request.path_params["note_id"])
        async with request.state["sessions"].begin() as session:
            deleted = (await session.scalars(statement.returning(Note.id))).one_or_none()
        if deleted is None:
            raise HTTPException(404, "No such note")
        return Response(status_code=204)


async def wait(request: Request[State]) -> Response:
    """Answer after a while."""
    ms = Wait.model_validate(request.query_params).ms
    await asyncio.sleep(ms / 1000)
    return JSONResponse({"waited_ms": ms})


async def stream(request: Request[State]) -> Response:
    """Send a line every 50 ms."""
    lines = Stream.model_validate(request.query_params).lines
    return StreamingResponse(numbered(lines), media_type="application/x-ndjson")


async def numbered(lines: int) -> AsyncIterator[str]:
    """Give the lines, each at its time."""
    for number in range(1, lines + 1):
        if number > 1:
            await asyncio.sleep(0.05)
        yield f'{{"line": {number}}}\n'


async def report_http_error(_request: Request, error: Exception) -> Response:
    """Answer as JSON, where Starlette's own answer is plain text."""
    assert isinstance(error, HTTPException)
    return JSONResponse({"detail": error.detail}, error.status_code, error.headers)


async def report_invalid(_request: Request, error: Exception) -> Response:
    """Name the fields that are wrong."""
    assert isinstance(error, ValidationError)
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    return JSONResponse({"detail": problems}, status_code=422)


async def report_conflict(_request: Request, _error: Exception) -> Response:
    """Answer for the only constraint that a valid note can break: the unique title."""
    return JSONResponse({"detail": "A note with this title exists"}, status_code=409)


@asynccontextmanager
async def lifespan(_app: Starlette) -> AsyncIterator[State]:
    """Keep one pool of connections for as long as the service runs."""
    engine = create_engine()
    yield {"sessions": async_sessionmaker(engine, expire_on_commit=False)}
    await engine.dispose()


app = Starlette(
    routes=[
        Route("/notes", Notes),
        Route("/notes/{note_id:int}", OneNote, name="note"),
        Route("/slow", wait),
        Route("/stream", stream),
    ],
    exception_handlers={
        HTTPException: report_http_error,
        ValidationError: report_invalid,
        IntegrityError: report_conflict,
    },
    lifespan=lifespan,
)
