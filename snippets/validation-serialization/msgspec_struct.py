from datetime import datetime
from decimal import Decimal
from typing import Annotated

import msgspec


class Event(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type"
):
    id: Annotated[int, msgspec.Meta(ge=1)]
    at: Annotated[datetime, msgspec.Meta(tz=True)]


class Paid(Event, frozen=True, tag="order.paid"):
    amount: Decimal
    discount: Decimal = Decimal(0)

    def __post_init__(self) -> None:  # Meta has no limits for Decimal
        if not 0 <= self.discount < self.amount:
            message = "the discount must be less than the amount"
            raise ValueError(message)


class Shipped(Event, frozen=True, tag="order.shipped"):
    parcels: Annotated[list[str], msgspec.Meta(min_length=1)]


encoder = msgspec.json.Encoder()
decoder: msgspec.json.Decoder[Paid | Shipped] = msgspec.json.Decoder(Paid | Shipped)


def balance_change(body: bytes) -> Decimal:
    match decoder.decode(body):  # ValidationError and DecodeError are the sender's fault
        case Paid(amount=amount, discount=discount):
            return amount - discount
        case Shipped():
            return Decimal(0)


def to_cache(event: Event) -> bytes:  # the same types as MessagePack
    return msgspec.msgpack.encode(event)


def from_cache(content: bytes) -> Paid | Shipped:
    return msgspec.msgpack.decode(content, type=Paid | Shipped)
