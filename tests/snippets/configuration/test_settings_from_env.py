"""Bad settings stop the start with all names in one message and no value; good ones are typed."""

from types import ModuleType
from typing import Any

import pytest
from pydantic import ValidationError

URL = "postgresql://shop:geheim@db.example.com/shop"
KEY = "sk_live_4242"
GOOD = {"SHOP_DATABASE__URL": URL, "SHOP_PAYMENT_KEY": KEY}


def load(monkeypatch: pytest.MonkeyPatch, snippet: ModuleType, **env: str) -> Any:
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    return snippet.load_settings()


def refusal(monkeypatch: pytest.MonkeyPatch, snippet: ModuleType, **env: str) -> str:
    with pytest.raises(SystemExit) as stopped:
        load(monkeypatch, snippet, **env)
    message = stopped.value.code
    assert isinstance(message, str)
    assert "geheim" not in message
    assert KEY not in message
    return message


def test_required_settings_suffice(snippet: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, snippet, **GOOD)
    assert str(settings.database.url.get_secret_value()) == URL
    assert settings.payment_key.get_secret_value() == KEY
    assert (settings.database.pool_size, settings.allowed_origins) == (5, ())
    assert settings.log_level == "INFO"


def test_every_setting_has_its_variable(
    snippet: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    env = {
        **GOOD,
        "shop_database__pool_size": "50",
        "SHOP_ALLOWED_ORIGINS": "https://a.example,https://b.example",
        "SHOP_LOG_LEVEL": "DEBUG",
    }
    settings = load(monkeypatch, snippet, **env)
    assert settings.database.pool_size == 50
    assert settings.allowed_origins == ("https://a.example", "https://b.example")
    assert settings.log_level == "DEBUG"


def test_all_that_is_missing_is_named_at_once(
    snippet: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = refusal(monkeypatch, snippet)
    assert message.startswith("Configuration: 2 validation errors for Settings\ndatabase\n")
    assert "\npayment_key\n" in message


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SHOP_DATABASE__POOL_SIZE", "0", "greater than or equal to 1"),
        ("SHOP_DATABASE__POOL_SIZE", "51", "less than or equal to 50"),
        ("SHOP_DATABASE__POOL_SIZE", "many", "valid integer"),
        ("SHOP_DATABASE__POOLSIZE", "9", "Extra inputs are not permitted"),
        ("SHOP_DATABASE__URL", "mysql://shop:geheim@db.example.com", "URL scheme"),
        ("SHOP_DATABASE", "{geheim", 'parsing value for field "database"'),
        ("SHOP_LOG_LEVEL", "LOUD", "'DEBUG', 'INFO', 'WARNING' or 'ERROR'"),
    ],
)
def test_wrong_value_stops_the_start(
    snippet: ModuleType, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    assert said in refusal(monkeypatch, snippet, **{**GOOD, name: value})


def test_missing_secret_does_not_print_the_other(
    snippet: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "payment_key" in refusal(monkeypatch, snippet, SHOP_DATABASE__URL=URL)
    monkeypatch.delenv("SHOP_DATABASE__URL")
    assert "database" in refusal(monkeypatch, snippet, SHOP_PAYMENT_KEY=KEY)


def test_without_hiding_the_other_secret_is_printed(
    snippet: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = {"model_config": {"hide_input_in_errors": False}}
    talkative: Any = type("Talkative", (snippet.Settings,), shown)
    monkeypatch.setenv("SHOP_PAYMENT_KEY", KEY)
    with pytest.raises(ValidationError, match=KEY):
        talkative()
    with pytest.raises(ValidationError) as hidden:
        snippet.Settings()
    assert hidden.value.errors()[0]["input"] == {"payment_key": KEY}


def test_printed_settings_hold_no_secret(
    snippet: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load(monkeypatch, snippet, **GOOD)
    shown = f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"
    assert "geheim" not in shown
    assert KEY not in shown


def test_empty_variable_is_as_good_as_none(
    snippet: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = {"SHOP_DATABASE__POOL_SIZE": "", "SHOP_LOG_LEVEL": "", "SHOP_ALLOWED_ORIGINS": ""}
    settings = load(monkeypatch, snippet, **GOOD, **empty)
    assert (settings.database.pool_size, settings.log_level) == (5, "INFO")
    assert settings.allowed_origins == ()
    monkeypatch.setenv("SHOP_PAYMENT_KEY", "")
    assert "payment_key" in refusal(monkeypatch, snippet)


def test_misspelt_name_outside_a_group_goes_unnoticed(
    snippet: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load(monkeypatch, snippet, **GOOD, SHOP_LOGLEVEL="DEBUG").log_level == "INFO"


def test_settings_do_not_change(snippet: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, snippet, **GOOD)
    with pytest.raises(ValidationError, match="frozen"):
        settings.log_level = "DEBUG"


def test_origins_may_be_given_in_code(snippet: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    load(monkeypatch, snippet, **GOOD)
    assert snippet.Settings(allowed_origins=("https://a.example",)).allowed_origins
