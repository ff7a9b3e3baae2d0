from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import orjson
from fastapi import Depends, FastAPI, Response
from pydantic import BaseModel

type Row = Mapping[str, object]


class Order(BaseModel):
    id: UUID
    placed_at: datetime
    total: Decimal


def fetch_rows() -> list[Row]:  # a query stands here
    order_id = UUID("0199c2a4-0000-7000-8000-000000000001")
    placed_at = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)
    return [{"id": order_id, "placed_at": placed_at, "total": Decimal("12.50")}]


Rows = Annotated[list[Row], Depends(fetch_rows)]
app = FastAPI()


@app.get("/orders", response_model=list[Order])  # Pydantic checks and writes the bytes
def list_orders(rows: Rows) -> list[Row]:
    return rows


def write_decimal(value: object) -> str:
    if isinstance(value, Decimal):
        return str(value)
    message = f"{type(value).__name__} is not written as JSON"
    raise TypeError(message)


@app.get("/orders/export", response_class=Response)  # many rows of ours, checked by nothing
def export_orders(rows: Rows) -> Response:
    content = orjson.dumps(rows, write_decimal, orjson.OPT_UTC_Z)
    return Response(content, media_type="application/json")
