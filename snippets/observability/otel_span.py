import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
from fastapi import FastAPI
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.propagate import inject
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, StatusCode

tracer = trace.get_tracer("shop.payments")


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    # Here and not on import: a thread sends the spans, and a fork would not bring it along.
    provider = TracerProvider(
        resource=Resource.create({"service.name": "shop", "service.version": os.environ["RELEASE"]})
    )
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))  # OTEL_EXPORTER_OTLP_*
    trace.set_tracer_provider(provider)  # FastAPI's own spans go there too
    yield
    provider.shutdown()  # sends what waits; Uvicorn dies of the signal, and no atexit runs


async def charge(order_id: int, cents: int) -> str:
    with tracer.start_as_current_span("charge card", kind=SpanKind.CLIENT) as span:
        span.set_attributes({"shop.order.id": order_id, "shop.payment.cents": cents})
        headers: dict[str, str] = {}
        inject(headers)  # traceparent: the spans of the card service join this trace
        try:
            async with httpx2.AsyncClient(base_url=os.environ["CARDS_URL"]) as cards:
                answer = await cards.post(
                    "/charges", json={"cents": cents}, headers=headers, timeout=2
                )
        except httpx2.TimeoutException as error:
            span.record_exception(error)  # caught, so nobody else would
            span.set_status(StatusCode.ERROR, "no answer in time")
            return "pending"
        span.set_attribute("http.response.status_code", answer.status_code)
        answer.raise_for_status()  # what leaves the block is recorded, and makes it an error
        return "paid"


app = FastAPI(lifespan=lifespan)


@app.post("/orders/{order_id}/payment")
async def pay(order_id: int, cents: int) -> dict[str, str]:
    return {"status": await charge(order_id, cents)}
