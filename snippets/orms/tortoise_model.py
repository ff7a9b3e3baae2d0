import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from enum import StrEnum

from tortoise import fields
from tortoise.context import TortoiseContext
from tortoise.models import Model
from tortoise.transactions import in_transaction
from tortoise.validators import MinValueValidator

TORTOISE_ORM = {  # read by `tortoise makemigrations` and `tortoise migrate` too
    "connections": {"default": os.environ["DATABASE_URL"]},  # postgresql:// means asyncpg
    "apps": {"bank": {"models": [__name__]}},
}


class Status(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


class Account(Model):
    id = fields.BigIntField(primary_key=True)
    owner = fields.CharField(max_length=200)
    status = fields.CharEnumField(Status, default=Status.OPEN, max_length=20)
    balance = fields.DecimalField(12, 2, default=Decimal(0), validators=[MinValueValidator(0)])
    opened_at = fields.DatetimeField(auto_now_add=True)
    entries: fields.ReverseRelation["Entry"]


class Entry(Model):
    id = fields.BigIntField(primary_key=True)
    account: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "bank.Account", related_name="entries", on_delete=fields.RESTRICT, db_index=True
    )
    amount = fields.DecimalField(12, 2)


async def post(account_id: int, amount: Decimal) -> Entry:
    async with in_transaction():  # commits at its end, rolls back on an exception
        account = await Account.select_for_update().get(id=account_id, status=Status.OPEN)
        entry = await Entry.create(account=account, amount=amount)
        account.balance += amount
        await account.save(update_fields=["balance"])  # validates; a plain save() writes all
    return entry


async def statements(owner: str) -> list[Account]:
    accounts = Account.filter(owner=owner).order_by("id")
    return await accounts.prefetch_related("entries")  # two queries, however many accounts


async def large_entries(minimum: Decimal) -> list[Entry]:
    found = Entry.filter(amount__gte=minimum).order_by("-amount", "id").limit(100)
    return await found.select_related("account")  # one query with a join


@asynccontextmanager
async def database() -> AsyncIterator[None]:
    async with TortoiseContext() as context:
        await context.init(config=TORTOISE_ORM)
        yield
