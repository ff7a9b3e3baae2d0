"""The nearest passages of a tenant come back, as many as asked for, found by the index."""

import math
import random
from collections.abc import Iterator
from types import ModuleType

import psycopg
import pytest

SIZE = 384
ROWS = 400


def direction(*parts: float) -> list[float]:
    return [*parts, *[0.0] * (SIZE - len(parts))]


@pytest.fixture
def connection(snippet: ModuleType, postgresql_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        connection.execute(snippet.SCHEMA)
        yield connection


@pytest.fixture
def filled(connection: psycopg.Connection, snippet: ModuleType) -> psycopg.Connection:
    """Give the table with many passages, of which every twentieth is the small tenant's."""
    numbers = random.Random(7)
    statement = "COPY passages (tenant, body, embedding) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in range(ROWS):
            tenant = "large" if row % 20 else "small"
            angle = numbers.uniform(0, 0.1) if row % 20 else numbers.uniform(0.2, 1.5)
            vector = direction(math.cos(angle), math.sin(angle))
            copy.write_row((tenant, f"passage {row}", snippet.as_text(vector)))
    connection.execute("VACUUM ANALYZE passages")
    # A filter this strict makes a sort cheaper at this size; a large table takes the index.
    connection.execute("SET enable_seqscan = off")
    connection.execute("SET enable_sort = off")
    return connection


def test_nearest_passages_of_the_tenant_come_first(
    snippet: ModuleType, connection: psycopg.Connection
) -> None:
    east = snippet.add(connection, "acme", "east", direction(2.0))
    north = snippet.add(connection, "acme", "north", direction(0.0, 1.0))
    northeast = snippet.add(connection, "acme", "northeast", direction(1.0, 1.0))
    snippet.add(connection, "other", "east", direction(1.0))
    found = snippet.nearest(connection, "acme", direction(1.0, 0.0))
    assert [number for number, _ in found] == [east, northeast, north]
    # By the angle, whatever the length.
    distances = [distance for _, distance in found]
    assert distances == pytest.approx([0.0, 1 - math.sqrt(0.5), 1.0], abs=1e-6)
    assert snippet.nearest(connection, "acme", direction(1.0), limit=1) == found[:1]
    assert snippet.nearest(connection, "nobody", direction(1.0)) == []


def test_default_limit_is_ten(snippet: ModuleType, filled: psycopg.Connection) -> None:
    assert len(snippet.nearest(filled, "large", direction(1.0))) == 10


def test_query_uses_the_index(snippet: ModuleType, filled: psycopg.Connection) -> None:
    values = {"tenant": "large", "vector": snippet.as_text(direction(1.0)), "limit": 10}
    lines = filled.execute(f"EXPLAIN {snippet.NEAREST}".encode(), values).fetchall()
    assert "Index Scan using passages_embedding" in "\n".join(line for (line,) in lines)
    other = snippet.NEAREST.replace("<=>", "<->")  # a distance that the index does not know
    lines = filled.execute(f"EXPLAIN {other}".encode(), values).fetchall()
    assert "passages_embedding" not in "\n".join(line for (line,) in lines)


def test_filter_leaves_too_few_without_the_iterative_scan(
    snippet: ModuleType, filled: psycopg.Connection
) -> None:
    values = {"tenant": "small", "vector": snippet.as_text(direction(1.0)), "limit": 10}
    assert len(filled.execute(snippet.NEAREST.encode(), values).fetchall()) == 0
    found = snippet.nearest(filled, "small", direction(1.0))
    assert len(found) == 10
    distances = [distance for _, distance in found]
    assert distances == sorted(distances)


def test_setting_ends_with_the_transaction(snippet: ModuleType, filled: psycopg.Connection) -> None:
    snippet.nearest(filled, "small", direction(1.0))
    assert filled.execute("SHOW hnsw.iterative_scan").fetchone() == ("off",)
    with filled.transaction():
        snippet.nearest(filled, "small", direction(1.0))
        assert filled.execute("SHOW hnsw.iterative_scan").fetchone() == ("strict_order",)


def test_vector_of_another_size_is_refused(
    snippet: ModuleType, connection: psycopg.Connection
) -> None:
    with pytest.raises(psycopg.DataError, match="expected 384 dimensions, not 2"):
        snippet.add(connection, "acme", "east", [1.0, 0.0])


def test_more_than_2000_dimensions_cannot_be_indexed(connection: psycopg.Connection) -> None:
    connection.execute("CREATE TABLE large (embedding vector(3072), half halfvec(3072))")
    index = "CREATE INDEX ON large USING hnsw ({})"
    with pytest.raises(psycopg.Error, match="more than 2000 dimensions"):
        connection.execute(index.format("embedding vector_cosine_ops").encode())
    connection.execute(index.format("half halfvec_cosine_ops").encode())


def test_vector_of_zeros_is_in_no_answer_of_the_index(
    snippet: ModuleType, connection: psycopg.Connection
) -> None:
    snippet.add(connection, "acme", "empty text", direction())
    connection.execute("SET enable_seqscan = off")
    connection.execute("SET enable_sort = off")
    assert snippet.nearest(connection, "acme", direction(1.0)) == []
