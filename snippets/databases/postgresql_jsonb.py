from typing import Any

from psycopg import Connection
from psycopg.types.json import Jsonb

SCHEMA = """
    CREATE TABLE products (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        name text NOT NULL,
        attributes jsonb NOT NULL CHECK (jsonb_typeof(attributes) = 'object')
    );
    CREATE INDEX products_attributes ON products USING gin (attributes jsonb_path_ops);
    CREATE INDEX products_weight ON products (((attributes ->> 'grams')::integer));
"""

WITH_ATTRIBUTES = "SELECT id FROM products WHERE attributes @> %s ORDER BY id"
LIGHTER_THAN = """
    SELECT id FROM products WHERE (attributes ->> 'grams')::integer < %s ORDER BY id
"""
SET_PATH = """
    UPDATE products SET attributes = jsonb_set(attributes, %s, %s) WHERE id = %s
"""


def add(connection: Connection, name: str, attributes: dict[str, Any]) -> int:
    row = connection.execute(
        "INSERT INTO products (name, attributes) VALUES (%s, %s) RETURNING id",
        [name, Jsonb(attributes)],
    ).fetchone()
    assert row is not None
    return int(row[0])


def with_attributes(connection: Connection, wanted: dict[str, Any]) -> list[int]:
    # The only question that the GIN index answers here: does the document contain this one?
    return [row[0] for row in connection.execute(WITH_ATTRIBUTES, [Jsonb(wanted)])]


def lighter_than(connection: Connection, grams: int) -> list[int]:
    # A range needs a B-tree on the very expression that is compared.
    return [row[0] for row in connection.execute(LIGHTER_THAN, [grams])]


def set_attribute(connection: Connection, product: int, path: list[str], value: object) -> None:
    # In the server, so that two writers of different attributes do not undo each other.
    connection.execute(SET_PATH, [path, Jsonb(value), product])
