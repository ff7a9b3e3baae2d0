import json
import os
from collections.abc import AsyncIterator

from aiohttp import web
from aiohttp.typedefs import Handler
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

POOL = web.AppKey("POOL", AsyncConnectionPool)
TABLE = """
    CREATE TABLE IF NOT EXISTS books (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        title text NOT NULL
    )
"""


async def database(app: web.Application) -> AsyncIterator[None]:
    async with AsyncConnectionPool(os.environ["DATABASE_URL"], open=False) as pool:
        async with pool.connection() as connection:
            await connection.execute(TABLE)
        app[POOL] = pool
        yield  # the application serves until here, and then everything above is closed


@web.middleware
async def json_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPError as error:  # 4xx and 5xx; redirects stay as they are
        error.content_type = "application/json"
        error.text = json.dumps({"detail": error.reason})
        raise


async def read_book(request: web.Request) -> web.Response:
    query = "SELECT id, title FROM books WHERE id = %s"
    async with request.app[POOL].connection() as connection:
        cursor = connection.cursor(row_factory=dict_row)
        book = await (await cursor.execute(query, [int(request.match_info["id"])])).fetchone()
    if book is None:
        raise web.HTTPNotFound(reason="No such book")
    return web.json_response(book)


def create_app() -> web.Application:  # python -m aiohttp.web aiohttp_server_app:create_app
    app = web.Application(middlewares=[json_errors])
    app.cleanup_ctx.append(database)
    app.router.add_get(r"/books/{id:[0-9]{1,18}}", read_book)
    return app
