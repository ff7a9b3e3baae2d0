from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")


def ends_at(started: datetime, days: int = 14) -> datetime:
    return started + timedelta(days=days)


def is_over(started: datetime) -> bool:
    return datetime.now(UTC) >= ends_at(started)


def invoice_date() -> str:
    return datetime.now(BERLIN).date().isoformat()  # the day where the company is, not in UTC
