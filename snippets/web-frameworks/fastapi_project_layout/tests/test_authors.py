from fastapi.testclient import TestClient


def test_author_needs_a_name(client: TestClient) -> None:
    assert client.post("/authors", json={"name": ""}).status_code == 422
    assert client.post("/authors", json={"name": "Frank Herbert"}).status_code == 201
