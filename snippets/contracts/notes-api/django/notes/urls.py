"""Which view answers which path, and which answers for errors."""

from django.urls import path

from notes import views

urlpatterns = [
    path("notes", views.NotesView.as_view()),
    path("notes/<int:pk>", views.NoteView.as_view(), name="note"),
    path("slow", views.SlowView.as_view()),
    path("stream", views.StreamView.as_view()),
]
handler400 = "notes.views.bad_request"
handler404 = "notes.views.not_found"
