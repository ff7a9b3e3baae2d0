"""The subgraph answers the router's queries, one SQL query for all entities, and nobody else's.

No router runs here: the queries are those that one sends.
"""

import asyncio
from collections.abc import Iterator
from functools import partial
from types import ModuleType
from typing import Any

import asyncpg
import pytest
from fastapi.testclient import TestClient

SCHEMA = """
CREATE TABLE stock (sku text PRIMARY KEY, in_stock int NOT NULL);
INSERT INTO stock VALUES ('TEA-1', 7), ('INK-1', 0), ('12', 3);
"""
ENTITIES = """query ($representations: [_Any!]!) {
  _entities(representations: $representations) { ... on Product { sku inStock } }
}"""
TOKEN = {"router-token": "of the router"}


@pytest.fixture
def queries(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note each query that a connection of the pool sends to the table."""
    noted: list[str] = []

    def note(record: Any) -> None:
        if " FROM stock " in record.query:
            noted.append(record.query)

    async def listen(connection: Any) -> None:
        connection.add_query_logger(note)

    monkeypatch.setattr(asyncpg, "create_pool", partial(asyncpg.create_pool, init=listen))
    return noted


@pytest.fixture
def client(
    snippet: ModuleType, postgresql_url: str, monkeypatch: pytest.MonkeyPatch, queries: list[str]
) -> Iterator[TestClient]:
    async def fill() -> None:
        connection = await asyncpg.connect(postgresql_url)
        await connection.execute(SCHEMA)
        await connection.close()

    asyncio.run(fill())
    monkeypatch.setenv("DATABASE_URL", postgresql_url)
    monkeypatch.setenv("ROUTER_TOKEN", TOKEN["router-token"])
    with TestClient(snippet.app, headers=TOKEN) as client:
        yield client


def ask(client: TestClient, query: str, **variables: Any) -> dict[str, Any]:
    answer = client.post("/graphql", json={"query": query, "variables": variables})
    assert answer.status_code == 200
    return answer.json()


def entities(client: TestClient, *keys: Any) -> dict[str, Any]:
    representations = [{"__typename": "Product", "sku": key} for key in keys]
    return ask(client, ENTITIES, representations=representations)


def test_entities_come_in_order_by_one_query(client: TestClient, queries: list[str]) -> None:
    answer = entities(client, "INK-1", "gone", "TEA-1", "INK-1")
    ink, tea = {"sku": "INK-1", "inStock": 0}, {"sku": "TEA-1", "inStock": 7}
    assert answer == {"data": {"_entities": [ink, None, tea, ink]}}
    assert len(queries) == 1
    assert entities(client, "TEA-1") == {"data": {"_entities": [tea]}}
    assert len(queries) == 2


def test_fields_beside_each_other_share_the_query(client: TestClient, queries: list[str]) -> None:
    field = '_entities(representations: [{__typename: "Product", sku: "%s"}]) { __typename }'
    both = ask(client, f"{{ a: {field % 'TEA-1'} b: {field % 'INK-1'} }}")
    assert both == {"data": {name: [{"__typename": "Product"}] for name in "ab"}}
    assert len(queries) == 1


def test_sdl_is_what_composition_needs(client: TestClient) -> None:
    sdl = ask(client, "{ _service { sdl } }")["data"]["_service"]["sdl"]
    assert '@link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])' in sdl
    assert 'type Product @key(fields: "sku") {\n  sku: ID!\n  inStock: Int!\n}' in sdl


def test_key_of_any_type_reaches_us_and_spoils_no_other(client: TestClient) -> None:
    answer = entities(client, "TEA-1", 12, {"like": "%"}, ["TEA-1"], None)
    tea, twelve = {"sku": "TEA-1", "inStock": 7}, {"sku": "12", "inStock": 3}
    assert answer == {"data": {"_entities": [tea, twelve, None, None, None]}}


def test_without_str_a_number_fails_the_whole_batch(
    client: TestClient, snippet: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snippet, "str", lambda key: key, raising=False)
    answer = entities(client, "TEA-1", 12)
    assert answer["data"]["_entities"] == [None, None]
    assert len(answer["errors"]) == 2


def test_representation_of_another_key_names_our_function(client: TestClient) -> None:
    product = {"__typename": "Product", "sku": "TEA-1"}
    answer = ask(client, ENTITIES, representations=[{**product, "upc": "1"}, product])
    assert answer["data"]["_entities"] == [None, {"sku": "TEA-1", "inStock": 7}]
    (error,) = answer["errors"]
    assert "resolve_reference() got an unexpected keyword argument 'upc'" in error["message"]


def test_callers_without_the_token_get_nothing(client: TestClient) -> None:
    del client.headers["router-token"]
    for token in (b"", "ö".encode("latin-1"), b"of the route"):
        for query in ("{ _service { sdl } }", "{ __typename }"):
            headers = [(b"router-token", token)] if token else []
            refused = client.post("/graphql", json={"query": query}, headers=headers)
            assert (refused.status_code, refused.json()) == (401, {"detail": "Ask the router"})
            assert client.get("/graphql", params={"query": query}).status_code == 401


def test_no_page_is_served(client: TestClient) -> None:
    assert client.get("/graphql", headers={"Accept": "text/html"}).status_code == 404


def test_schema_is_told_although_introspection_is_off(snippet: ModuleType) -> None:
    import strawberry  # noqa: PLC0415
    from strawberry.extensions import DisableIntrospection  # noqa: PLC0415

    closed = strawberry.federation.Schema(
        types=[snippet.Product], extensions=[DisableIntrospection]
    )
    assert closed.execute_sync("{ __schema { types { name } } }").errors
    told = closed.execute_sync("{ _service { sdl } }")
    assert told.errors is None
    assert "type Product" in str(told.data)


def test_default_version_is_newer_than_ours(snippet: ModuleType) -> None:
    import strawberry  # noqa: PLC0415

    assert "federation/v2.11" in str(strawberry.federation.Schema(types=[snippet.Product]))
