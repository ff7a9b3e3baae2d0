import os
from pathlib import Path

from pydantic import BaseModel, SecretStr
from pydantic_settings import (
    BaseSettings,
    NestedSecretsSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

CONFIG = Path(os.environ.get("SHOP_CONFIG", "/etc/shop/settings.toml"))
SECRETS = Path(os.environ.get("SHOP_SECRETS", "/run/secrets"))


class Mail(BaseModel, extra="forbid"):
    host: str = "localhost"
    port: int = 587
    user: str = "shop"
    password: SecretStr


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix="SHOP_",
        env_nested_delimiter="__",
        toml_file=CONFIG,
        secrets_dir=SECRETS,
        secrets_dir_missing="error",
        hide_input_in_errors=True,
    )

    mail: Mail
    page_size: int = 20

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  # passed by name
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        if not CONFIG.is_file():  # it would be passed over in silence
            raise FileNotFoundError(CONFIG)
        return (  # the strongest first; the defaults of the classes come last
            init_settings,
            NestedSecretsSettingsSource(file_secret_settings),
            env_settings,
            TomlConfigSettingsSource(settings_cls),
        )
