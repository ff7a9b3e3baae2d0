import os

from hypothesis import example, given, settings
from hypothesis import strategies as st
from invoices import format_cents, parse_cents, split

# These two lines move to conftest.py once a second file needs them.
settings.register_profile("nightly", max_examples=5_000, derandomize=False, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", settings.get_current_profile_name()))

amounts = st.integers()  # credit notes are negative


@given(cents=amounts, parts=st.integers(min_value=1, max_value=100))
def test_no_cent_is_lost_and_shares_are_fair(cents: int, parts: int) -> None:
    shares = split(cents, parts)
    assert sum(shares) == cents
    assert len(shares) == parts
    assert max(shares) - min(shares) <= 1


@given(cents=amounts)
@example(cents=-5)  # found once: the sign of less than a whole was lost
def test_printed_amount_is_read_back(cents: int) -> None:
    assert parse_cents(format_cents(cents)) == cents


@given(cents=amounts)
def test_amount_has_two_digits_after_the_point(cents: int) -> None:
    assert len(format_cents(cents).partition(".")[2]) == 2
