import os
from datetime import timedelta

from celery import Celery
from celery.schedules import crontab

app = Celery("shop", broker=os.environ["REDIS_URL"])
app.conf.update(
    timezone="UTC",  # no hour comes twice or not at all when clocks change
    beat_cron_starting_deadline=3600,  # a crontab run that is missed by more is left out
    beat_schedule={
        "expire-carts": {
            "task": "shop.expire_carts",
            "schedule": timedelta(minutes=5),
            # A worker that was away runs the newest of those that wait, not all of them.
            "options": {"expires": 300},
        },
        "send-reminders": {
            "task": "shop.send_reminders",
            "schedule": crontab(minute=30, hour=6, day_of_week="mon-fri"),
            "kwargs": {"days_overdue": 14},
        },
        "close-month": {
            "task": "shop.close_month",
            "schedule": crontab(minute=0, hour=0, day_of_month=1),
        },
    },
)


@app.task(name="shop.expire_carts")
def expire_carts() -> str:
    return "carts expired"


@app.task(name="shop.send_reminders")
def send_reminders(days_overdue: int) -> str:
    return f"reminded of what is {days_overdue} days overdue"


@app.task(name="shop.close_month")
def close_month() -> str:
    return "month closed"


# One such process, and its state on a disk that outlives it:
# celery -A celery_beat beat --schedule /var/lib/shop/beat
