"""Call a handler with Litestar's test client."""

from app import app
from litestar.testing import TestClient

with TestClient(app) as client:
    print(client.get("/quick").text)
