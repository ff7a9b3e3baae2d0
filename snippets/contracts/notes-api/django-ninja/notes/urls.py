"""Where the API stands, and which view answers for a path outside it."""

from django.urls import path

from notes.api import api

urlpatterns = [path("", api.urls)]
handler404 = "notes.api.not_found"
