"""Queries and mutations are answered; costly queries and the texts of our errors are not."""

import asyncio
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from fastapi.testclient import TestClient


@pytest.fixture
def client(snippet: ModuleType) -> Iterator[TestClient]:
    with TestClient(snippet.app) as client:
        yield client


def ask(client: TestClient, query: str, **variables: Any) -> dict[str, Any]:
    answer = client.post("/graphql", json={"query": query, "variables": variables})
    assert answer.status_code == 200
    return answer.json()


def messages(answer: dict[str, Any]) -> list[str]:
    return [error["message"] for error in answer["errors"]]


SELL = "mutation ($id: ID!, $copies: Int! = 1) { sell(id: $id, copies: $copies) { stock } }"


def test_query_gives_the_fields_asked_for(client: TestClient) -> None:
    query = "query ($id: ID!) { book(id: $id) { id title } }"
    assert ask(client, query, id="1") == {"data": {"book": {"id": "1", "title": "Dune"}}}
    assert ask(client, query, id="2") == {"data": {"book": None}}


def test_mutation_changes_what_the_next_query_sees(client: TestClient) -> None:
    assert ask(client, "mutation { sell(id: 1) { stock } }") == {"data": {"sell": {"stock": 1}}}
    assert ask(client, "{ book(id: 1) { stock } }") == {"data": {"book": {"stock": 1}}}
    assert ask(client, SELL, id="1")["data"] == {"sell": {"stock": 0}}


@pytest.mark.parametrize("copies", [-1, 0, 3])
def test_error_meant_for_the_client_reaches_it(client: TestClient, copies: int) -> None:
    answer = ask(client, SELL, id="1", copies=copies)
    assert messages(answer) == ["2 copies are left"]
    assert answer["data"] is None
    assert ask(client, "{ book(id: 1) { stock } }")["data"] == {"book": {"stock": 2}}


def test_whole_stock_can_be_sold(client: TestClient) -> None:
    assert ask(client, SELL, id="1", copies=2)["data"] == {"sell": {"stock": 0}}


def test_any_other_error_is_masked(client: TestClient) -> None:
    """A KeyError that names the id would otherwise be sent."""
    assert messages(ask(client, SELL, id="secret-9")) == ["Unexpected error."]


def aliases(number: int) -> str:
    return f"{{ {' '.join(f'a{n}: book(id: 1) {{ id }}' for n in range(number))} }}"


def test_aliases_are_counted(client: TestClient) -> None:
    assert len(ask(client, aliases(10))["data"]) == 10
    assert messages(ask(client, aliases(11))) == ["11 aliases found. Allowed: 10"]


def fields(number: int) -> str:
    """A query of exactly `number` tokens, without aliases."""
    return f"{{ book(id: 1) {{ {'id ' * (number - 10)}}} }}"


def test_tokens_are_counted(client: TestClient) -> None:
    assert ask(client, fields(500))["data"] == {"book": {"id": "1"}}
    (message,) = messages(ask(client, fields(501)))
    assert "more than 500 tokens" in message


def test_depth_is_limited(snippet: ModuleType) -> None:
    """In a schema that nests, which the shop's does not."""
    import strawberry  # noqa: PLC0415 - annotations of local types need the module's name

    @strawberry.type
    class Part:
        @strawberry.field
        def part(self) -> "Part":
            return self

        @strawberry.field
        def name(self) -> str:
            return "leaf"

    globals()["Part"] = Part
    deep = strawberry.Schema(Part, extensions=[snippet.schema.extensions[0]])

    def query(depth: int) -> str:
        return "{ part " * depth + "{ name }" + " }" * depth

    assert deep.execute_sync(query(6), root_value=Part()).errors is None
    refused = deep.execute_sync(query(7), root_value=Part())
    assert "exceeds maximum operation depth of 6" in str(refused.errors)


def test_queries_come_by_post_alone_and_no_page_is_served(client: TestClient) -> None:
    asked = client.get("/graphql", params={"query": "{ book(id: 1) { id } }"})
    assert asked.status_code == 400
    assert "data" not in asked.text
    assert client.get("/graphql", headers={"Accept": "text/html"}).status_code == 404


def test_without_extensions_texts_and_aliases_pass(snippet: ModuleType) -> None:
    """What goes_wrong says of the defaults."""
    import strawberry  # noqa: PLC0415 - as above

    bare = strawberry.Schema(snippet.Query, snippet.Mutation)
    books = {"1": snippet.Book(id="1", title="Dune", stock=1)}
    context = {"request": SimpleNamespace(state=SimpleNamespace(books=books))}
    sold = asyncio.run(bare.execute('mutation { sell(id: "secret-9") { id } }', None, context))
    assert "secret-9" in str(sold.errors)
    many = asyncio.run(bare.execute(aliases(100), None, context))
    assert many.data is not None
    assert len(many.data) == 100
