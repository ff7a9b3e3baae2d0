import re

import pytest
from quotas import Account, parse_size


@pytest.mark.parametrize(
    ("text", "size"),
    [
        pytest.param("0 B", 0, id="nothing"),
        pytest.param("7 kB", 7_000, id="kilobytes"),
        pytest.param("3 MB", 3_000_000, id="megabytes"),
        pytest.param("500 GB", 500_000_000_000, id="largest"),
        pytest.param(
            "1 KiB",
            1_024,
            id="binary",
            marks=pytest.mark.xfail(raises=ValueError, strict=True, reason="issue 412"),
        ),
    ],
)
def test_size_is_read(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("", "no size: ''", id="empty"),
        pytest.param("1.5 kB", "no size: '1.5 kB'", id="fraction"),
        pytest.param("-1 kB", "no size: '-1 kB'", id="negative"),
        pytest.param("7 kb", "no unit: 'kb'", id="bits"),
        pytest.param("501 GB", "more than 500000000000 B: '501 GB'", id="too-large"),
    ],
)
def test_size_is_refused_for_its_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(reason)}$"):  # match alone searches
        parse_size(text)


@pytest.fixture
def account(request: pytest.FixtureRequest) -> Account:
    return Account(role=request.param)  # made anew for each case


# Written out again: a table read from the code under test agrees with every mistake in it.
ALLOWED = {
    "viewer read",
    "editor read",
    "editor write",
    "owner read",
    "owner write",
    "owner close",
}


@pytest.mark.parametrize("action", ["read", "write", "close"])
@pytest.mark.parametrize("account", ["viewer", "editor", "owner"], indirect=True)
@pytest.mark.parametrize("suspended", [False, True], ids=["active", "suspended"])
def test_role_decides_and_suspension_leaves_reading(
    account: Account, action: str, *, suspended: bool
) -> None:
    account.suspended = suspended
    expected = f"{account.role} {action}" in ALLOWED and (action == "read" or not suspended)
    assert account.may(action) is expected
