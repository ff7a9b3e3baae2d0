import os

import httpx2
from celery import Celery
from celery.exceptions import SoftTimeLimitExceeded

app = Celery("billing", broker=os.environ["REDIS_URL"], backend=os.environ["REDIS_URL"])
app.conf.update(
    worker_prefetch_multiplier=1,  # what waits stays in the broker, for whichever worker is free
    # Longer than a task and than a pause before a retry, or the message is delivered twice.
    broker_transport_options={"visibility_timeout": 300},
)


class PartnerUnavailableError(Exception):
    pass


@app.task(
    acks_late=True,  # acknowledged when it is done: a killed worker does not lose it
    retry_on_worker_lost=True,  # a killed pool process counts as a failed try
    default_retry_delay=3,
    autoretry_for=(httpx2.TransportError, PartnerUnavailableError, SoftTimeLimitExceeded),
    max_retries=8,
    retry_backoff=1,
    retry_backoff_max=60,
    retry_jitter=True,
    soft_time_limit=30,
    time_limit=40,
)
def send_invoice(invoice_id: int) -> str:
    response = httpx2.put(
        f"{os.environ['PARTNER_URL']}/invoices/{invoice_id}",
        # The task may run twice; the partner books an invoice once for each key.
        headers={"Idempotency-Key": f"invoice-{invoice_id}"},
        timeout=10,
    )
    if response.is_server_error:
        raise PartnerUnavailableError(response.status_code)
    response.raise_for_status()  # 4xx: the same request would fail again
    return response.text
