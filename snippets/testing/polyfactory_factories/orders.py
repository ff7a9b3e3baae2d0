from collections.abc import Iterable
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, model_validator


class Line(BaseModel):
    sku: Annotated[str, Field(pattern=r"^[A-Z]{3}-[0-9]{4}$")]
    quantity: Annotated[int, Field(ge=1, le=99)]
    cents: Annotated[int, Field(ge=1, le=100_000)]


class Order(BaseModel):
    number: int
    coupon: Literal["TENTH"] | None = None
    lines: Annotated[list[Line], Field(min_length=1)]
    ordered: date
    due: date

    @model_validator(mode="after")
    def falls_due_later(self) -> Self:
        if self.due < self.ordered:
            message = "due before it was ordered"
            raise ValueError(message)
        return self


def total(order: Order) -> int:
    gross = sum(line.quantity * line.cents for line in order.lines)
    return gross - gross // 10 if order.coupon else gross


def by_number(orders: Iterable[Order]) -> dict[int, Order]:
    found: dict[int, Order] = {}
    for order in orders:
        if order.number in found:
            message = f"order {order.number} twice"
            raise ValueError(message)
        found[order.number] = order
    return found
