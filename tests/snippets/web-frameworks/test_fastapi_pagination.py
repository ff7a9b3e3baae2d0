"""Pages link to the next one, miss and repeat nothing, and take no cursor but their own."""

from collections.abc import Iterator
from itertools import chain
from types import ModuleType
from typing import Any

import httpx2
import psycopg
import pytest
from fastapi.testclient import TestClient
from itsdangerous import URLSafeSerializer

SCHEMA = """
    CREATE TABLE invoices (id serial PRIMARY KEY, status text NOT NULL);
    INSERT INTO invoices (status)
    SELECT CASE WHEN n % 3 = 0 THEN 'paid' ELSE 'open' END FROM generate_series(1, 120) n;
"""


def execute(url: str, sql: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(sql)


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, postgresql_url: str) -> None:
    monkeypatch.setenv("DATABASE_URL", postgresql_url)
    monkeypatch.setenv("CURSOR_KEY", "the key of the test")
    execute(postgresql_url, SCHEMA)


@pytest.fixture
def client(snippet: ModuleType) -> Iterator[TestClient]:
    with TestClient(snippet.app) as client:
        yield client
        assert client.portal is not None
        client.portal.call(snippet.engine.dispose)


def ids(answer: httpx2.Response) -> list[int]:
    assert answer.status_code == 200, answer.text
    return [invoice["id"] for invoice in answer.json()["items"]]


def pages(client: TestClient, address: str, url: str = "") -> Iterator[list[int]]:
    """Follow the links to the last page; with `url`, a row is inserted after each page."""
    answer = client.get(address)
    yield ids(answer)
    while following := answer.json()["next"]:
        if url:
            execute(url, "INSERT INTO invoices (status) VALUES ('open')")
        answer = client.get(answer.url.join(following))
        yield ids(answer)


def test_links_lead_through_every_row_once_while_others_insert(
    client: TestClient, postgresql_url: str
) -> None:
    found = list(pages(client, "/invoices?limit=50", postgresql_url))
    assert [len(page) for page in found] == [50, 50, 20]
    assert list(chain(*found)) == list(range(120, 0, -1))


def test_links_keep_filter_and_limit(client: TestClient) -> None:
    found = list(pages(client, "/invoices?status=paid&limit=15"))
    assert [len(page) for page in found] == [15, 15, 10]
    assert list(chain(*found)) == list(range(120, 0, -3))


def test_envelope_is_whole_and_its_last_page_says_so(client: TestClient) -> None:
    full = client.get("/invoices?status=paid&limit=40").json()
    assert full["items"][0] == {"id": 120, "status": "paid"}
    assert (len(full["items"]), full["next"]) == (40, None)
    assert client.get("/invoices?status=open&limit=80").json()["next"] is None


def test_empty_list_is_a_page(client: TestClient, postgresql_url: str) -> None:
    execute(postgresql_url, "DELETE FROM invoices")
    assert client.get("/invoices").json() == {"items": [], "next": None}


def test_limit_has_bounds_and_a_default(client: TestClient) -> None:
    assert len(ids(client.get("/invoices"))) == 50
    assert len(ids(client.get("/invoices?limit=1"))) == 1
    assert len(ids(client.get("/invoices?limit=100"))) == 100
    for limit in ("0", "101", "many"):
        refused = client.get("/invoices", params={"limit": limit})
        assert (refused.status_code, refused.json()["detail"][0]["loc"]) == (
            422,
            ["query", "limit"],
        )


def cursor_of(client: TestClient, address: str) -> str:
    following = client.get(address).json()["next"]
    assert following.startswith("?")
    return httpx2.URL(following).params["cursor"]


def signed(value: int, key: str = "the key of the test", salt: str = "invoices/None") -> str:
    made = URLSafeSerializer(key, salt=salt).dumps(value)
    return made if isinstance(made, str) else made.decode()


def refusal(client: TestClient, cursor: str, **params: Any) -> int:
    return client.get("/invoices", params={"cursor": cursor, **params}).status_code


def test_cursor_of_ours_alone_is_taken(client: TestClient) -> None:
    cursor = cursor_of(client, "/invoices?limit=2")
    assert cursor == signed(119)
    assert ids(client.get("/invoices", params={"cursor": cursor, "limit": 2})) == [118, 117]
    refused = client.get("/invoices", params={"cursor": f"{cursor}x"})
    assert refused.status_code == 400
    assert refused.json() == {"detail": "No cursor of this list; begin without one"}
    value, _, signature = cursor.partition(".")
    for other in (value, f"MTA.{signature}", f".{signature}", "", "119", "ü", signed(119, "other")):
        assert refusal(client, other) == 400, other


def test_cursor_of_one_filter_is_refused_by_another(client: TestClient) -> None:
    cursor = cursor_of(client, "/invoices?status=paid&limit=2")
    assert refusal(client, cursor, status="paid") == 200
    assert refusal(client, cursor, status="open") == 400
    assert refusal(client, cursor) == 400
    assert refusal(client, signed(119, salt="orders/None")) == 400


def test_long_cursor_and_unknown_parameter_are_422(client: TestClient) -> None:
    assert refusal(client, "x" * 200) == 400
    assert refusal(client, "x" * 201) == 422
    misspelt = client.get("/invoices?state=paid")
    assert misspelt.status_code == 422
    assert misspelt.json()["detail"][0]["loc"] == ["query", "state"]
    assert client.get("/invoices?status=lost").status_code == 422


def test_new_key_ends_every_page(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    cursor = cursor_of(client, "/invoices?limit=2")
    monkeypatch.setenv("CURSOR_KEY", "the next key")
    assert refusal(client, cursor) == 400


def test_document_describes_the_envelope(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    envelope = document["components"]["schemas"]["Page_InvoiceOut_"]
    assert set(envelope["required"]) == {"items", "next"}
    names = {one["name"] for one in document["paths"]["/invoices"]["get"]["parameters"]}
    assert names == {"status", "limit", "cursor"}


def test_row_that_is_committed_late_is_passed_by(client: TestClient, postgresql_url: str) -> None:
    """What goes_wrong says of catching up by cursor: the id was drawn before the commit."""
    with psycopg.connect(postgresql_url) as slow:
        slow.execute("INSERT INTO invoices (status) VALUES ('open')")  # 121
        execute(postgresql_url, "INSERT INTO invoices (status) VALUES ('open')")  # 122
        cursor = cursor_of(client, "/invoices?limit=2")
    assert ids(client.get("/invoices", params={"cursor": cursor, "limit": 1})) == [119]
    assert ids(client.get("/invoices?limit=3")) == [122, 121, 120]
