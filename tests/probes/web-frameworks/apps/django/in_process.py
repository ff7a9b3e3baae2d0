"""Call a view with Django's test client."""

import app  # noqa: F401 - sets Django up
from django.test import Client

print(Client(headers={"host": "127.0.0.1"}).get("/quick").text)
