"""A token is accepted for five minutes by the one it is for, and every other token is refused."""

import secrets
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

import jwt
import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.exceptions import InvalidSubjectError

from tests.snippets.loading import loaded, snippet_path

KEY = secrets.token_urlsafe(32)
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
FIVE_MINUTES = timedelta(minutes=5)
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JWT_KEY", KEY)


def claims(**changed: Any) -> dict[str, Any]:
    """Give claims that are accepted at noon, changed; `None` leaves a claim out."""
    good = {
        "iss": "https://accounts.example.com",
        "aud": "https://invoices.example.com",
        "sub": "42",
        "iat": NOON,
        "exp": NOON + FIVE_MINUTES,
        "jti": "7f0c",
    }
    return {name: value for name, value in {**good, **changed}.items() if value is not None}


def verify_at(time: datetime, snippet: ModuleType, token: str) -> dict[str, Any]:
    with time_machine.travel(time, tick=False):
        return snippet.verify(token)


def test_issued_token_names_account_and_scopes(snippet: ModuleType) -> None:
    with time_machine.travel(NOON, tick=False):
        token = snippet.issue(42, ["invoices:read", "invoices:write"])
    noon = int(NOON.timestamp())
    got = verify_at(NOON, snippet, token)
    assert len(got.pop("jti")) == 36
    assert got == {
        "iss": "https://accounts.example.com",
        "aud": "https://invoices.example.com",
        "sub": "42",
        "iat": noon,
        "exp": noon + 300,
        "scope": "invoices:read invoices:write",
    }
    assert jwt.get_unverified_header(token)["alg"] == "HS256"


def test_each_token_has_an_id_of_its_own(snippet: ModuleType) -> None:
    first, second = (snippet.verify(snippet.issue(42, [])) for _ in range(2))
    assert first["jti"] != second["jti"]


def test_clocks_may_differ_by_ten_seconds(snippet: ModuleType) -> None:
    token = jwt.encode(claims(), KEY, "HS256")
    assert verify_at(NOON - 10 * SECOND, snippet, token)["sub"] == "42"
    assert verify_at(NOON + FIVE_MINUTES + 9 * SECOND, snippet, token)["sub"] == "42"
    with pytest.raises(jwt.ImmatureSignatureError):
        verify_at(NOON - 11 * SECOND, snippet, token)
    with pytest.raises(jwt.ExpiredSignatureError):
        verify_at(NOON + FIVE_MINUTES + 10 * SECOND, snippet, token)


@pytest.mark.parametrize("claim", ["iss", "aud", "sub", "iat", "exp", "jti"])
def test_token_without_a_required_claim_is_refused(snippet: ModuleType, claim: str) -> None:
    token = jwt.encode(claims(**{claim: None}), KEY, "HS256")
    with pytest.raises(jwt.MissingRequiredClaimError) as refused:
        verify_at(NOON, snippet, token)
    assert refused.value.claim == claim


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        pytest.param({"iss": "https://evil.example"}, jwt.InvalidIssuerError, id="issuer"),
        pytest.param(
            {"aud": "https://orders.example.com"}, jwt.InvalidAudienceError, id="audience"
        ),
        pytest.param({"sub": 42}, InvalidSubjectError, id="number as subject"),
    ],
)
def test_wrong_claim_is_refused(
    snippet: ModuleType, changed: dict[str, Any], error: type[jwt.InvalidTokenError]
) -> None:
    token = jwt.encode(claims(**changed), KEY, "HS256")
    with pytest.raises(error):
        verify_at(NOON, snippet, token)


def test_foreign_signature_is_refused(snippet: ModuleType) -> None:
    token = jwt.encode(claims(), secrets.token_urlsafe(32), "HS256")
    with pytest.raises(jwt.InvalidSignatureError):
        verify_at(NOON, snippet, token)


def test_token_does_not_choose_the_algorithm(snippet: ModuleType) -> None:
    longer = jwt.encode(claims(), KEY + KEY, "HS512")
    unsigned = jwt.encode(claims(), "", "none")
    for token in (longer, unsigned):
        with pytest.raises(jwt.InvalidAlgorithmError):
            verify_at(NOON, snippet, token)


def test_text_that_is_no_token_is_refused(snippet: ModuleType) -> None:
    with pytest.raises(jwt.InvalidTokenError):
        snippet.verify("42")


def test_short_key_signs_and_checks_nothing(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JWT_KEY", "changeme")
    with loaded(snippet_path(request.path)) as module:
        with pytest.raises(jwt.InvalidKeyError, match="below the minimum"):
            module.issue(42, [])
        with pytest.raises(jwt.InvalidKeyError, match="below the minimum"):
            module.verify(jwt.encode(claims(), KEY, "HS256"))


def test_public_key_is_no_secret(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    monkeypatch.setenv("JWT_KEY", pem.decode())
    with (
        loaded(snippet_path(request.path)) as module,
        pytest.raises(jwt.InvalidKeyError, match="asymmetric"),
    ):
        module.issue(42, [])


def test_bare_decode_accepts_a_token_for_ever_and_from_anyone() -> None:
    """What goes_wrong says of PyJWT's defaults: only the signature is demanded."""
    token = jwt.encode({"sub": "42", "iss": "https://evil.example"}, KEY, "HS256")
    assert jwt.decode(token, KEY, algorithms=["HS256"])["sub"] == "42"


def test_list_of_audiences_with_ours_is_accepted(snippet: ModuleType) -> None:
    both = ["https://orders.example.com", "https://invoices.example.com"]
    token = jwt.encode(claims(aud=both), KEY, "HS256")
    assert verify_at(NOON, snippet, token)["aud"] == both
