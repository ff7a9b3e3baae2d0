from collections.abc import Sequence

from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    joinedload,
    mapped_column,
    raiseload,
    relationship,
    selectinload,
)


class Base(DeclarativeBase):
    pass


class Customer(Base):
    __tablename__ = "customers"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    orders: Mapped[list["Order"]] = relationship(back_populates="customer")


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey(Customer.id), index=True)
    customer: Mapped[Customer] = relationship(back_populates="orders")
    lines: Mapped[list["OrderLine"]] = relationship(order_by="OrderLine.id")


class Product(Base):
    __tablename__ = "products"

    sku: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]


class OrderLine(Base):
    __tablename__ = "order_lines"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey(Order.id), index=True)
    sku: Mapped[str] = mapped_column(ForeignKey(Product.sku))
    product: Mapped[Product] = relationship()


async def newest_orders(session: AsyncSession, limit: int = 20) -> Sequence[Order]:
    query = (
        select(Order)
        .options(
            joinedload(Order.customer, innerjoin=True),  # to one: joined in the same statement
            # To many: one more statement for all orders. Joined, each line would repeat its order.
            selectinload(Order.lines).joinedload(OrderLine.product, innerjoin=True),
            raiseload("*"),  # what is not named raises, instead of a query for each row
        )
        .order_by(Order.id.desc())
        .limit(limit)
    )
    return (await session.scalars(query)).all()
