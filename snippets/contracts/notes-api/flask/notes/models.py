"""What is stored."""

from datetime import datetime

import click
from flask.cli import with_appcontext
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, DateTime, String, Text, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """The models of this service."""


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})


# Flask-SQLAlchemy makes `db.Model` at run time, where no type checker sees it.
class Note(db.Model):  # type: ignore[name-defined,misc]
    """A note; PostgreSQL numbers and dates it."""

    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    title: Mapped[str] = mapped_column(String(80), unique=True)
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


@click.command("create-tables")
@with_appcontext
def create_tables() -> None:
    """Make the tables that are not there yet."""
    db.create_all()
