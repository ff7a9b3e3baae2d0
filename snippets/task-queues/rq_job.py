import os

import httpx2
from redis import Redis
from rq import Queue, Retry
from rq.serializers import JSONSerializer

# With the default, pickle, whoever can write to this server runs code in the worker.
queue = Queue("mail", connection=Redis.from_url(os.environ["REDIS_URL"]), serializer=JSONSerializer)


class PartnerUnavailableError(Exception):
    pass


def send_invoice(invoice_id: int) -> str:
    response = httpx2.put(
        f"{os.environ['PARTNER_URL']}/invoices/{invoice_id}",
        headers={"Idempotency-Key": f"invoice-{invoice_id}"},  # it may run twice
        timeout=10,
    )
    if response.is_client_error:
        # RQ tries again after any exception; the same request would be refused again.
        return f"refused with {response.status_code}"
    if response.is_server_error:
        raise PartnerUnavailableError(response.status_code)
    return response.text


def enqueue_invoice(invoice_id: int) -> str:
    job = queue.enqueue(
        send_invoice,
        invoice_id,
        job_timeout=30,
        retry=Retry(max=4, interval=[2, 30, 300, 3600]),
        ttl=86_400,  # not started within a day: dropped
        result_ttl=3600,
        failure_ttl=604_800,
    )
    return job.id
