import os
from typing import Any

from flask import Flask, jsonify
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import make_url
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response


class Base(DeclarativeBase):
    pass


db = SQLAlchemy(model_class=Base)


class Book(db.Model):  # type: ignore[name-defined, misc]  # made at run time
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]


def create_app(config: dict[str, Any] | None = None) -> Flask:
    app = Flask(__name__)
    # Hosts hand out postgres:// or postgresql://; name the driver instead of trusting a default.
    url = make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql+psycopg")
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config.from_prefixed_env()  # FLASK_SECRET_KEY, FLASK_MAX_CONTENT_LENGTH, ...
    app.config.from_mapping(config)  # what a test overrides
    db.init_app(app)
    app.register_error_handler(HTTPException, error_as_json)
    app.add_url_rule("/books/<int:book_id>", view_func=read_book)
    with app.app_context():
        db.create_all()  # a real service leaves the tables to Flask-Migrate
    return app


def read_book(book_id: int) -> dict[str, Any]:
    book = db.get_or_404(Book, book_id, description="No such book")
    return {"id": book.id, "title": book.title}


def error_as_json(error: HTTPException) -> Response:
    response = error.get_response()  # keeps headers like Allow and Retry-After
    response.data = jsonify(error=error.name, detail=error.description).data
    response.content_type = "application/json"
    return response
