from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from psycopg.errors import UniqueViolation
from sqlalchemy import UniqueConstraint
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

    async def update(self, customer_id: int, version: int, *, email: str, name: str) -> Customer:
        customer = await self.get(customer_id)
        if customer.version != version:
            raise ConflictError(Customer.version.key)
        async with self.saving():
            customer.email, customer.name = email, name
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
