from pydantic import BaseModel, ConfigDict, Field


class BookIn(BaseModel):
    title: str = Field(min_length=1, max_length=200)
    author_id: int


class BookOut(BookIn):
    model_config = ConfigDict(from_attributes=True)

    id: int
