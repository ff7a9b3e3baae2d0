"""Words are found in every form, the better hit first, by the index, whatever a person types."""

from collections.abc import Iterator
from types import ModuleType

import psycopg
import pytest

GUIDES = {
    "Migrations": "Migrating a table while the service runs. Never lock a table for long.",
    "Locks": "Which statements lock, and for how long they wait.",
    "Backups": "Restore a backup every month; a backup that was never restored is none.",
    "Connection pools": "How many connections a service needs.",
}


@pytest.fixture
def connection(snippet: ModuleType, postgresql_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        connection.execute(snippet.SCHEMA)
        for guide in GUIDES.items():
            connection.execute("INSERT INTO guides (title, body) VALUES (%s, %s)", guide)
        yield connection


def titles(snippet: ModuleType, connection: psycopg.Connection, words: str) -> list[str]:
    return [hit.title for hit in snippet.search(connection, words)]


def test_what_a_person_types_finds(snippet: ModuleType, connection: psycopg.Connection) -> None:
    expected = {
        "migrate": {"Migrations"},
        "RESTORING backups": {"Backups"},
        '"lock a table"': {"Migrations"},
        '"table lock"': set(),
        "service -connections": {"Migrations"},
        "backup or pools": {"Connection pools", "Backups"},
        "service": {"Migrations", "Connection pools"},
        "the": set(),
        "": set(),
        "lokc": set(),
    }
    found = {words: set(titles(snippet, connection, words)) for words in expected}
    assert found == expected


def test_word_of_the_title_counts_more(snippet: ModuleType, connection: psycopg.Connection) -> None:
    hits = snippet.search(connection, "lock")
    assert [hit.title for hit in hits] == ["Locks", "Migrations"]
    assert len(set(hits)) == 2  # may be keys
    # ts_rank_cd weighs a title's word 1.0 and a body's 0.1.
    assert hits[0].rank == pytest.approx(1.1)
    assert hits[1].rank == pytest.approx(0.1)


def test_equal_hits_come_in_the_order_of_their_ids_and_up_to_the_limit(
    snippet: ModuleType, connection: psycopg.Connection
) -> None:
    connection.execute(
        "INSERT INTO guides (title, body) SELECT 'Queue ' || n, '' FROM generate_series(1, 30) n"
    )
    hits = snippet.search(connection, "queue")
    assert [hit.title for hit in hits] == [f"Queue {number}" for number in range(1, 21)]
    assert [hit.id for hit in hits] == sorted(hit.id for hit in hits)
    assert len(snippet.search(connection, "queue", 3)) == 3


def test_excerpt_marks_the_words_and_is_short(
    snippet: ModuleType, connection: psycopg.Connection
) -> None:
    (hit,) = snippet.search(connection, "restore")
    assert hit.excerpt == "[Restore] a backup every month; a backup that was never"
    words = " ".join(["pear", *["leaf"] * 22, "plum", *["twig"] * 40, "fig"])
    connection.execute("INSERT INTO guides (title, body) VALUES ('Trees', %s)", [words])
    (tree,) = snippet.search(connection, "pear plum")
    assert tree.excerpt.split() == ["[pear]", *["leaf"] * 22, "[plum]"]
    (tree,) = snippet.search(connection, "plum fig")
    assert len(tree.excerpt.split()) == 25


def test_excerpt_hands_html_through(snippet: ModuleType, connection: psycopg.Connection) -> None:
    connection.execute(
        "INSERT INTO guides (title, body) VALUES ('Evil', 'a pear <img src=x onerror=alert(1)>')"
    )
    (hit,) = snippet.search(connection, "pear")
    assert "<img src=x onerror=alert(1)>" in hit.excerpt


def test_changed_row_is_found_by_its_new_words_at_once(
    snippet: ModuleType, connection: psycopg.Connection
) -> None:
    connection.execute("UPDATE guides SET body = 'Snapshots of volumes' WHERE title = 'Backups'")
    assert titles(snippet, connection, "restore") == []
    assert titles(snippet, connection, "volume") == ["Backups"]


def plan(connection: psycopg.Connection, query: str, words: str) -> str:
    values = {"words": words, "limit": 20}
    lines = connection.execute(f"EXPLAIN {query}".encode(), values).fetchall()
    return "\n".join(line for (line,) in lines)


def test_index_is_used_and_only_for_the_configuration_it_was_built_with(
    snippet: ModuleType, connection: psycopg.Connection
) -> None:
    connection.execute(
        "INSERT INTO guides (title, body) "
        "SELECT 'Guide ' || n, 'word' || n FROM generate_series(1, 5000) AS n"
    )
    connection.execute("VACUUM ANALYZE guides")
    assert "Bitmap Index Scan on guides_search" in plan(connection, snippet.SEARCH, "word77")
    on_the_fly = snippet.SEARCH.replace("search @@", "to_tsvector('english', body) @@")
    assert "Seq Scan on guides" in plan(connection, on_the_fly, "word77")


def test_other_configuration_misses_other_forms(
    snippet: ModuleType, connection: psycopg.Connection
) -> None:
    query = "SELECT count(*) FROM guides WHERE search @@ websearch_to_tsquery(%s, 'restoring')"
    for configuration, number in (("english", 1), ("simple", 0)):
        assert connection.execute(query, [configuration]).fetchone() == (number,)


def test_plain_to_tsquery_fails_on_what_a_person_types(connection: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.SyntaxError):
        connection.execute("SELECT to_tsquery('english', 'lock table')")


def test_adding_the_column_to_a_filled_table_rewrites_it(connection: psycopg.Connection) -> None:
    file = "SELECT pg_relation_filenode('guides')"
    before = connection.execute(file).fetchone()
    connection.execute(
        "ALTER TABLE guides ADD again tsvector "
        "GENERATED ALWAYS AS (to_tsvector('english', body)) STORED"
    )
    assert connection.execute(file).fetchone() != before
