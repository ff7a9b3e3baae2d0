from dataclasses import dataclass
from typing import Annotated, Any, Self

from pydantic import BaseModel, GetCoreSchemaHandler, StringConstraints
from pydantic_core import CoreSchema, core_schema

# A text with a form needs no class of its own.
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]


@dataclass(frozen=True, slots=True)
class Money:
    cents: int
    currency: str

    def __str__(self) -> str:
        return f"{self.cents // 100}.{self.cents % 100:02d} {self.currency}"

    def __add__(self, other: Self) -> Self:
        if other.currency != self.currency:
            message = f"{other.currency} cannot be added to {self.currency}"
            raise ValueError(message)
        return type(self)(self.cents + other.cents, self.currency)

    @classmethod
    def parse(cls, text: str) -> Self:  # of the form below, "9.50 EUR"
        amount, currency = text.split(" ")
        return cls(int(amount.replace(".", "")), currency)

    @classmethod
    def __get_pydantic_core_schema__(
        cls, _source: type[Any], _handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        text = core_schema.str_schema(pattern=r"^[0-9]{1,12}\.[0-9]{2} [A-Z]{3}$")
        parsed = core_schema.no_info_after_validator_function(cls.parse, text)
        return core_schema.json_or_python_schema(
            json_schema=parsed,
            python_schema=core_schema.union_schema([core_schema.is_instance_schema(cls), parsed]),
            serialization=core_schema.to_string_ser_schema(when_used="json"),
        )


class Product(BaseModel):
    slug: Slug
    price: Money
