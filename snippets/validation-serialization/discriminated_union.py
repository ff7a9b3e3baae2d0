from decimal import Decimal
from typing import Annotated, Any, Literal, assert_never

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, TypeAdapter

Money = Annotated[Decimal, Field(gt=0, max_digits=12, decimal_places=2)]


class Event(BaseModel):
    model_config = ConfigDict(frozen=True)

    id: int
    order: int


class Paid(Event):
    type: Literal["order.paid"]
    amount: Money


class Refunded(Event):
    type: Literal["order.refunded"]
    amount: Money
    reason: str


class Shipped(Event):
    type: Literal["order.shipped", "order.resent"]  # one shape under two names
    parcel: str


class Unknown(Event):
    type: str


Known = Annotated[Paid | Refunded | Shipped, Field(discriminator="type")]
TYPES = {"order.paid", "order.refunded", "order.shipped", "order.resent"}


def known_or_not(value: Any) -> str:  # noqa: ANN401  # what came from outside
    kind = value.get("type") if isinstance(value, dict) else getattr(value, "type", None)
    return "known" if kind in TYPES else "unknown"


AnyEvent = Annotated[
    Annotated[Known, Tag("known")] | Annotated[Unknown, Tag("unknown")],
    Discriminator(known_or_not),
]
event_adapter: TypeAdapter[Paid | Refunded | Shipped | Unknown] = TypeAdapter(AnyEvent)


def balance(event: Paid | Refunded | Shipped | Unknown) -> Decimal:
    match event:
        case Paid():
            return event.amount
        case Refunded():
            return -event.amount
        case Shipped() | Unknown():
            return Decimal(0)
        case _:
            assert_never(event)
