"""Call a handler with FastAPI's test client."""

from app import app
from fastapi.testclient import TestClient

print(TestClient(app).get("/quick").text)
