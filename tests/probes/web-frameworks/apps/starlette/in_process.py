"""Call a handler with Starlette's test client."""

from app import app
from starlette.testclient import TestClient

print(TestClient(app).get("/quick").text)
