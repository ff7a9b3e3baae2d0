"""Notes over HTTP, with FastAPI."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, TypedDict

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from database import Note, create_engine


class NoteIn(BaseModel):
    """What a client writes."""

    title: str = Field(max_length=80, pattern=r"\S")
    body: str = Field(default="", max_length=1000)


class NoteOut(BaseModel):
    """What a client reads."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    title: str
    body: str
    created_at: datetime


class Page(BaseModel):
    """Some of the notes, and how many there are."""

    items: list[NoteOut]
    total: int


class Waited(BaseModel):
    """How long the answer took on purpose."""

    waited_ms: int


class Line(BaseModel):
    """A line of the stream."""

    line: int


class NDJSONResponse(StreamingResponse):
    """JSON documents, one per line."""

    media_type = "application/x-ndjson"


class State(TypedDict):
    """What the lifespan gives to every request."""

    sessions: async_sessionmaker[AsyncSession]


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[State]:
    """Keep one pool of connections for as long as the service runs."""
    engine = create_engine()
    yield {"sessions": async_sessionmaker(engine, expire_on_commit=False)}
    await engine.dispose()


async def open_session(request: Request) -> AsyncIterator[AsyncSession]:
    """Give a session that commits, or rolls back if the request fails."""
    async with request.state.sessions.begin() as session:
        yield session


# The default scope would commit after the answer is sent, too late to report a failure.
SessionDep = Annotated[AsyncSession, Depends(open_session, scope="function")]

notes = APIRouter(prefix="/notes", tags=["notes"])


@notes.get("")
async def list_notes(
    session: SessionDep,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> Page:
    """Give a page of notes, oldest first."""
    total = await session.scalars(select(func.count(Note.id)))
    items = await session.scalars(select(Note).order_by(Note.id).limit(limit).offset(offset))
    return Page(items=[NoteOut.model_validate(note) for note in items], total=total.one())


@notes.post("", response_model=NoteOut, status_code=201)
async def create_note(
    fields: NoteIn, session: SessionDep, request: Request, response: Response
) -> Note:
    """Store a new note."""
    note = Note(**fields.model_dump())
    session.add(note)
    await session.flush()
    response.headers["Location"] = request.app.url_path_for("read_note", note_id=note.id)
    return note


@notes.get("/{note_id}", response_model=NoteOut)
async def read_note(note_id: int, session: SessionDep) -> Note:
    """Give one note."""
    note = await session.get(Note, note_id)
    if note is None:
        raise HTTPException(404, "No such note")
    return note


@notes.put("/{note_id}", response_model=NoteOut)
async def replace_note(note_id: int, fields: NoteIn, session: SessionDep) -> Note:
    """Replace what a client wrote of a note."""
    note = await session.get(Note, note_id, with_for_update=True)
    if note is None:
        raise HTTPException(404, "No such note")
    note.title, note.body = fields.title, fields.body
    return note


@notes.delete("/{note_id}", status_code=204)
async def delete_note(note_id: int, session: SessionDep) -> None:
    """Delete a note."""
    deleted = await session.scalars(delete(Note).where(Note.id == note_id).returning(Note.id))
    if deleted.one_or_none() is None:
        raise HTTPException(404, "No such note")


app = FastAPI(title="Notes", lifespan=lifespan)
app.include_router(notes)


@app.exception_handler(IntegrityError)
async def report_conflict(_request: Request, _error: IntegrityError) -> JSONResponse:
    """Answer for the only constraint that a valid note can break: the unique title."""
    return JSONResponse({"detail": "A note with this title exists"}, status_code=409)


@app.get("/slow")
async def wait(ms: Annotated[int, Query(ge=1, le=1000)] = 200) -> Waited:
    """Answer after a while."""
    await asyncio.sleep(ms / 1000)
    return Waited(waited_ms=ms)


@app.get("/stream", response_class=NDJSONResponse)
async def stream(lines: Annotated[int, Query(ge=1, le=100)] = 3) -> AsyncIterator[str]:
    """Send a line every 50 ms."""
    for number in range(1, lines + 1):
        if number > 1:
            await asyncio.sleep(0.05)
        yield Line(line=number).model_dump_json() + "\n"
