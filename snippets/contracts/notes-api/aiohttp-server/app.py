"""Notes over HTTP, with aiohttp's server and Pydantic."""

import argparse
import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import BaseModel, Field, ValidationError
from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from database import Note, create_engine

SESSIONS = web.AppKey("SESSIONS", async_sessionmaker[AsyncSession])
routes = web.RouteTableDef()


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


async def database(app: web.Application) -> AsyncIterator[None]:
    """Keep one pool of connections for as long as the service runs."""
    engine = create_engine()
    app[SESSIONS] = async_sessionmaker(engine, expire_on_commit=False)
    yield
    await engine.dispose()


@web.middleware
async def json_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer errors as JSON, where aiohttp's own answer is plain text."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        error.content_type = "application/json"
        error.text = json.dumps({"detail": error.reason})
        raise
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False, include_input=False)
        return web.json_response({"detail": problems}, status=422)
    except IntegrityError:
        # The unique title is the only constraint that a valid note can break.
        return web.json_response({"detail": "A note with this title exists"}, status=409)


def as_json(note: Note) -> dict[str, Any]:
    """Give what a client reads of a note."""
    return {
        "id": note.id,
        "title": note.title,
        "body": note.body,
        "created_at": note.created_at.isoformat(),
    }


def note_id(request: web.Request) -> int:
    """Give the id in the path, which the route has checked."""
    return int(request.match_info["note_id"])


@routes.get("/notes")
async def list_notes(request: web.Request) -> web.Response:
    """Give a page of notes, oldest first."""
    page = Page.model_validate(request.query)
    async with request.app[SESSIONS]() as session:
        total = await session.scalars(select(func.count(Note.id)))
        items = await session.scalars(
            select(Note).order_by(Note.id).limit(page.limit).offset(page.offset)
        )
        return web.json_response({"items": [as_json(note) for note in items], "total": total.one()})


@routes.post("/notes")
async def create_note(request: web.Request) -> web.Response:
    """Store a new note."""
    fields = NoteIn.model_validate_json(await request.read())
    note = Note(**fields.model_dump())
    async with request.app[SESSIONS].begin() as session:
        session.add(note)
    location = request.app.router["note"].url_for(note_id=str(note.id))
    return web.json_response(as_json(note), status=201, headers={"Location": str(location)})


@routes.get(r"/notes/{note_id:\d+}", name="note")
async def read_note(request: web.Request) -> web.Response:
    """Give one note."""
    async with request.app[SESSIONS]() as session:
        note = await session.get(Note, note_id(request))
    if note is None:
        raise web.HTTPNotFound(reason="No such note")
    return web.json_response(as_json(note))


@routes.put(r"/notes/{note_id:\d+}")
async def replace_note(request: web.Request) -> web.Response:
    """Replace what a client wrote of a note."""
    fields = NoteIn.model_validate_json(await request.read())
    async with request.app[SESSIONS].begin() as session:
        note = await session.get(Note, note_id(request), with_for_update=True)
        if note is None:
            raise web.HTTPNotFound(reason="No such note")
        note.title, note.body = fields.title, fields.body
    return web.json_response(as_json(note))


@routes.delete(r"/notes/{note_id:\d+}")
async def delete_note(request: web.Request) -> web.Response:
    """Delete a note."""
    statement = delete(Note).where(Note.id == note_id(request)).returning(Note.id)
    async with request.app[SESSIONS].begin() as session:
        deleted = (await session.scalars(statement)).one_or_none()
    if deleted is None:
        raise web.HTTPNotFound(reason="No such note")
    return web.Response(status=204)


@routes.get("/slow")
async def wait(request: web.Request) -> web.Response:
    """Answer after a while."""
    ms = Wait.model_validate(request.query).ms
    await asyncio.sleep(ms / 1000)
    return web.json_response({"waited_ms": ms})


@routes.get("/stream")
async def stream(request: web.Request) -> web.StreamResponse:
    """Send a line every 50 ms."""
    lines = Stream.model_validate(request.query).lines
    response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
    await response.prepare(request)
    for number in range(1, lines + 1):
        if number > 1:
            await asyncio.sleep(0.05)
        await response.write(f'{{"line": {number}}}\n'.encode())
    await response.write_eof()
    return response


app = web.Application(middlewares=[json_errors])
app.cleanup_ctx.append(database)
app.add_routes(routes)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8080)
    options = parser.parse_args()
    web.run_app(app, host=options.host, port=options.port, access_log=None)
