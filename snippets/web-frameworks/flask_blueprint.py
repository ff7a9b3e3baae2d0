from typing import Any

from flask import Blueprint, Flask, url_for
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from werkzeug.exceptions import HTTPException


class Base(DeclarativeBase):
    pass


db = SQLAlchemy(model_class=Base)
books = Blueprint("books", __name__, url_prefix="/api/books")


class Book(db.Model):  # type: ignore[name-defined, misc]  # made at run time
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]

    def as_json(self) -> dict[str, Any]:
        return {"id": self.id, "title": self.title}


@books.get("")
def list_books() -> dict[str, Any]:
    query = db.select(Book).order_by(Book.id)  # pages need an order that never ties
    page = db.paginate(query, max_per_page=100)  # reads ?page= and ?per_page=, else 404
    following = url_for(".list_books", page=page.next_num, per_page=page.per_page)
    return {
        "items": [book.as_json() for book in page],
        "total": page.total,
        "next": following if page.has_next else None,
    }


@books.get("/<int:book_id>")
def read_book(book_id: int) -> dict[str, Any]:
    book: Book = db.get_or_404(Book, book_id, description="No such book")
    return book.as_json()


@books.errorhandler(HTTPException)
def error_as_json(error: HTTPException) -> tuple[dict[str, Any], int]:
    return {"error": error.name, "detail": error.description}, error.code or 500


def create_app() -> Flask:
    app = Flask(__name__)
    app.config.from_prefixed_env()  # FLASK_SQLALCHEMY_DATABASE_URI=postgresql+psycopg://...
    db.init_app(app)
    app.register_blueprint(books)
    with app.app_context():
        db.create_all()
    return app
