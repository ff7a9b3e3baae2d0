import enum
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class OrderStatus(enum.StrEnum):
    OPEN = "open"
    PAID = "paid"


NOW = sa.func.now()
STATUS = sa.Enum(  # a varchar with a CHECK: unlike a native enum it can lose a value again
    OrderStatus, native_enum=False, create_constraint=True, length=20, values_callable=list
)
NAMES = {  # names that a migration can drop; it replaces the default, so "ix" must be there too
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
}


class Base(DeclarativeBase):
    metadata = sa.MetaData(naming_convention=NAMES)
    type_annotation_map = {datetime: sa.DateTime(timezone=True), OrderStatus: STATUS}
    __mapper_args__ = {"eager_defaults": True}  # an UPDATE brings updated_at back with it

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(always=True), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    updated_at: Mapped[datetime] = mapped_column(server_default=NOW, onupdate=NOW)


class Customer(Base):
    __tablename__ = "customers"

    email: Mapped[str] = mapped_column(unique=True)


class Order(Base):
    __tablename__ = "orders"
    __table_args__ = (sa.UniqueConstraint("customer_id", "reference"),)

    customer_id: Mapped[int] = mapped_column(sa.ForeignKey(Customer.id, ondelete="RESTRICT"))
    reference: Mapped[str]
    status: Mapped[OrderStatus] = mapped_column(default=OrderStatus.OPEN)
    customer: Mapped[Customer] = relationship()
    lines: Mapped[list["OrderLine"]] = relationship(
        back_populates="order", cascade="all, delete-orphan", passive_deletes=True
    )


class OrderLine(Base):
    __tablename__ = "order_lines"
    __table_args__ = (sa.CheckConstraint("quantity > 0", name="quantity"),)

    order_id: Mapped[int] = mapped_column(sa.ForeignKey(Order.id, ondelete="CASCADE"), index=True)
    sku: Mapped[str]
    quantity: Mapped[int]
    order: Mapped[Order] = relationship(back_populates="lines")
