import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import taskiq_fastapi
from fastapi import FastAPI, Request
from taskiq import SmartRetryMiddleware, TaskiqDepends, TaskiqScheduler
from taskiq.serializers import JSONSerializer
from taskiq_redis import ListRedisScheduleSource, RedisStreamBroker


class PartnerUnavailableError(Exception):
    pass


redis = os.environ["REDIS_URL"]
later = ListRedisScheduleSource(redis, serializer=JSONSerializer())  # its default is pickle
broker = RedisStreamBroker(
    redis,
    consumer_id="0",  # by default what was sent before the first start of all is skipped
    maxlen=100_000,
    idle_timeout=300_000,
).with_middlewares(
    SmartRetryMiddleware(
        default_delay=1,
        use_delay_exponent=True,
        use_jitter=True,
        schedule_source=later,  # without it nobody waits for the delay
        types_of_exceptions=(httpx2.TransportError, PartnerUnavailableError, TimeoutError),
    )
)
scheduler = TaskiqScheduler(broker, [later])
taskiq_fastapi.init(broker, f"{__name__}:app")  # the worker enters the lifespan of the app


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with httpx2.AsyncClient(base_url=os.environ["PARTNER_URL"], timeout=10) as partner:
        app.state.partner = partner
        if broker.is_worker_process:
            yield
        else:
            await broker.startup()
            yield
            await broker.shutdown()


app = FastAPI(lifespan=lifespan)


def partner_of(request: Request = TaskiqDepends()) -> httpx2.AsyncClient:  # noqa: B008
    client: httpx2.AsyncClient = request.app.state.partner
    return client


@broker.task(retry_on_error=True, max_retries=4, timeout=60)  # four tries, each below idle_timeout
async def send_invoice(
    invoice_id: int,
    partner: httpx2.AsyncClient = TaskiqDepends(partner_of),  # noqa: B008
) -> None:
    key = {"Idempotency-Key": f"invoice-{invoice_id}"}  # it may run twice
    response = await partner.put(f"/invoices/{invoice_id}", headers=key)
    if response.is_server_error:
        raise PartnerUnavailableError(response.status_code)
    response.raise_for_status()


@app.post("/invoices/{invoice_id}/send", status_code=202)
async def send(invoice_id: int) -> dict[str, str]:
    return {"task": (await send_invoice.kiq(invoice_id)).task_id}
