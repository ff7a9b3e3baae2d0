"""What a client may send."""

from typing import ClassVar

from django import forms
from django.core.exceptions import ValidationError

from notes.models import Note


class TextField(forms.CharField):
    """Text that was text in the document: Django's own field makes text of anything."""

    def to_python(self, value: object) -> str:
        """Give the text, or refuse another type."""
        if value is not None and not isinstance(value, str):
            message = "Enter a text."
            raise ValidationError(message, code="invalid")
        return super().to_python(value)


class NoteForm(forms.ModelForm):
    """What a client writes of a note."""

    title = TextField(max_length=80)
    body = TextField(max_length=1000, required=False, strip=False)

    class Meta:
        """The model that the form writes."""

        model = Note
        fields: ClassVar = ["title", "body"]

    def validate_unique(self) -> None:
        """Leave uniqueness to PostgreSQL: a query beforehand cannot see a simultaneous note."""


class PageForm(forms.Form):
    """Which notes to list."""

    limit = forms.IntegerField(min_value=1, max_value=100, required=False)
    offset = forms.IntegerField(min_value=0, required=False)

    def clean_limit(self) -> int:
        """Give the default for a limit that was not sent."""
        return self.cleaned_data["limit"] or 20

    def clean_offset(self) -> int:
        """Give the default for an offset that was not sent."""
        return self.cleaned_data["offset"] or 0


class SlowForm(forms.Form):
    """How long to wait."""

    ms = forms.IntegerField(min_value=1, max_value=1000, required=False)

    def clean_ms(self) -> int:
        """Give the default for a time that was not sent."""
        return self.cleaned_data["ms"] or 200


class StreamForm(forms.Form):
    """How many lines to send."""

    lines = forms.IntegerField(min_value=1, max_value=100, required=False)

    def clean_lines(self) -> int:
        """Give the default for a number that was not sent."""
        return self.cleaned_data["lines"] or 3
