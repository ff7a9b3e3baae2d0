"""Only what was sent is changed, null is told from absent, and no hash leaves."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import ModuleType
from typing import Any

import pytest
from pydantic import ConfigDict, ValidationError

CREATED = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)


def account(snippet: ModuleType) -> Any:
    return snippet.Account(
        id=7,
        display_name="Ada",
        credit_limit=Decimal("250.00"),
        note="pays late",
        password_hash="$argon2id$",
        created_at=CREATED,
    )


def errors(refused: pytest.ExceptionInfo[ValidationError]) -> list[tuple[Any, str]]:
    return [(error["loc"][0], error["type"]) for error in refused.value.errors()]


def patched(snippet: ModuleType, **sent: Any) -> Any:
    changed = account(snippet)
    snippet.patch(changed, snippet.AccountPatch.model_validate(sent))
    return changed


def test_account_is_created_from_camel_case(snippet: ModuleType) -> None:
    fields = snippet.AccountCreate.model_validate({"displayName": "Ada", "creditLimit": "9.50"})
    made = snippet.create(fields, 7, "$argon2id$")
    assert (made.id, made.display_name, made.credit_limit) == (7, "Ada", Decimal("9.50"))
    assert (made.note, made.password_hash) == (None, "$argon2id$")
    assert timedelta() <= datetime.now(UTC) - made.created_at < timedelta(minutes=1)


def test_account_starts_without_credit(snippet: ModuleType) -> None:
    assert snippet.AccountCreate.model_validate({"displayName": "Ada"}).credit_limit == 0


@pytest.mark.parametrize("schema", ["AccountCreate", "AccountPatch"])
@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("displayName", "", "string_too_short"),
        ("displayName", "x" * 81, "string_too_long"),
        ("displayName", None, "string_type"),
        ("creditLimit", "-0.01", "greater_than_equal"),
        ("creditLimit", "0.001", "decimal_max_places"),
        ("creditLimit", "100000000.00", "decimal_whole_digits"),
        ("creditLimit", None, "decimal_type"),
        ("display_name", "Ada", "extra_forbidden"),
        ("id", 8, "extra_forbidden"),
        ("passwordHash", "x", "extra_forbidden"),
    ],
)
def test_what_must_not_be_sent_is_refused(
    snippet: ModuleType, schema: str, field: str, value: Any, code: str
) -> None:
    sent = {"displayName": "Ada", field: value}
    with pytest.raises(ValidationError) as refused:
        getattr(snippet, schema).model_validate(sent)
    assert errors(refused) == [(field, code)]


@pytest.mark.parametrize("schema", ["AccountCreate", "AccountPatch"])
def test_values_at_the_limits_are_accepted(snippet: ModuleType, schema: str) -> None:
    sent = {"displayName": "x" * 80, "creditLimit": "99999999.99"}
    assert getattr(snippet, schema).model_validate(sent).credit_limit == Decimal("99999999.99")


def test_create_needs_a_name(snippet: ModuleType) -> None:
    with pytest.raises(ValidationError) as refused:
        snippet.AccountCreate.model_validate({})
    assert errors(refused) == [("displayName", "missing")]


def test_patch_changes_what_was_sent_and_nothing_else(snippet: ModuleType) -> None:
    expected = account(snippet)
    assert patched(snippet) == expected
    expected.display_name = "Ada L."
    assert patched(snippet, displayName="Ada L.") == expected


def test_patch_with_null_clears_the_note(snippet: ModuleType) -> None:
    assert patched(snippet, note=None).note is None
    assert patched(snippet, creditLimit="1.00").note == "pays late"


def test_patch_with_a_value_equal_to_the_default_changes_it(snippet: ModuleType) -> None:
    assert patched(snippet, creditLimit="0").credit_limit == 0
    fields = snippet.AccountPatch.model_validate({"creditLimit": "0"})
    assert fields.model_dump(exclude_defaults=True) == {}  # the change would be lost


def test_patch_without_exclude_unset_would_empty_the_rest(snippet: ModuleType) -> None:
    fields = snippet.AccountPatch.model_validate({"creditLimit": "1.00"})
    assert fields.model_dump() == {
        "displayName": "",
        "creditLimit": Decimal("1.00"),
        "note": None,
    }


def test_accounts_are_written_without_the_hash(snippet: ModuleType) -> None:
    written = snippet.to_json([account(snippet), account(snippet)])
    assert json.loads(written) == 2 * [
        {
            "id": 7,
            "displayName": "Ada",
            "creditLimit": "250.00",
            "note": "pays late",
            "createdAt": "2026-11-21T08:30:00Z",
        }
    ]


def test_naive_time_from_the_database_is_refused(snippet: ModuleType) -> None:
    stored = account(snippet)
    stored.created_at = CREATED.replace(tzinfo=None)
    with pytest.raises(ValidationError) as refused:
        snippet.AccountRead.model_validate(stored)
    assert errors(refused) == [("created_at", "timezone_aware")]


def test_attributes_are_read_by_alias_unless_names_are_allowed(snippet: ModuleType) -> None:
    class ByAlias(snippet.Schema):  # type: ignore[name-defined,misc]
        model_config = ConfigDict(from_attributes=True)
        display_name: str

    with pytest.raises(ValidationError) as refused:
        ByAlias.model_validate(account(snippet))
    assert errors(refused) == [("displayName", "missing")]
