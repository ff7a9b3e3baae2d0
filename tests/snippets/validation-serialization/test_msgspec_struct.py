"""A message is read strictly into one of two structs; one that is neither says where and why."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from types import ModuleType
from typing import Annotated, Any

import msgspec
import pytest
from pydantic import TypeAdapter

PAID = {"type": "order.paid", "id": 7, "at": "2026-11-21T08:30:00Z", "amount": "9.50"}
SHIPPED = {"type": "order.shipped", "id": 7, "at": "2026-11-21T08:30:00Z", "parcels": ["GB1"]}
AT = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)


def body(message: dict[str, Any], **change: Any) -> bytes:
    return json.dumps({**message, **change}).encode()


def refused(snippet: ModuleType, content: bytes) -> str:
    with pytest.raises(msgspec.ValidationError) as error:
        snippet.decoder.decode(content)
    return str(error.value)


def test_message_is_read_into_its_struct(snippet: ModuleType) -> None:
    paid = snippet.decoder.decode(body(PAID, discount="1.50"))
    assert paid == snippet.Paid(id=7, at=AT, amount=Decimal("9.50"), discount=Decimal("1.50"))
    shipped = snippet.decoder.decode(body(SHIPPED))
    assert shipped == snippet.Shipped(id=7, at=AT, parcels=["GB1"])


def test_balance_changes_by_what_was_paid(snippet: ModuleType) -> None:
    assert snippet.balance_change(body(PAID)) == Decimal("9.50")
    assert snippet.balance_change(body(PAID, discount="1.50")) == Decimal("8.00")
    assert snippet.balance_change(body(SHIPPED)) == 0


def test_json_is_written_as_it_was_read(snippet: ModuleType) -> None:
    for message in ({**PAID, "discount": "0"}, SHIPPED):
        assert json.loads(snippet.encoder.encode(snippet.decoder.decode(body(message)))) == message


def test_cache_gives_the_event_back(snippet: ModuleType) -> None:
    for message in (PAID, SHIPPED):
        event = snippet.decoder.decode(body(message))
        content = snippet.to_cache(event)
        assert snippet.from_cache(content) == event
        assert len(content) < len(body(message))
        with pytest.raises(msgspec.DecodeError):
            snippet.decoder.decode(content)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (body(PAID, id="7"), "Expected `int`, got `str` - at `$.id`"),
        (body(PAID, id=7.5), "Expected `int`, got `float` - at `$.id`"),
        (body(PAID, id=0), "Expected `int` >= 1 - at `$.id`"),
        (body(PAID, at="2026-11-21T08:30:00"), "with a timezone component - at `$.at`"),
        (body(PAID, amount="much"), "Invalid decimal string - at `$.amount`"),
        (body(PAID, amuont=1), "Object contains unknown field `amuont`"),
        (body(PAID, type="order.gifted"), "Invalid value 'order.gifted' - at `$.type`"),
        (b"{}", "Object missing required field `type`"),
        (b"[]", "Expected `object`, got `array`"),
        (body(PAID, discount="9.50"), "the discount must be less than the amount"),
        (body(PAID, discount="-0.01"), "the discount must be less than the amount"),
        (body(PAID, amount="0"), "the discount must be less than the amount"),
        (body(SHIPPED, parcels=[]), "Expected `array` of length >= 1 - at `$.parcels`"),
    ],
)
def test_other_message_says_where_and_why(snippet: ModuleType, content: bytes, reason: str) -> None:
    assert reason in refused(snippet, content)


def test_text_that_is_no_json_is_a_decode_error(snippet: ModuleType) -> None:
    with pytest.raises(msgspec.DecodeError) as error:
        snippet.balance_change(b"<html>")
    assert not isinstance(error.value, msgspec.ValidationError)


def test_first_error_ends_it(snippet: ModuleType) -> None:
    assert refused(snippet, body(PAID, id="7", amount="much")).count("at `$") == 1


def test_number_keeps_its_digits_where_pydantic_goes_through_a_float(snippet: ModuleType) -> None:
    content = body(PAID, amount=0).replace(b'"amount": 0', b'"amount": 12345678901234567.89')
    assert snippet.balance_change(content) == Decimal("12345678901234567.89")
    assert TypeAdapter(Decimal).validate_json(b"12345678901234567.89") == 12345678901234568


def test_event_cannot_be_changed(snippet: ModuleType) -> None:
    with pytest.raises(AttributeError, match="immutable"):
        snippet.decoder.decode(body(PAID)).id = 8


def test_constructor_checks_no_types_but_runs_the_check_of_its_own(snippet: ModuleType) -> None:
    assert snippet.Shipped(id="seven", at=None, parcels=0).id == "seven"
    with pytest.raises(ValueError, match="must be less"):
        snippet.Paid(id=7, at=AT, amount=Decimal(1), discount=Decimal(2))
    with pytest.raises(TypeError, match="positional"):
        snippet.Shipped(7, AT, ["GB1"])


def test_unknown_fields_are_dropped_by_a_plain_struct() -> None:
    class Plain(msgspec.Struct):
        id: int
        note: str = ""

    assert msgspec.json.decode(b'{"id": 7, "ntoe": "x"}', type=Plain) == Plain(7)


def test_union_of_structs_without_tags_is_refused() -> None:
    class One(msgspec.Struct):
        id: int

    class Other(msgspec.Struct):
        number: int

    with pytest.raises(TypeError, match="must be tagged"):
        msgspec.json.Decoder(One | Other)


def test_decimal_takes_no_limit() -> None:
    with pytest.raises(TypeError, match="Can only set `gt` on a numeric type"):
        msgspec.json.Decoder(Annotated[Decimal, msgspec.Meta(gt=0)])
