import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import asynccontextmanager
from multiprocessing import get_context
from typing import Annotated

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, Field

PROCESSES = 2  # times the server's workers: four of them would compute in eight processes


class Load(BaseModel):
    capacity: Annotated[int, Field(ge=1, le=100_000)]
    weights: Annotated[list[Annotated[int, Field(ge=1)]], Field(max_length=200)]


def heaviest_load(capacity: int, weights: list[int]) -> int:
    # In a project: at the top of a module without FastAPI, as each process imports it anew.
    best = [0] * (capacity + 1)
    for weight in weights:
        for room in range(capacity, weight - 1, -1):
            best[room] = max(best[room], best[room - weight] + weight)
    return best[capacity]


def new_pool() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn"))


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.pool = new_pool()
    yield
    app.state.pool.shutdown(cancel_futures=True)


app = FastAPI(lifespan=lifespan)


@app.post("/loads")
async def plan_load(load: Load) -> int:
    pool: ProcessPoolExecutor = app.state.pool
    loop = asyncio.get_running_loop()
    try:
        return await loop.run_in_executor(pool, heaviest_load, load.capacity, load.weights)
    except BrokenProcessPool as error:  # a process was killed, by the memory limit perhaps
        if app.state.pool is pool:  # the first to notice makes the next pool
            app.state.pool = new_pool()
        raise HTTPException(503, "Try again", {"Retry-After": "1"}) from error


@app.get("/health")
async def health() -> str:
    return "ok"
