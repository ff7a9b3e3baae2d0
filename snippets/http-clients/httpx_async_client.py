import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, TypedDict

import httpx2
from fastapi import Depends, FastAPI, HTTPException, Path, Request
from pydantic import BaseModel, ValidationError

DEADLINE = 4.0  # seconds for the whole call; our own callers wait 5


class State(TypedDict):
    carrier: httpx2.AsyncClient


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[State]:
    async with httpx2.AsyncClient(
        base_url=os.environ["CARRIER_URL"],
        headers={"Authorization": f"Bearer {os.environ['CARRIER_TOKEN']}"},
        timeout=httpx2.Timeout(2.0, connect=1.0, pool=0.5),
        limits=httpx2.Limits(max_connections=20, max_keepalive_connections=10),
    ) as client:
        yield {"carrier": client}


app = FastAPI(lifespan=lifespan)


async def get_carrier(request: Request) -> httpx2.AsyncClient:  # `def` would cost a thread
    carrier: httpx2.AsyncClient = request.state.carrier
    return carrier


class Shipment(BaseModel):
    status: str
    town: str


@app.get("/shipments/{number}")
async def read_shipment(
    number: Annotated[str, Path(pattern=r"^[A-Z]{2}[0-9]{9}$")],
    carrier: Annotated[httpx2.AsyncClient, Depends(get_carrier)],
) -> Shipment:
    try:
        async with asyncio.timeout(DEADLINE):
            answer = await carrier.get(f"shipments/{number}")
        if answer.status_code == httpx2.codes.NOT_FOUND:
            raise HTTPException(404, "No such shipment")
        answer.raise_for_status()  # without it a 500 of theirs is parsed as a shipment
        return Shipment.model_validate_json(answer.content)
    except (httpx2.TimeoutException, TimeoutError) as error:
        raise HTTPException(504, "The carrier did not answer in time") from error
    except (httpx2.HTTPError, ValidationError) as error:
        raise HTTPException(502, "The carrier answered with an error") from error
