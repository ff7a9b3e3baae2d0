from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter
from pydantic.alias_generators import to_camel

Name = Annotated[str, Field(min_length=1, max_length=80)]
Money = Annotated[Decimal, Field(ge=0, max_digits=10, decimal_places=2)]


@dataclass
class Account:  # what the database gives; your ORM's class stands here
    id: int
    display_name: str
    credit_limit: Decimal
    note: str | None
    password_hash: str
    created_at: datetime


class Schema(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, serialize_by_alias=True)


class Input(Schema):
    model_config = ConfigDict(extra="forbid")  # a misspelt key is an error, not a default


class AccountCreate(Input):
    display_name: Name
    credit_limit: Money = Decimal(0)
    note: str | None = None


class AccountPatch(Input):
    # The defaults are never stored; without `| None` an explicit null is refused.
    display_name: Name = ""
    credit_limit: Money = Decimal(0)
    note: str | None = None


class AccountRead(Schema):
    # from_attributes reads by alias, too, unless names are allowed.
    model_config = ConfigDict(from_attributes=True, validate_by_name=True)

    id: int
    display_name: str
    credit_limit: Decimal
    note: str | None
    created_at: AwareDatetime


account_list = TypeAdapter(list[AccountRead])  # built once: its schema is costly to make


def create(fields: AccountCreate, new_id: int, password_hash: str) -> Account:
    values = fields.model_dump(by_alias=False)
    return Account(id=new_id, password_hash=password_hash, created_at=datetime.now(UTC), **values)


def patch(account: Account, fields: AccountPatch) -> None:
    for name, value in fields.model_dump(exclude_unset=True, by_alias=False).items():
        setattr(account, name, value)


def to_json(accounts: list[Account]) -> bytes:
    return account_list.dump_json(account_list.validate_python(accounts))
