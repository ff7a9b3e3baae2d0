import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any, Literal

from fastapi import Depends, FastAPI, Header, HTTPException
from fastapi.sse import EventSourceResponse, ServerSentEvent
from redis.asyncio import Redis

Status = Literal["paid", "packed", "sent", "delivered"]
KEPT = 100  # events of an order, for those who come back
BLOCK_MS = 3_000  # shorter than the client's socket timeout of 5 s
LISTENERS = 1_000  # each takes a connection to Valkey; the default is 100

valkey = Redis.from_url(
    os.environ["REDIS_URL"], decode_responses=True, max_connections=LISTENERS + 10
)


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    yield
    await valkey.aclose()


app = FastAPI(lifespan=lifespan)


@app.post("/orders/{order_id}/status", status_code=204)
async def set_status(order_id: int, status: Status) -> None:
    await valkey.xadd(f"orders:{order_id}", {"status": status}, maxlen=KEPT, approximate=False)
    await valkey.expire(f"orders:{order_id}", 86_400)


async def position(
    order_id: int,
    # The browser sends the id of the last event that it got, by itself.
    last_event_id: Annotated[str, Header(pattern=r"^\d{1,15}-\d{1,5}$")] = "0-0",
) -> str:
    newest = await valkey.xrevrange(f"orders:{order_id}", count=1)
    if newest and newest[0] == (last_event_id, {"status": "delivered"}):
        raise HTTPException(204)  # a stream that ends is asked for again; this stops it
    return last_event_id


@app.get("/orders/{order_id}/events", response_class=EventSourceResponse)
async def events(
    order_id: int, since: Annotated[str, Depends(position)]
) -> AsyncIterator[ServerSentEvent]:
    last = since
    while True:  # until the client goes: FastAPI cancels the wait
        streams: Any = await valkey.xread({f"orders:{order_id}": last}, count=KEPT, block=BLOCK_MS)
        for _, entries in streams:
            for last, change in entries:
                yield ServerSentEvent(event="status", id=last, data=change["status"], retry=2_000)
                if change["status"] == "delivered":
                    return
