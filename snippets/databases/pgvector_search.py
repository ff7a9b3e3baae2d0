from collections.abc import Sequence

from psycopg import Connection

SCHEMA = """
    CREATE EXTENSION IF NOT EXISTS vector;
    CREATE TABLE passages (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        tenant text NOT NULL,
        body text NOT NULL,
        embedding vector(384) NOT NULL  -- as many as the model gives
    );
    CREATE INDEX passages_embedding ON passages USING hnsw (embedding vector_cosine_ops);
"""

# <=> is the cosine distance that the index was built for; ORDER BY must hold nothing else.
NEAREST = """
    SELECT id, embedding <=> %(vector)s::vector AS distance
    FROM passages
    WHERE tenant = %(tenant)s
    ORDER BY embedding <=> %(vector)s::vector
    LIMIT %(limit)s
"""


def as_text(vector: Sequence[float]) -> str:
    return f"[{','.join(map(str, vector))}]"


def add(connection: Connection, tenant: str, body: str, embedding: Sequence[float]) -> int:
    row = connection.execute(
        "INSERT INTO passages (tenant, body, embedding) VALUES (%s, %s, %s::vector) RETURNING id",
        [tenant, body, as_text(embedding)],
    ).fetchone()
    assert row is not None
    return int(row[0])


def nearest(
    connection: Connection, tenant: str, vector: Sequence[float], limit: int = 10
) -> list[tuple[int, float]]:
    with connection.transaction():
        # The index yields its 40 nearest of all tenants; go on until enough are left.
        connection.execute("SET LOCAL hnsw.iterative_scan = strict_order")
        values = {"tenant": tenant, "vector": as_text(vector), "limit": limit}
        return connection.execute(NEAREST, values).fetchall()
