import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from celery import Celery
from celery.signals import worker_process_init, worker_process_shutdown
from fastapi import FastAPI
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.celery import CeleryInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

queue = Celery("shop", broker=os.environ["REDIS_URL"])
queue.conf.task_ignore_result = True


def trace_as(service: str) -> TracerProvider:
    provider = TracerProvider(resource=Resource.create({"service.name": service}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    # On both sides: one writes traceparent into the message's headers, the other reads it.
    CeleryInstrumentor().instrument()
    return provider


@worker_process_init.connect(weak=False)
def begin(**_: object) -> None:
    provider = trace_as("shop-worker")  # after the fork: the thread that sends must live here

    @worker_process_shutdown.connect(weak=False)
    def end(**_: object) -> None:
        provider.shutdown()  # pool processes end without atexit


@queue.task
def send_invoice(order_id: int) -> None:
    trace.get_current_span().set_attribute("shop.order.id", order_id)
    if order_id < 1:
        message = f"no order {order_id}"
        raise LookupError(message)


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    provider = trace_as("shop-api")
    yield
    provider.shutdown()


app = FastAPI(lifespan=lifespan)


@app.post("/orders/{order_id}/invoice", status_code=202)
def ask_for_invoice(order_id: int) -> None:  # not async: sending to the broker blocks
    send_invoice.delay(order_id)
