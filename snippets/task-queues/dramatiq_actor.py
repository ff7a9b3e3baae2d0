import os

import dramatiq
import httpx2
from dramatiq.brokers.redis import RedisBroker

broker = RedisBroker(
    url=os.environ["REDIS_URL"],
    # Of a million commands so many look for jobs of dead workers; 1000 by default.
    maintenance_chance=100_000,
)
dramatiq.set_broker(broker)


class PartnerUnavailableError(Exception):
    pass


@dramatiq.actor(
    max_retries=8,  # 20 by default, over days
    min_backoff=2_000,  # milliseconds, as all times here
    max_backoff=600_000,
    max_age=3_600_000,  # what has waited for longer is not tried any more
    time_limit=30_000,
    throws=httpx2.HTTPStatusError,  # 4xx: the same request would fail again
    on_retry_exhausted="report_unsent_invoice",
)
def send_invoice(invoice_id: int) -> None:
    response = httpx2.put(
        f"{os.environ['PARTNER_URL']}/invoices/{invoice_id}",
        # It may run twice: acknowledged when it is done, not before.
        headers={"Idempotency-Key": f"invoice-{invoice_id}"},
        timeout=10,
    )
    if response.is_server_error:
        raise PartnerUnavailableError(response.status_code)
    response.raise_for_status()


@dramatiq.actor(max_retries=3)
def report_unsent_invoice(message: dict[str, object], _outcome: dict[str, object]) -> None:
    httpx2.post(os.environ["ALERT_URL"], json={"unsent": message["args"]}).raise_for_status()
