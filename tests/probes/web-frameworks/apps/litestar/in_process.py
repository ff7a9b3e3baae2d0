"""Call a handler with Litestar's test client."""

from litestar.testing import TestClient

from app import app

with TestClient(app) as client:
    print(client.get("/quick").text)
