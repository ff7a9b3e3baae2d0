"""The type decides the shape; a bad event gives one clear error, an unknown one is kept."""

from decimal import Decimal
from types import ModuleType
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

PAID = {"type": "order.paid", "id": 1, "order": 7, "amount": "9.50"}
REFUNDED = {**PAID, "type": "order.refunded", "reason": "broken"}
SHIPPED = {"type": "order.shipped", "id": 2, "order": 7, "parcel": "GB1"}


def errors(adapter: Any, event: Any) -> list[tuple[Any, str]]:
    with pytest.raises(ValidationError) as refused:
        adapter.validate_python(event)
    return [(error["loc"], error["type"]) for error in refused.value.errors()]


@pytest.mark.parametrize(
    ("event", "model", "balance"),
    [
        (PAID, "Paid", "9.50"),
        (REFUNDED, "Refunded", "-9.50"),
        (SHIPPED, "Shipped", "0"),
        ({**SHIPPED, "type": "order.resent"}, "Shipped", "0"),
        ({**PAID, "type": "order.gifted"}, "Unknown", "0"),
        ({"type": "", "id": 1, "order": 7}, "Unknown", "0"),
    ],
)
def test_type_decides_the_shape(
    snippet: ModuleType, event: dict[str, Any], model: str, balance: str
) -> None:
    read = snippet.event_adapter.validate_python(event)
    assert (type(read).__name__, read.type, read.id) == (model, event["type"], event["id"])
    assert snippet.balance(read) == Decimal(balance)
    assert snippet.event_adapter.validate_json(snippet.event_adapter.dump_json(read)) == read


def test_model_itself_is_accepted(snippet: ModuleType) -> None:
    for event in (PAID, {**PAID, "type": "order.gifted"}):
        read = snippet.event_adapter.validate_python(event)
        assert snippet.event_adapter.validate_python(read) is read


def test_error_names_the_shape_and_no_other(snippet: ModuleType) -> None:
    found = errors(snippet.event_adapter, {**PAID, "amount": "much"})
    assert found == [(("known", "order.paid", "amount"), "decimal_parsing")]


def test_error_of_a_plain_union_names_every_shape(snippet: ModuleType) -> None:
    plain = TypeAdapter(snippet.Paid | snippet.Refunded | snippet.Shipped)
    found = errors(plain, {**PAID, "amount": "much"})
    assert len(found) == 6
    assert {loc[0] for loc, _ in found} == {"Paid", "Refunded", "Shipped"}


def test_union_of_the_known_refuses_a_new_type(snippet: ModuleType) -> None:
    found = errors(TypeAdapter(snippet.Known), {**PAID, "type": "order.gifted"})
    assert found == [((), "union_tag_invalid")]


def test_known_type_of_a_wrong_shape_is_not_unknown(snippet: ModuleType) -> None:
    assert errors(snippet.event_adapter, {"type": "order.paid", "id": 1, "order": 7}) == [
        (("known", "order.paid", "amount"), "missing")
    ]


@pytest.mark.parametrize(
    ("event", "error"),
    [
        ([PAID], (("unknown",), "model_type")),
        ("order.paid", (("unknown",), "model_type")),
        ({"id": 1, "order": 7}, (("unknown", "type"), "missing")),
    ],
)
def test_what_is_no_event_is_refused(snippet: ModuleType, event: Any, error: Any) -> None:
    assert errors(snippet.event_adapter, event) == [error]


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        ("0", "greater_than"),
        ("0.001", "decimal_max_places"),
        ("10000000000.00", "decimal_whole_digits"),
    ],
)
def test_amount_has_limits(snippet: ModuleType, amount: str, code: str) -> None:
    found = errors(snippet.event_adapter, {**PAID, "amount": amount})
    assert found == [(("known", "order.paid", "amount"), code)]
    snippet.event_adapter.validate_python({**PAID, "amount": "9999999999.99"})


def test_event_cannot_be_changed(snippet: ModuleType) -> None:
    event = snippet.event_adapter.validate_python(PAID)
    with pytest.raises(ValidationError, match="frozen"):
        event.amount = Decimal(1)


def test_forgotten_shape_is_an_error(snippet: ModuleType) -> None:
    with pytest.raises(AssertionError, match="unreachable"):
        snippet.balance(snippet.Event(id=1, order=7))


def test_types_are_those_of_the_models(snippet: ModuleType) -> None:
    schema = TypeAdapter(snippet.Known).json_schema()
    assert set(schema["discriminator"]["mapping"]) == snippet.TYPES
