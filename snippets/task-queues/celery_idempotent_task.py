import os

import psycopg
from celery import Celery

app = Celery("billing", broker=os.environ["REDIS_URL"])

TABLES = """
    CREATE TABLE accounts (id bigint PRIMARY KEY, balance bigint NOT NULL);
    CREATE TABLE booked_payments (
        payment_id text PRIMARY KEY,
        booked_at timestamptz NOT NULL DEFAULT now()
    );
"""


class UnknownAccountError(Exception):
    pass


@app.task(
    name="billing.book_payment",
    acks_late=True,
    autoretry_for=(psycopg.OperationalError,),
    retry_backoff=True,
)
def book_payment(payment_id: str, account_id: int, amount: int) -> bool:
    # Key and effect in one transaction: both are there at its end, or neither.
    with psycopg.connect(os.environ["DATABASE_URL"], connect_timeout=5) as connection:
        first = connection.execute(
            # A second run waits here until the first has committed or rolled back.
            "INSERT INTO booked_payments (payment_id) VALUES (%s) ON CONFLICT DO NOTHING",
            (payment_id,),
        )
        if first.rowcount == 0:
            return False
        booked = connection.execute(
            "UPDATE accounts SET balance = balance + %s WHERE id = %s", (amount, account_id)
        )
        if booked.rowcount == 0:
            raise UnknownAccountError(account_id)
    return True
