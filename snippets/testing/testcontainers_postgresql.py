from collections.abc import Iterator

import psycopg
import pytest
from testcontainers.community.postgres import PostgresContainer

TABLES = """
    CREATE TABLE orders (
        id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
        cents bigint NOT NULL CHECK (cents > 0)
    )
"""  # where there are migrations, they run instead, once


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    # driver=None: a plain postgresql:// URL, as psycopg and libpq take it
    with PostgresContainer("postgres:18-alpine", driver=None) as container:
        yield container.get_connection_url()


@pytest.fixture(scope="session")
def template(server_url: str) -> str:
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE template_orders")
    with psycopg.connect(server_url, dbname="template_orders") as connection:
        connection.execute(TABLES)
    return "template_orders"


@pytest.fixture
def database(server_url: str, template: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute("CREATE DATABASE one_test TEMPLATE template_orders")
        with psycopg.connect(server_url, dbname="one_test") as connection:
            yield connection
        admin.execute("DROP DATABASE one_test WITH (FORCE)")


@pytest.mark.parametrize("test", ["first", "second"])
def test_each_test_has_a_database_of_its_own(database: psycopg.Connection, test: str) -> None:
    database.execute("INSERT INTO orders (cents) VALUES (1250)")
    database.commit()  # commits are real here
    assert database.execute("SELECT id, cents FROM orders").fetchall() == [(1, 1250)]


def test_server_checks_the_constraint(database: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        database.execute("INSERT INTO orders (cents) VALUES (0)")
