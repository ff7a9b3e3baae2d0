import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypedDict

from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route

TABLE = """
    CREATE TABLE IF NOT EXISTS books (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        title text NOT NULL
    )
"""


class State(TypedDict):
    pool: AsyncConnectionPool


@asynccontextmanager
async def lifespan(_app: Starlette) -> AsyncIterator[State]:
    async with AsyncConnectionPool(os.environ["DATABASE_URL"], open=False) as pool:
        async with pool.connection() as connection:
            await connection.execute(TABLE)
        yield {"pool": pool}


async def list_books(request: Request[State]) -> JSONResponse:
    query = "SELECT id, title FROM books ORDER BY id LIMIT 50"
    async with request.state["pool"].connection() as connection:
        cursor = await connection.cursor(row_factory=dict_row).execute(query)
        return JSONResponse(await cursor.fetchall())


async def read_book(request: Request[State]) -> JSONResponse:
    query, values = "SELECT id, title FROM books WHERE id = %(book_id)s", request.path_params
    async with request.state["pool"].connection() as connection:
        cursor = await connection.cursor(row_factory=dict_row).execute(query, values)
        book = await cursor.fetchone()
    if book is None:
        raise HTTPException(404, "No such book")
    return JSONResponse(book)


async def http_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    return JSONResponse({"detail": error.detail}, error.status_code, error.headers)


books = [Route("/", list_books), Route("/{book_id:int}", read_book)]
app = Starlette(
    lifespan=lifespan,
    routes=[Mount("/books", routes=books)],
    exception_handlers={HTTPException: http_error},
)
