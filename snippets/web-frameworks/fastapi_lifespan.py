import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, TypedDict

from fastapi import Depends, FastAPI, Request
from psycopg_pool import AsyncConnectionPool


class State(TypedDict):
    pool: AsyncConnectionPool


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[State]:
    pool = AsyncConnectionPool(os.environ["DATABASE_URL"], max_size=10, open=False)
    try:
        await pool.open(wait=True, timeout=5)  # no database, no start
        yield {"pool": pool}
    finally:
        await pool.close()  # after the last request, in the same event loop


def get_pool(request: Request) -> AsyncConnectionPool:
    pool: AsyncConnectionPool = request.state.pool
    return pool


PoolDep = Annotated[AsyncConnectionPool, Depends(get_pool)]
app = FastAPI(lifespan=lifespan)


@app.get("/health")
async def health(pool: PoolDep) -> dict[str, int]:
    async with pool.connection(timeout=2) as connection:
        await connection.execute("SELECT 1")
    return {"connections": pool.get_stats()["pool_size"]}
