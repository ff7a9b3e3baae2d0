from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TypedDict, Unpack

from psycopg.errors import UniqueViolation
from sqlalchemy import UniqueConstraint, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.orm.exc import StaleDataError


class NotFoundError(Exception):
    pass


class ConflictError(Exception):
    pass


class Base(DeclarativeBase):
    pass


class Customer(Base):
    __tablename__ = "customers"
    __table_args__ = (UniqueConstraint("email", name="uq_customers_email"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str]
    name: Mapped[str]
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}  # an UPDATE finds it unchanged, or fails


class Changes(TypedDict, total=False):
    email: str
    name: str


class CustomerService:
    def __init__(self, session: AsyncSession) -> None:
        self.session = session  # the caller commits, so that services share a unit of work

    async def create(self, *, email: str, name: str) -> Customer:
        customer = Customer(email=email, name=name)
        async with self.saving():
            self.session.add(customer)
        return customer

    async def get(self, customer_id: int) -> Customer:
        if (customer := await self.session.get(Customer, customer_id)) is None:
            raise NotFoundError(customer_id)
        return customer

    async def list(self, *, after: int = 0, limit: int = 50) -> Sequence[Customer]:
        page = select(Customer).where(Customer.id > after).order_by(Customer.id).limit(limit)
        return (await self.session.scalars(page)).all()

    async def update(self, customer_id: int, version: int, **changes: Unpack[Changes]) -> Customer:
        customer = await self.get(customer_id)
        if customer.version != version:
            raise ConflictError(Customer.version.key)
        async with self.saving():
            for name, value in changes.items():
                setattr(customer, name, value)
        return customer

    @asynccontextmanager
    async def saving(self) -> AsyncIterator[None]:
        try:
            async with self.session.begin_nested():  # flushes; a refusal takes back only this
                yield
        except StaleDataError as error:
            raise ConflictError(Customer.version.key) from error
        except IntegrityError as error:
            if not isinstance(error.orig, UniqueViolation):
                raise
            raise ConflictError(error.orig.diag.constraint_name) from error
