from typing import Annotated

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, Field

app = FastAPI()
PAID = {1: 1250, 2: 990}


class Problem(BaseModel):
    detail: str


class Shares(BaseModel):
    cents: Annotated[list[int], Field(min_length=1)]


@app.get("/orders/{order_id}/shares", responses={404: {"model": Problem}})
async def shares(order_id: int, parts: Annotated[int, Field(ge=1, le=100)] = 2) -> Shares:
    if (paid := PAID.get(order_id % 5)) is None:
        raise HTTPException(404, "No such order")
    share, rest = divmod(paid, parts)
    return Shares(cents=[share + (number < rest) for number in range(parts)])
