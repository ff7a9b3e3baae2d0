import re
from datetime import date, timedelta
from typing import Annotated, Self, TypedDict

from pydantic import (
    BaseModel,
    ConfigDict,
    EmailStr,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")

# Codes that clients know, and messages for people.
IBAN_FORM = "iban_form", "This is no IBAN"
IBAN_CHECKSUM = "iban_checksum", "The checksum of this IBAN is wrong"
STAY_LENGTH = "stay_length", "A stay has 1 to 30 nights"


class Booking(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    email: EmailStr
    guests: Annotated[int, Field(ge=1, le=8)]
    arrival: date
    departure: date
    iban: str
    pin: SecretStr

    @field_validator("iban", mode="after")
    @classmethod
    def check_iban(cls, value: str) -> str:
        iban = value.replace(" ", "").upper()
        if not IBAN.fullmatch(iban):
            raise PydanticCustomError(*IBAN_FORM)
        if int("".join(str(int(sign, 36)) for sign in iban[4:] + iban[:4])) % 97 != 1:
            raise PydanticCustomError(*IBAN_CHECKSUM)
        return iban  # what is returned is stored

    @model_validator(mode="after")
    def check_dates(self) -> Self:
        if not timedelta(days=1) <= self.departure - self.arrival <= timedelta(days=30):
            raise PydanticCustomError(*STAY_LENGTH)
        return self


class Problem(TypedDict):
    field: str
    code: str
    message: str


def problems(error: ValidationError) -> list[Problem]:
    return [
        {"field": ".".join(map(str, found["loc"])), "code": found["type"], "message": found["msg"]}
        for found in error.errors(include_url=False, include_context=False, include_input=False)
    ]
