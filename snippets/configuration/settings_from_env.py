import sys
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    Field,
    PostgresDsn,
    Secret,
    SecretStr,
    ValidationError,
    field_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict, SettingsError


class Database(BaseModel, extra="forbid"):  # so a misspelt SHOP_DATABASE__… is an error
    url: Secret[PostgresDsn]  # a bare PostgresDsn prints its password
    pool_size: Annotated[int, Field(ge=1, le=50)] = 5


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix="SHOP_",
        env_nested_delimiter="__",
        env_ignore_empty=True,
        hide_input_in_errors=True,
        frozen=True,
    )

    database: Database
    payment_key: SecretStr
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = ()
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @field_validator("allowed_origins", mode="before")
    @classmethod
    def split(cls, value: object) -> object:
        return value.split(",") if isinstance(value, str) else value


def load_settings() -> Settings:
    # Called first thing in main, before a port is opened.
    try:
        return Settings()  # type: ignore[call-arg]  # filled from the environment
    except (SettingsError, ValidationError) as error:
        sys.exit(f"Configuration: {error}")
