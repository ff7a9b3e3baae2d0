"""Notes over HTTP, with Flask, Flask-SQLAlchemy and Pydantic."""

import os

from flask import Flask

from notes import errors, views
from notes.models import create_tables, db


def create_app() -> Flask:
    """Give an application for the database in the environment."""
    app = Flask(__name__)
    app.config.from_mapping(
        # SQLAlchemy 2.1 reads `postgresql://` as psycopg 3.
        SQLALCHEMY_DATABASE_URI=os.environ["DATABASE_URL"],
        SQLALCHEMY_ENGINE_OPTIONS={"pool_size": 10, "max_overflow": 0},
    )
    db.init_app(app)
    app.register_blueprint(views.blueprint)
    app.cli.add_command(create_tables)
    errors.register(app)
    return app
