"""Call a handler with Flask's test client."""

from app import app

print(app.test_client().get("/quick").text)
