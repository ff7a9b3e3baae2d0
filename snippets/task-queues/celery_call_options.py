import os
from datetime import datetime

from celery import Celery
from celery.result import AsyncResult

app = Celery("shop", broker=os.environ["REDIS_URL"], backend=os.environ["REDIS_URL"])
app.conf.update(
    task_default_queue="default",
    task_routes={"shop.build_report": {"queue": "reports"}},
    task_default_priority=6,  # without it every task is 0, which on Valkey and Redis goes first
    result_expires=3600,
)


@app.task(name="shop.send_mail")
def send_mail(template: str, to: str) -> str:
    return f"{template} to {to}"


@app.task(name="shop.build_report")
def build_report(period: str) -> str:
    return f"report of {period}"


def confirm_order(to: str) -> AsyncResult:
    return send_mail.delay("confirmation", to)


def ask_for_review(to: str) -> AsyncResult:
    return send_mail.apply_async(("review", to), countdown=30 * 60)


def announce_sale(to: str, starts: datetime) -> AsyncResult:
    return send_mail.apply_async(("sale", to), eta=starts)


def send_login_code(to: str) -> AsyncResult:
    # Somebody is waiting for it, and after ten minutes nobody is.
    return send_mail.apply_async(("code", to), priority=0, expires=600)


def send_newsletter(to: str) -> AsyncResult:
    return send_mail.apply_async(("newsletter", to), priority=9)


def report_day(day: str) -> AsyncResult:
    return build_report.delay(day)  # by its route: celery worker --queues reports


def report_year(year: str) -> AsyncResult:
    return build_report.apply_async((year,), queue="reports-large")
