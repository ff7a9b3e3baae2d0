"""Call a view with Django REST Framework's test client."""

import app  # noqa: F401 - sets Django up
from rest_framework.test import APIClient

print(APIClient(headers={"host": "127.0.0.1"}).get("/quick").content.decode())
