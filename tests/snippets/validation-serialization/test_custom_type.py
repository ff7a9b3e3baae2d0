"""Money is read from a text, written as the same text, described, and kept as itself in Python."""

import json
from dataclasses import FrozenInstanceError, dataclass
from types import ModuleType
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, StringConstraints, TypeAdapter, ValidationError
from pydantic.errors import PydanticSchemaGenerationError
from pydantic_core import SchemaError


def errors(model: Any, **fields: Any) -> list[tuple[Any, str]]:
    with pytest.raises(ValidationError) as refused:
        model.model_validate({"slug": "green-tea", "price": "9.50 EUR", **fields})
    return [(error["loc"][0], error["type"]) for error in refused.value.errors()]


@pytest.mark.parametrize(
    ("text", "cents"),
    [("9.50 EUR", 950), ("0.05 EUR", 5), ("0.00 EUR", 0), ("999999999999.99 EUR", 10**14 - 1)],
)
def test_money_is_read_and_written_as_the_same_text(
    snippet: ModuleType, text: str, cents: int
) -> None:
    written = json.dumps({"slug": "green-tea", "price": text})
    product = snippet.Product.model_validate_json(written)
    assert product.price == snippet.Money(cents, "EUR")
    assert json.loads(product.model_dump_json()) == json.loads(written)
    assert snippet.Product.model_validate({"slug": "green-tea", "price": text}) == product


def test_money_stays_money_in_python(snippet: ModuleType) -> None:
    price = snippet.Money(950, "EUR")
    product = snippet.Product(slug="green-tea", price=price)
    assert product.price is price
    assert product.model_dump() == {"slug": "green-tea", "price": price}
    assert product.model_dump(mode="json")["price"] == "9.50 EUR"


@pytest.mark.parametrize(
    "text",
    ["9.5 EUR", "9.50", "9.50 eur", "9.50  EUR", "-9.50 EUR", "9,50 EUR", "9.50 EUR\n",
     "1000000000000.00 EUR", "\u0669.50 EUR", ".50 EUR", "9.50 EURO", "9.500 EUR", " 9.50 EUR"],
)  # fmt: skip
def test_other_form_is_refused(snippet: ModuleType, text: str) -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(snippet.Money).validate_json(json.dumps(text))
    assert [error["type"] for error in refused.value.errors()] == ["string_pattern_mismatch"]


@pytest.mark.parametrize("value", [9.5, 950, None, ["9.50 EUR"], {"cents": 950}])
def test_other_type_is_refused(snippet: ModuleType, value: Any) -> None:
    assert ("price", "string_type") in errors(snippet.Product, price=value)
    with pytest.raises(ValidationError):
        TypeAdapter(snippet.Money).validate_json(json.dumps(value))


def test_schema_describes_the_text_in_both_directions(snippet: ModuleType) -> None:
    for mode in ("validation", "serialization"):
        schema = snippet.Product.model_json_schema(mode=mode)
        assert schema["properties"]["price"]["type"] == "string"
        assert schema["properties"]["slug"]["maxLength"] == 60
    schema = snippet.Product.model_json_schema()
    assert schema["properties"]["price"]["pattern"] == r"^[0-9]{1,12}\.[0-9]{2} [A-Z]{3}$"


@pytest.mark.parametrize("slug", ["tea", "green-tea-2", "x" * 60])
def test_slug_is_accepted(snippet: ModuleType, slug: str) -> None:
    assert snippet.Product(slug=slug, price="9.50 EUR").slug == slug


@pytest.mark.parametrize(
    "slug", ["", "-tea", "tea-", "green--tea", "Tea", "thé", "tea\n", "x" * 61]
)
def test_other_text_is_no_slug(snippet: ModuleType, slug: str) -> None:
    assert {field for field, _ in errors(snippet.Product, slug=slug)} == {"slug"}


def test_sums_keep_to_one_currency(snippet: ModuleType) -> None:
    assert snippet.Money(995, "EUR") + snippet.Money(10, "EUR") == snippet.Money(1005, "EUR")
    assert str(snippet.Money(1005, "EUR")) == "10.05 EUR"
    for own, other in (("EUR", "USD"), ("USD", "EUR")):
        with pytest.raises(ValueError, match=f"{other} cannot be added to {own}"):
            snippet.Money(1, own) + snippet.Money(1, other)


def test_money_cannot_be_changed(snippet: ModuleType) -> None:
    with pytest.raises(FrozenInstanceError):
        snippet.Money(1, "EUR").cents = 2


def test_plain_dataclass_is_read_from_an_object_and_not_from_a_text(snippet: ModuleType) -> None:
    @dataclass(frozen=True)
    class Plain:
        cents: int

    with pytest.raises(ValidationError):
        TypeAdapter(Plain).validate_python("9.50 EUR")
    assert TypeAdapter(Plain).validate_python({"cents": "950"}) == Plain(950)


def test_arbitrary_type_has_no_json_schema_and_accepts_no_text() -> None:
    class Price:
        pass

    with pytest.raises(PydanticSchemaGenerationError):

        class Refused(BaseModel):
            price: Price

    class Allowed(BaseModel, arbitrary_types_allowed=True):
        price: Price

    with pytest.raises(ValidationError, match="is_instance_of"):
        Allowed.model_validate({"price": "9.50 EUR"})


def test_pattern_has_no_look_around() -> None:
    with pytest.raises(SchemaError, match="look-around"):
        TypeAdapter(Annotated[str, StringConstraints(pattern=r"^(?!0)[0-9]+$")])


def test_constructor_checks_nothing(snippet: ModuleType) -> None:
    assert snippet.Money(-1, "euros").currency == "euros"
