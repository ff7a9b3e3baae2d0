from sqlalchemy.orm import Mapped, mapped_column

from bookshop.database import Base


class Author(Base):
    __tablename__ = "authors"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
