"""Call a handler with Starlette's test client."""

from starlette.testclient import TestClient

from app import app

print(TestClient(app).get("/quick").text)
