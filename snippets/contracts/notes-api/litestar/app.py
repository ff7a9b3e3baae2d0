"""Notes over HTTP, with Litestar and msgspec."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, Any

from litestar import Controller, Litestar, Request, Response, delete, get, post, put
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.exceptions import NotFoundException
from litestar.logging import LoggingConfig
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import Stream
from litestar.serialization import encode_json
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import delete as delete_from
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from database import Note, create_engine

AnyRequest = Request[Any, Any, State]


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


@asynccontextmanager
async def database(app: Litestar) -> AsyncIterator[None]:
    """Keep one pool of connections for as long as the service runs."""
    engine = create_engine()
    app.state.sessions = async_sessionmaker(engine, expire_on_commit=False)
    yield
    await engine.dispose()


async def open_session(state: State) -> AsyncIterator[AsyncSession]:
    """Give a session that commits, or rolls back if the request fails."""
    async with state.sessions.begin() as session:
        yield session


class NotesController(Controller):
    """The notes."""

    path = "/notes"
    tags = ("notes",)

    @get()
    async def list_notes(
        self,
        session: NamedDependency[AsyncSession],
        limit: Annotated[int, QueryParameter(ge=1, le=100)] = 20,
        offset: Annotated[int, QueryParameter(ge=0)] = 0,
    ) -> Page:
        """Give a page of notes, oldest first."""
        total = await session.scalars(select(func.count(Note.id)))
        items = await session.scalars(select(Note).order_by(Note.id).limit(limit).offset(offset))
        return Page(items=[NoteOut.model_validate(note) for note in items], total=total.one())

    @post()
    async def create_note(
        self, data: JSONBody[NoteIn], session: NamedDependency[AsyncSession], request: AnyRequest
    ) -> Response[NoteOut]:
        """Store a new note."""
        note = Note(title=data.title, body=data.body)
        session.add(note)
        await session.flush()
        location = request.app.route_reverse("note", note_id=note.id)
        return Response(NoteOut.model_validate(note), headers={"Location": location})

    @get("/{note_id:int}", name="note")
    async def read_note(
        self, note_id: FromPath[int], session: NamedDependency[AsyncSession]
    ) -> NoteOut:
        """Give one note."""
        note = await session.get(Note, note_id)
        if note is None:
            raise NotFoundException(detail="No such note")
        return NoteOut.model_validate(note)

    @put("/{note_id:int}")
    async def replace_note(
        self, note_id: FromPath[int], data: JSONBody[NoteIn], session: NamedDependency[AsyncSession]
    ) -> NoteOut:
        """Replace what a client wrote of a note."""
        note = await session.get(Note, note_id, with_for_update=True)
        if note is None:
            raise NotFoundException(detail="No such note")
        note.title, note.body = data.title, data.body
        return NoteOut.model_validate(note)

    @delete("/{note_id:int}")
    async def delete_note(
        self, note_id: FromPath[int], session: NamedDependency[AsyncSession]
    ) -> None:
        """Delete a note."""
        statement = delete_from(Note).where(Note.id == note_id).returning(Note.id)
        if (await session.scalars(statement)).one_or_none() is None:
            raise NotFoundException(detail="No such note")


@get("/slow")
async def wait(ms: Annotated[int, QueryParameter(ge=1, le=1000)] = 200) -> dict[str, int]:
    """Answer after a while."""
    await asyncio.sleep(ms / 1000)
    return {"waited_ms": ms}


@get("/stream")
async def stream(lines: Annotated[int, QueryParameter(ge=1, le=100)] = 3) -> Stream:
    """Send a line every 50 ms."""
    return Stream(numbered(lines), media_type="application/x-ndjson")


async def numbered(lines: int) -> AsyncIterator[bytes]:
    """Give the lines, each at its time."""
    for number in range(1, lines + 1):
        if number > 1:
            await asyncio.sleep(0.05)
        yield encode_json({"line": number}) + b"\n"


def report_conflict(_request: AnyRequest, _error: IntegrityError) -> Response[dict[str, str]]:
    """Answer for the only constraint that a valid note can break: the unique title."""
    return Response({"detail": "A note with this title exists"}, status_code=409)


def report_not_utf8(_request: AnyRequest, _error: UnicodeDecodeError) -> Response[dict[str, str]]:
    """Answer for bytes that are no text, which Litestar would call its own failure."""
    return Response({"detail": "The document is not UTF-8"}, status_code=400)


app = Litestar(
    route_handlers=[NotesController, wait, stream],
    dependencies={"session": Provide(open_session)},
    lifespan=[database],
    exception_handlers={IntegrityError: report_conflict, UnicodeDecodeError: report_not_utf8},
    # By default a failure leaves no trace in the log unless the application is in debug mode.
    logging_config=LoggingConfig(
        log_exceptions="always",
        disable_stack_trace={400, 404, 405, IntegrityError, UnicodeDecodeError},
    ),
)
