"""What is stored."""

from django.db import models


class Note(models.Model):
    """A note with a title."""

    title = models.CharField(max_length=80)

    def __str__(self) -> str:
        """Give the title."""
        return self.title
