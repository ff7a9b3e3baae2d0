"""What a client sends and reads."""

from typing import ClassVar

from rest_framework import serializers

from notes.models import Note


class TextField(serializers.CharField):
    """Text that was text in the document: the framework's own field takes numbers too."""

    def to_internal_value(self, data: object) -> str:
        """Give the text, or refuse another type."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class NoteSerializer(serializers.ModelSerializer):
    """A note. Its fields are declared, so that only PostgreSQL judges whether a title is taken."""

    title = TextField(max_length=80)
    body = TextField(max_length=1000, default="", allow_blank=True, trim_whitespace=False)

    class Meta:
        """The model that the serializer reads and writes."""

        model = Note
        fields: ClassVar = ["id", "title", "body", "created_at"]


class PageQuery(serializers.Serializer):
    """Which notes to list."""

    limit = serializers.IntegerField(min_value=1, max_value=100, default=20)
    offset = serializers.IntegerField(min_value=0, default=0)


class SlowQuery(serializers.Serializer):
    """How long to wait."""

    ms = serializers.IntegerField(min_value=1, max_value=1000, default=200)


class StreamQuery(serializers.Serializer):
    """How many lines to send."""

    lines = serializers.IntegerField(min_value=1, max_value=100, default=3)
