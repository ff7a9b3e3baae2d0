"""Secrets win over the environment, that over the file, that over the defaults; part by part."""

from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from tests.snippets.loading import loaded, snippet_path


@dataclass
class Layers:
    """The three places that settings are read from."""

    folder: Path
    monkeypatch: pytest.MonkeyPatch

    @property
    def config(self) -> Path:
        return self.folder / "settings.toml"

    @property
    def secrets(self) -> Path:
        return self.folder / "secrets"

    def file(self, text: str) -> None:
        self.config.write_text(text, encoding="utf-8")

    def env(self, name: str, value: str) -> None:
        self.monkeypatch.setenv(name, value)

    def secret(self, name: str, value: str) -> None:
        (self.secrets / name).write_text(value, encoding="utf-8")


@pytest.fixture(autouse=True)
def layers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layers:
    layers = Layers(tmp_path, monkeypatch)
    layers.env("SHOP_CONFIG", str(layers.config))
    layers.env("SHOP_SECRETS", str(layers.secrets))
    layers.secrets.mkdir()
    layers.file("")
    layers.secret("shop_mail__password", "geheim\n")
    return layers


def test_defaults_need_only_the_secret(snippet: ModuleType) -> None:
    settings = snippet.Settings()
    mail = settings.mail
    assert (mail.host, mail.port, mail.user, settings.page_size) == ("localhost", 587, "shop", 20)
    assert mail.password.get_secret_value() == "geheim"


def test_each_layer_wins_over_the_one_below(snippet: ModuleType, layers: Layers) -> None:
    seen: list[int] = [snippet.Settings().page_size]
    layers.file("page_size = 30")
    seen.append(snippet.Settings().page_size)
    layers.env("SHOP_PAGE_SIZE", "40")
    seen.append(snippet.Settings().page_size)
    layers.secret("shop_page_size", "50")
    seen.append(snippet.Settings().page_size)
    seen.append(snippet.Settings(page_size=60).page_size)
    assert seen == [20, 30, 40, 50, 60]


def test_groups_are_merged_and_not_replaced(snippet: ModuleType, layers: Layers) -> None:
    layers.file('[mail]\nhost = "file.example.com"\nport = 25\nuser = "file"\npassword = "x"')
    layers.env("SHOP_MAIL__PORT", "26")
    layers.env("SHOP_MAIL__USER", "env")
    layers.secret("shop_mail__user", "secret")
    mail = snippet.Settings().mail
    assert (mail.host, mail.port, mail.user) == ("file.example.com", 26, "secret")
    assert mail.password.get_secret_value() == "geheim"


def test_misspelt_names_in_the_file_are_refused(snippet: ModuleType, layers: Layers) -> None:
    for text in ("pagesize = 30", '[mail]\nhots = "x"'):
        layers.file(text)
        with pytest.raises(ValidationError, match="Extra inputs are not permitted") as refused:
            snippet.Settings()
        assert "geheim" not in str(refused.value)


def test_misspelt_variable_and_secret_go_unnoticed(snippet: ModuleType, layers: Layers) -> None:
    layers.env("SHOP_PAGESIZE", "30")
    layers.secret("shop_pagesize", "40")
    assert snippet.Settings().page_size == 20


def test_missing_file_and_missing_folder_stop_the_start(
    snippet: ModuleType, layers: Layers
) -> None:
    layers.config.rename(layers.folder / "elsewhere.toml")
    with pytest.raises(FileNotFoundError, match=r"settings\.toml"):
        snippet.Settings()
    layers.file("")
    layers.secrets.rename(layers.folder / "elsewhere")
    with pytest.raises(SettingsError, match="secrets"):
        snippet.Settings()


def test_secret_is_missing_by_name(snippet: ModuleType, layers: Layers) -> None:
    (layers.secrets / "shop_mail__password").unlink()
    layers.env("SHOP_MAIL__USER", "somebody")
    with pytest.raises(ValidationError, match=r"mail\.password") as refused:
        snippet.Settings()
    assert "somebody" not in str(refused.value)


def test_usual_places_are_those_of_linux_and_docker(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SHOP_CONFIG")
    monkeypatch.delenv("SHOP_SECRETS")
    with loaded(snippet_path(request.path)) as module:
        places = (str(module.CONFIG), str(module.SECRETS))
    assert places == ("/etc/shop/settings.toml", "/run/secrets")


class Login(BaseModel):
    password: str = "default"


class Usual(BaseSettings):
    """What pydantic-settings does when nothing is said."""

    mail: Login = Login()
    page_size: int = 20


def test_by_itself_the_environment_wins_and_secrets_are_not_nested(layers: Layers) -> None:
    layers.env("PAGE_SIZE", "40")
    layers.secret("page_size", "50")
    layers.secret("mail__password", "geheim")
    usual: Any = Usual
    settings = usual(_secrets_dir=layers.secrets, _env_nested_delimiter="__")
    assert (settings.page_size, settings.mail.password) == (40, "default")


def test_by_itself_a_missing_folder_and_an_unread_file_only_warn(layers: Layers) -> None:
    usual: Any = Usual
    with pytest.warns(UserWarning, match="does not exist"):
        assert usual(_secrets_dir=layers.folder / "nowhere").page_size == 20

    class Named(Usual):
        model_config = SettingsConfigDict(toml_file=layers.config)

    layers.file("page_size = 30")
    with pytest.warns(UserWarning, match="`toml_file` is set in model_config but will be ignored"):
        assert Named().page_size == 20
