import os
import time

import httpx2
from huey import CancelExecution, RedisExpireHuey, crontab
from huey.serializer import SignedSerializer

huey = RedisExpireHuey(
    "billing",
    url=os.environ["REDIS_URL"],
    expire_time=3600,  # RedisHuey keeps each result until it is read
    store_intermediate_errors=False,  # whoever waits hears of the last try only
    # Tasks are pickled: without a signature, whoever can write to this server runs code here.
    serializer=SignedSerializer(secret=os.environ["HUEY_SECRET"]),
)
store = huey.storage.conn  # a client of redis-py

UNSENT = "invoices:unsent"
OVERDUE = 900  # seconds; longer than all tries and their pauses take


class PartnerUnavailableError(Exception):
    pass


@huey.task(retries=5, retry_delay=2, retry_backoff=3, timeout=30)  # pauses of 2, 6, 18, 54, 162 s
def send_invoice(invoice_id: int) -> str:
    response = httpx2.put(
        f"{os.environ['PARTNER_URL']}/invoices/{invoice_id}",
        headers={"Idempotency-Key": f"invoice-{invoice_id}"},  # it may run twice
        timeout=10,
    )
    if response.is_server_error:
        raise PartnerUnavailableError(response.status_code)
    store.zrem(UNSENT, invoice_id)
    if response.is_client_error:
        # Huey tries again after any other exception; the same request would be refused again.
        refusal = f"refused with {response.status_code}"
        raise CancelExecution(refusal, retry=False)
    return response.text


def enqueue_invoice(invoice_id: int) -> str:
    # Written down first: a killed worker takes the task it runs with it.
    store.zadd(UNSENT, {str(invoice_id): time.time()})
    return str(send_invoice(invoice_id).id)


@huey.periodic_task(crontab(minute="*"))
def resend_lost_invoices() -> None:
    for invoice_id in store.zrange(UNSENT, 0, time.time() - OVERDUE, byscore=True):
        enqueue_invoice(int(invoice_id))
