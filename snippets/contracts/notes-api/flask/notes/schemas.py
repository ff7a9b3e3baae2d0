"""What a client sends and reads."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field


class NoteIn(BaseModel):
    """What a client writes of a note."""

    title: str = Field(max_length=80, pattern=r"\S")
    body: str = Field(default="", max_length=1000)


class NoteOut(BaseModel):
    """What a client reads of a note."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    title: str
    body: str
    created_at: datetime


class Page(BaseModel):
    """Which notes to list."""

    limit: int = Field(default=20, ge=1, le=100)
    offset: int = Field(default=0, ge=0)


class Wait(BaseModel):
    """How long to wait."""

    ms: int = Field(default=200, ge=1, le=1000)


class Stream(BaseModel):
    """How many lines to send."""

    lines: int = Field(default=3, ge=1, le=100)
