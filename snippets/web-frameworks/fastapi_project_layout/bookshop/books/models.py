from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from bookshop.database import Base


class Book(Base):
    __tablename__ = "books"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))
