"""A booking that is one is normalised; what is none gives every problem, and no secret with it."""

import json
from types import ModuleType
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError, field_validator

BOOKING: dict[str, Any] = {
    "email": "ada@example.com",
    "guests": 2,
    "arrival": "2027-03-01",
    "departure": "2027-03-04",
    "iban": "GB82 WEST 1234 5698 7654 32",
    "pin": "4711",
}


def found(snippet: ModuleType, **change: Any) -> list[Any]:
    with pytest.raises(ValidationError) as refused:
        snippet.Booking.model_validate({**BOOKING, **change})
    return list(snippet.problems(refused.value))


def test_booking_is_read_and_normalised(snippet: ModuleType) -> None:
    booking = snippet.Booking.model_validate(
        {**BOOKING, "iban": "\tgb82west12345698765432\n", "email": " ada@EXAMPLE.com"}
    )
    assert (booking.iban, booking.email) == ("GB82WEST12345698765432", "ada@example.com")
    assert (booking.departure - booking.arrival).days == 3


@pytest.mark.parametrize(
    "iban",
    [
        "DE89370400440532013000",
        "NO9386011117947",
        "MT84MALT011000012345MTLCAST001S",
        "FR14 2004 1010 0505 0001 3M02 606",
    ],
)
def test_ibans_of_other_countries_are_valid(snippet: ModuleType, iban: str) -> None:
    assert snippet.Booking.model_validate({**BOOKING, "iban": iban}).iban == iban.replace(" ", "")


@pytest.mark.parametrize(
    "iban", ["", "GB82", "8282WEST12345698765432", "GB82WEST1234569876543é", "NO938601111794"]
)
def test_text_of_another_form_is_no_iban(snippet: ModuleType, iban: str) -> None:
    assert found(snippet, iban=iban) == [
        {"field": "iban", "code": "iban_form", "message": "This is no IBAN"}
    ]


@pytest.mark.parametrize("iban", ["GB82WEST12345698765423", "GB28WEST12345698765432"])
def test_swapped_digits_break_the_checksum(snippet: ModuleType, iban: str) -> None:
    assert found(snippet, iban=iban) == [
        {
            "field": "iban",
            "code": "iban_checksum",
            "message": "The checksum of this IBAN is wrong",
        }
    ]


@pytest.mark.parametrize("departure", ["2027-03-01", "2027-02-28", "2027-04-01"])
def test_stay_of_another_length_is_a_problem_of_the_whole(
    snippet: ModuleType, departure: str
) -> None:
    assert found(snippet, departure=departure) == [
        {"field": "", "code": "stay_length", "message": "A stay has 1 to 30 nights"}
    ]


@pytest.mark.parametrize("departure", ["2027-03-02", "2027-03-31"])
def test_shortest_and_longest_stay_are_accepted(snippet: ModuleType, departure: str) -> None:
    snippet.Booking.model_validate({**BOOKING, "departure": departure})


@pytest.mark.parametrize(("guests", "code"), [(0, "greater_than_equal"), (9, "less_than_equal")])
def test_number_of_guests_has_limits(snippet: ModuleType, guests: int, code: str) -> None:
    assert [problem["code"] for problem in found(snippet, guests=guests)] == [code]
    for allowed in (1, 8):
        snippet.Booking.model_validate({**BOOKING, "guests": allowed})


def test_all_problems_come_at_once_but_not_that_of_the_whole(snippet: ModuleType) -> None:
    problems = found(
        snippet, email="ada", guests="many", iban="x", departure="2027-02-01", breakfast=True
    )
    assert [(problem["field"], problem["code"]) for problem in problems] == [
        ("email", "value_error"),
        ("guests", "int_parsing"),
        ("iban", "iban_form"),
        ("breakfast", "extra_forbidden"),
    ]


def test_problems_hold_no_input(snippet: ModuleType) -> None:
    with pytest.raises(ValidationError) as refused:
        snippet.Booking.model_validate({**BOOKING, "pin": 4711, "departure": "2027-09-01"})
    assert "4711" in str(refused.value.errors())
    assert "4711" not in json.dumps(snippet.problems(refused.value))


def test_booking_does_not_print_the_pin(snippet: ModuleType) -> None:
    assert "4711" not in repr(snippet.Booking.model_validate(BOOKING))


def test_value_error_in_a_validator_is_kept_as_an_object_that_is_no_json() -> None:
    class Order(BaseModel):
        sku: str

        @field_validator("sku")
        @classmethod
        def check(cls, value: str) -> str:
            message = f"no such SKU: {value}"
            raise ValueError(message)

    with pytest.raises(ValidationError) as refused:
        Order(sku="tea")
    (error,) = refused.value.errors()
    assert (error["type"], error["msg"]) == ("value_error", "Value error, no such SKU: tea")
    with pytest.raises(TypeError):
        json.dumps(error)


def test_assignment_is_not_checked(snippet: ModuleType) -> None:
    booking = snippet.Booking.model_validate(BOOKING)
    booking.iban = "x"
    assert booking.iban == "x"
