"""What is stored."""

from django.db import models


class Note(models.Model):
    """A note with a title of its own."""

    title = models.CharField(max_length=80, unique=True)
    body = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        """Give the title."""
        return self.title
