"""What a client sends and reads."""

from datetime import datetime

from ninja import Field, Schema


class NoteIn(Schema):
    """What a client writes of a note."""

    title: str = Field(max_length=80, pattern=r"\S")
    body: str = Field(default="", max_length=1000)


class NoteOut(Schema):
    """What a client reads of a note."""

    id: int
    title: str
    body: str
    created_at: datetime


class Waited(Schema):
    """How long an answer waited."""

    waited_ms: int


class Line(Schema):
    """One line of a stream."""

    line: int


class Problem(Schema):
    """Why a request failed."""

    detail: str
