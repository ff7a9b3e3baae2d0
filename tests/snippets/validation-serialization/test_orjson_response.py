"""Both routes write the same JSON; only the one with a model notices a row that is none."""

import json
import math
from collections.abc import Iterator
from decimal import Decimal
from types import ModuleType
from typing import Any

import orjson
import pytest
from fastapi import FastAPI
from fastapi.exceptions import FastAPIDeprecationWarning
from fastapi.responses import ORJSONResponse
from fastapi.testclient import TestClient

WRITTEN = [
    {
        "id": "0199c2a4-0000-7000-8000-000000000001",
        "placed_at": "2026-11-21T08:30:00Z",
        "total": "12.50",
    }
]


@pytest.fixture
def client(snippet: ModuleType) -> Iterator[TestClient]:
    with TestClient(snippet.app, raise_server_exceptions=False) as client:
        yield client


@pytest.mark.parametrize("path", ["/orders", "/orders/export"])
def test_both_routes_write_the_same_json(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()) == (200, WRITTEN)
    assert answer.headers["content-type"] == "application/json"


def test_model_notices_a_row_that_is_no_order(snippet: ModuleType, client: TestClient) -> None:
    rows = [{**row, "total": "twelve"} for row in snippet.fetch_rows()]
    snippet.app.dependency_overrides[snippet.fetch_rows] = lambda: rows
    assert client.get("/orders").status_code == 500
    assert client.get("/orders/export").json() == [{**WRITTEN[0], "total": "twelve"}]


def test_model_keeps_back_a_column_that_it_does_not_name(
    snippet: ModuleType, client: TestClient
) -> None:
    rows = [{**row, "card": "4111"} for row in snippet.fetch_rows()]
    snippet.app.dependency_overrides[snippet.fetch_rows] = lambda: rows
    assert client.get("/orders").json() == WRITTEN
    assert client.get("/orders/export").json() == [{**WRITTEN[0], "card": "4111"}]


def test_only_the_route_with_a_model_is_described(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    described = paths["/orders"]["get"]["responses"]["200"]["content"]["application/json"]
    assert described["schema"]["items"] == {"$ref": "#/components/schemas/Order"}
    assert "content" not in paths["/orders/export"]["get"]["responses"]["200"]


def test_type_that_is_not_named_is_refused(snippet: ModuleType, client: TestClient) -> None:
    with pytest.raises(TypeError, match="complex is not written as JSON"):
        snippet.write_decimal(1j)
    with pytest.raises(TypeError, match="Type is not JSON serializable: complex"):
        orjson.dumps({"total": 1j}, snippet.write_decimal)


def test_default_that_forgets_to_raise_writes_null(snippet: ModuleType) -> None:
    def forgetful(value: object) -> Any:
        if isinstance(value, Decimal):
            return str(value)
        return None

    assert orjson.dumps({"total": 1j}, forgetful) == b'{"total":null}'


def test_decimal_is_refused_without_default() -> None:
    with pytest.raises(TypeError, match=r"decimal\.Decimal"):
        orjson.dumps(Decimal("12.50"))


def test_nan_becomes_null_and_great_integers_do_not_come_back() -> None:
    assert orjson.dumps([math.nan]) == b"[null]"
    with pytest.raises(TypeError, match="64-bit"):
        orjson.dumps(2**64)
    assert orjson.loads(str(2**64 + 1)) == float(2**64)
    assert json.loads(str(2**64 + 1)) == 2**64 + 1


def test_orjson_response_is_deprecated() -> None:
    app = FastAPI(default_response_class=ORJSONResponse)

    @app.get("/")
    def root() -> Any:
        return {}

    with (
        TestClient(app) as client,
        pytest.warns(FastAPIDeprecationWarning, match="ORJSONResponse is deprecated"),
    ):
        client.get("/")
