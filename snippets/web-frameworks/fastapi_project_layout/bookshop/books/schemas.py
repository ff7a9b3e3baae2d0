from pydantic import BaseModel, ConfigDict, Field


class BookIn(BaseModel):
    title: str = Field(min_length=1, max_length=200)
    author_id: int = Field(gt=0, lt=2**31)  # what the column holds


class BookOut(BookIn):
    model_config = ConfigDict(from_attributes=True)

    id: int
