from functools import cache

from pydantic import PostgresDsn
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="BOOKSHOP_", env_file=".env")

    database_url: PostgresDsn
    page_size: int = 50


@cache
def get_settings() -> Settings:
    return Settings()
