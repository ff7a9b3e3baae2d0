"""Which view answers which path, and which answers for a path that has none."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from notes import views

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("notes", views.NoteViewSet)

urlpatterns = [
    path("", include(router.urls)),
    path("slow", views.slow),
    path("stream", views.stream),
]
handler400 = "rest_framework.exceptions.bad_request"
handler404 = "notes.errors.not_found"
handler500 = "rest_framework.exceptions.server_error"
