from dataclasses import dataclass

from psycopg import Connection
from psycopg.rows import class_row

SCHEMA = """
    CREATE TABLE guides (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        title text NOT NULL,
        body text NOT NULL,
        search tsvector NOT NULL GENERATED ALWAYS AS (
            setweight(to_tsvector('english', title), 'A')
            || setweight(to_tsvector('english', body), 'D')
        ) STORED
    );
    CREATE INDEX guides_search ON guides USING gin (search);
"""

# The excerpt is dear, so it is made for the rows of the page alone.
SEARCH = """
    WITH page AS (
        SELECT id, title, body, query, ts_rank_cd(search, query) AS rank
        FROM guides, websearch_to_tsquery('english', %(words)s) AS query
        WHERE search @@ query
        ORDER BY rank DESC, id
        LIMIT %(limit)s
    )
    SELECT id, title, rank,
        ts_headline('english', body, query, 'StartSel=[, StopSel=], MaxWords=25, MinWords=10')
            AS excerpt
    FROM page
    ORDER BY rank DESC, id
"""


@dataclass(frozen=True, slots=True)
class Hit:
    id: int
    title: str
    rank: float
    excerpt: str


def search(connection: Connection, words: str, limit: int = 20) -> list[Hit]:
    with connection.cursor(row_factory=class_row(Hit)) as cursor:
        cursor.execute(SEARCH, {"words": words, "limit": limit})
        return cursor.fetchall()
