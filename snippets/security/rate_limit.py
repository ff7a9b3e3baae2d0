import math
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import FastAPI, Form, HTTPException, Request
from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.aio.storage import RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.errors import StorageError
from redis.asyncio import ConnectionPool

PER_ADDRESS = RateLimitItemPerMinute(20, namespace="login-address")
PER_ACCOUNT = RateLimitItemPerHour(10, namespace="login-account")

pool = ConnectionPool.from_url(os.environ["REDIS_URL"], socket_timeout=0.5)
limiter = MovingWindowRateLimiter(
    RedisStorage(
        "async+redis://",
        implementation="redispy",  # the default is another client, coredis
        wrap_exceptions=True,
        connection_pool=pool,  # type: ignore[arg-type]  # documented, missing in its types
    )
)


async def take(limit: RateLimitItem, key: str) -> None:
    try:
        # One Lua script, so concurrent requests cannot pass together.
        if await limiter.hit(limit, key):
            return
        free_at, _ = await limiter.get_window_stats(limit, key)
    except StorageError as error:  # a login refuses when in doubt; a catalogue would let it pass
        raise HTTPException(503, "Try again later") from error
    wait = max(1, math.ceil(free_at - time.time()))
    raise HTTPException(429, "Too many attempts", {"Retry-After": str(wait)})


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    yield
    await pool.aclose()


app = FastAPI(lifespan=lifespan)


@app.post("/login")
async def log_in(request: Request, email: Annotated[str, Form(max_length=254)]) -> str:
    address = request.client.host if request.client else "unknown"
    await take(PER_ADDRESS, address)
    await take(PER_ACCOUNT, email.casefold())
    return f"password of {email} is checked here"
