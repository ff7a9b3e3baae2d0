import os

import httpx2
from procrastinate import App, PsycopgConnector, RetryStrategy
from psycopg import AsyncConnection

app = App(
    connector=PsycopgConnector(conninfo=os.environ["DATABASE_URL"]),
    worker_defaults={"delete_jobs": "successful"},  # by default they are kept for ever
)


class PartnerUnavailableError(Exception):
    pass


@app.task(
    retry=RetryStrategy(
        max_attempts=6,
        exponential_wait=3,  # 3, 9, 27 … 729 seconds
        retry_exceptions=(httpx2.TransportError, PartnerUnavailableError),
    )
)
async def send_invoice(invoice_id: int) -> None:
    url = f"{os.environ['PARTNER_URL']}/invoices/{invoice_id}"
    async with httpx2.AsyncClient(timeout=10) as client:
        # It may run twice: after a retry, or when its worker is killed.
        answer = await client.put(url, headers={"Idempotency-Key": f"invoice-{invoice_id}"})
    if answer.is_server_error:
        raise PartnerUnavailableError(answer.status_code)
    answer.raise_for_status()


async def create_invoice(connection: AsyncConnection, customer: str, cents: int) -> int:
    async with connection.transaction():
        cursor = await connection.execute(
            "INSERT INTO invoices (customer, cents) VALUES (%s, %s) RETURNING id", (customer, cents)
        )
        [(invoice_id,)] = await cursor.fetchall()
        # On our connection: the job is there if, and only if, the invoice is.
        await send_invoice.configure(connection=connection).defer_async(invoice_id=invoice_id)
    return int(invoice_id)


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="rescue_stalled_jobs")
async def rescue_stalled_jobs(timestamp: int) -> None:
    # Nobody else gives the jobs of a killed worker to another one.
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=60):
        await app.job_manager.retry_job(job)
