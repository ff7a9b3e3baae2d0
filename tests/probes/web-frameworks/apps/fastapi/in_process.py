"""Call a handler with FastAPI's test client."""

from fastapi.testclient import TestClient

from app import app

print(TestClient(app).get("/quick").text)
