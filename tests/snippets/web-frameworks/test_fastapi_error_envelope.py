"""Every failure has one shape, the documented one, and gives no input back."""

from collections.abc import Iterator
from types import ModuleType

import pytest
from fastapi.testclient import TestClient

SHAPE = {"title", "status", "detail", "errors"}


@pytest.fixture
def client(snippet: ModuleType) -> Iterator[TestClient]:
    with TestClient(snippet.app, raise_server_exceptions=False) as client:
        yield client


@pytest.mark.parametrize(
    ("method", "path", "status", "title"),
    [
        pytest.param("GET", "/books?page=2", 404, "Not Found", id="raised-by-a-route"),
        pytest.param("GET", "/nowhere", 404, "Not Found", id="unknown-address"),
        pytest.param("POST", "/books", 405, "Method Not Allowed", id="wrong-method"),
        pytest.param("GET", "/books?page=0", 422, "Invalid request", id="invalid"),
        pytest.param("GET", "/crash", 500, "Internal Server Error", id="crash"),
    ],
)
def test_failure_has_the_shape(
    snippet: ModuleType, client: TestClient, method: str, path: str, status: int, title: str
) -> None:
    snippet.app.add_api_route("/crash", lambda: {}["missing"])
    answer = client.request(method, path)
    problem = answer.json()
    assert (answer.status_code, problem["status"], problem["title"]) == (status, status, title)
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(problem) == SHAPE
    assert "missing" not in answer.text


def test_success_is_left_alone(client: TestClient) -> None:
    assert client.get("/books", params={"page": 1}).json() == ["Dune", "Solaris"]


def test_invalid_request_names_the_field_and_hides_the_input(client: TestClient) -> None:
    refused = client.get("/books", params={"page": "hunter2"})
    assert [error["field"] for error in refused.json()["errors"]] == ["query.page"]
    assert "hunter2" not in refused.text


def test_headers_of_the_error_are_kept(client: TestClient) -> None:
    assert client.post("/books").headers["allow"] == "GET"


def test_document_promises_the_shape(client: TestClient) -> None:
    promised = client.get("/openapi.json").json()["paths"]["/books"]["get"]["responses"]
    for status in ("422", "4XX", "500"):
        schema = promised[status]["content"]["application/json"]["schema"]
        assert schema == {"$ref": "#/components/schemas/Problem"}


def test_crash_reaches_the_log_of_the_server(snippet: ModuleType) -> None:
    snippet.app.add_api_route("/crash", lambda: {}["missing"])
    with TestClient(snippet.app) as client, pytest.raises(KeyError, match="missing"):
        client.get("/crash")
