import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from anyio import CapacityLimiter, fail_after
from anyio.to_thread import current_default_thread_limiter, run_sync
from fastapi import Depends, FastAPI, HTTPException, Request

WEB_THREADS = 100  # for `def` handlers, dependencies, uploads and files together
SCANNERS = 4  # the scanner has four licences


def scan(document: int) -> str:
    time.sleep(0.2)  # a blocking client stands here, with a timeout of its own
    return f"document {document} is clean"


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[dict[str, CapacityLimiter]]:
    current_default_thread_limiter().total_tokens = WEB_THREADS
    yield {"scanners": CapacityLimiter(SCANNERS)}


app = FastAPI(lifespan=lifespan)


async def get_scanners(request: Request) -> CapacityLimiter:  # as `def` it needs a web thread
    scanners: CapacityLimiter = request.state.scanners
    return scanners


@app.post("/scans/{document}")
async def create_scan(
    document: int, scanners: Annotated[CapacityLimiter, Depends(get_scanners)]
) -> str:
    try:
        with fail_after(1):  # to get a place: a scan that has begun is not interrupted
            return await run_sync(scan, document, limiter=scanners)
    except TimeoutError:
        raise HTTPException(503, "All scanners are busy", {"Retry-After": "5"}) from None


@app.get("/health")
def health() -> str:
    return "ok"
