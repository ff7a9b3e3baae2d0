import os

from celery import Celery, chain, chord, group
from celery.app.task import Context
from celery.result import AsyncResult, GroupResult
from celery.utils.log import get_task_logger

logger = get_task_logger(__name__)
app = Celery("billing", broker=os.environ["REDIS_URL"], backend=os.environ["REDIS_URL"])
app.conf.result_expires = 2 * 86400  # a chord that waits longer for one task never ends

TOTALS = {"2026-09": 120, "2026-10": 95, "2026-11": 130}


@app.task(name="billing.load_total")
def load_total(month: str) -> int:
    return TOTALS[month]


@app.task(name="billing.add_up")
def add_up(totals: list[int]) -> int:
    return sum(totals)


@app.task(name="billing.with_tax")
def with_tax(total: int, percent: int) -> float:
    return total * (100 + percent) / 100


@app.task(name="billing.tell_failure")
def tell_failure(request: Context, error: Exception, _traceback: str | None) -> None:
    logger.error("No report by %s: %s", request.id, error)


def month_with_tax(month: str) -> AsyncResult:
    # Each task gets the result of the one before as its first argument.
    return chain(load_total.s(month), with_tax.s(percent=19)).delay()


def totals_of(months: list[str]) -> GroupResult:
    return group(load_total.s(month) for month in months).delay()


def report(months: list[str]) -> AsyncResult:
    header = [load_total.s(month) for month in months]
    # add_up runs once, after all of them; if one fails, tell_failure in its place.
    return chord(header)(add_up.s().on_error(tell_failure.s()))
