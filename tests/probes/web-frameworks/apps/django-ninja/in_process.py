"""Call an operation with Django Ninja's test client."""

from app import api
from ninja.testing import TestClient

print(TestClient(api).get("/quick").content.decode())
