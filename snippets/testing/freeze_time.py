import asyncio
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from trials import invoice_date, is_over

time_machine.naive_mode = time_machine.NaiveMode.ERROR  # a time without a zone is refused
START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_trial_lasts_to_the_second() -> None:
    with time_machine.travel(START, tick=False) as traveller:
        started = datetime.now(UTC)
        traveller.shift(timedelta(days=14, seconds=-1))
        assert not is_over(started)
        traveller.shift(timedelta(seconds=1))
        assert is_over(started)


@pytest.mark.parametrize(
    ("now", "date"),
    [
        pytest.param("2026-12-31T22:59:59+00:00", "2026-12-31", id="winter-before-midnight"),
        pytest.param("2026-12-31T23:00:00+00:00", "2027-01-01", id="winter-midnight"),
        pytest.param("2026-06-30T22:00:00+00:00", "2026-07-01", id="summer-midnight"),
    ],
)
def test_invoice_bears_the_date_of_berlin(now: str, date: str) -> None:
    with time_machine.travel(datetime.fromisoformat(now), tick=False):
        assert invoice_date() == date


def test_event_loop_goes_on_while_the_clock_stands_still() -> None:
    async def seen() -> timedelta:
        before = datetime.now(UTC)
        async with asyncio.timeout(5):
            await asyncio.sleep(0.01)
        return datetime.now(UTC) - before

    with time_machine.travel(START, tick=False):
        assert asyncio.run(seen()) == timedelta(0)
