"""Documents are found by what they contain, by an index, and changed without losing the rest."""

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

LAMP = {"colour": "red", "grams": 900, "tags": ["new", "led"], "size": {"cm": 40, "depth": 12}}
BULB = {"colour": "white", "grams": 40, "tags": ["led"]}


@pytest.fixture
def connection(snippet: ModuleType, postgresql_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        connection.execute(snippet.SCHEMA)
        yield connection


def attributes(connection: psycopg.Connection, product: int) -> Any:
    row = connection.execute("SELECT attributes FROM products WHERE id = %s", [product]).fetchone()
    assert row is not None
    return row[0]


def plan(connection: psycopg.Connection, query: str, value: object) -> str:
    return "\n".join(line for (line,) in connection.execute(f"EXPLAIN {query}".encode(), [value]))


@pytest.fixture
def filled(connection: psycopg.Connection) -> psycopg.Connection:
    connection.execute("""
        INSERT INTO products (name, attributes)
        SELECT 'bulb', jsonb_build_object('grams', n, 'code', 'c' || n)
        FROM generate_series(1, 5000) AS n
    """)
    connection.execute("VACUUM ANALYZE products")
    return connection


def test_products_are_found_by_what_they_contain(
    snippet: ModuleType, connection: psycopg.Connection
) -> None:
    assert [snippet.add(connection, "lamp", LAMP), snippet.add(connection, "bulb", BULB)] == [1, 2]
    assert attributes(connection, 1) == LAMP
    expected: list[tuple[dict[str, Any], list[int]]] = [
        ({"colour": "red"}, [1]),
        ({"tags": ["led"]}, [1, 2]),
        ({"tags": ["led", "new"]}, [1]),
        ({"size": {"cm": 40}}, [1]),
        ({"grams": "40"}, []),
        ({"colour": "green"}, []),
        ({}, [1, 2]),
    ]
    found = [(wanted, snippet.with_attributes(connection, wanted)) for wanted, _ in expected]
    assert found == expected


def test_range_compares_numbers(snippet: ModuleType, connection: psycopg.Connection) -> None:
    for product in (LAMP, BULB, {"colour": "no weight"}):
        snippet.add(connection, "product", product)
    assert snippet.lighter_than(connection, 900) == [2]
    assert snippet.lighter_than(connection, 901) == [1, 2]


def test_both_questions_use_their_index(snippet: ModuleType, filled: psycopg.Connection) -> None:
    contains = plan(filled, snippet.WITH_ATTRIBUTES, Jsonb({"code": "c77"}))
    assert "Bitmap Index Scan on products_attributes" in contains
    assert "products_weight" in plan(filled, snippet.LIGHTER_THAN, 10)
    assert snippet.with_attributes(filled, {"code": "c77"}) == [77]
    assert snippet.lighter_than(filled, 3) == [1, 2]


def test_other_questions_read_the_whole_table(filled: psycopg.Connection) -> None:
    for condition in ("->> 'code' = %s", "? %s", "->> 'grams' < %s"):
        query = f"SELECT id FROM products WHERE attributes {condition}"
        assert "Seq Scan" in plan(filled, query, "c77"), condition


def test_change_keeps_the_rest(snippet: ModuleType, connection: psycopg.Connection) -> None:
    product = snippet.add(connection, "lamp", LAMP)
    other = snippet.add(connection, "bulb", BULB)
    snippet.set_attribute(connection, product, ["size", "cm"], 45)
    snippet.set_attribute(connection, product, ["sold"], None)
    changed = {**LAMP, "size": {"cm": 45, "depth": 12}, "sold": None}
    assert attributes(connection, product) == changed
    assert attributes(connection, other) == BULB


def test_two_writers_do_not_undo_each_other(
    snippet: ModuleType, connection: psycopg.Connection, postgresql_url: str
) -> None:
    product = snippet.add(connection, "lamp", LAMP)
    with psycopg.connect(postgresql_url) as other:
        read_before = attributes(other, product)  # what a write in Python would start from
        snippet.set_attribute(connection, product, ["colour"], "blue")
        snippet.set_attribute(other, product, ["grams"], 950)
    assert attributes(connection, product) == {**LAMP, "colour": "blue", "grams": 950}
    assert read_before["colour"] == "red"


def test_merge_operator_is_shallow_and_a_missing_parent_is_ignored(
    snippet: ModuleType, connection: psycopg.Connection
) -> None:
    product = snippet.add(connection, "lamp", LAMP)
    snippet.set_attribute(connection, product, ["box", "cm"], 50)
    assert attributes(connection, product) == LAMP
    connection.execute(
        "UPDATE products SET attributes = attributes || %s", [Jsonb({"size": {"cm": 45}})]
    )
    assert attributes(connection, product)["size"] == {"cm": 45}


def test_document_that_is_no_object_is_refused(
    snippet: ModuleType, connection: psycopg.Connection
) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        snippet.add(connection, "lamp", ["red"])


def test_value_that_is_no_number_is_refused_by_the_index(
    snippet: ModuleType, connection: psycopg.Connection
) -> None:
    with pytest.raises(psycopg.errors.InvalidTextRepresentation):
        snippet.add(connection, "lamp", {"grams": "heavy"})
