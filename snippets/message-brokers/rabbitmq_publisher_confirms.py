import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aio_pika import DeliveryMode, ExchangeType, Message, connect_robust
from aio_pika.abc import AbstractExchange

CONFIRM_TIMEOUT = 10.0
# Replicated, flushed to disk before the confirm, and a full queue says so to the publisher.
BILLING_QUEUE = {
    "x-queue-type": "quorum",
    "x-max-length": 100_000,
    "x-overflow": "reject-publish",
}


@asynccontextmanager
async def order_events() -> AsyncIterator[AbstractExchange]:
    connection = await connect_robust(os.environ["RABBITMQ_URL"])
    async with connection:
        # Without on_return_raises an unroutable message is a return value that nobody looks at.
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        exchange = await channel.declare_exchange("orders", ExchangeType.TOPIC, durable=True)
        queue = await channel.declare_queue("billing", durable=True, arguments=BILLING_QUEUE)
        await queue.bind(exchange, "order.paid")
        yield exchange


async def publish_paid(orders: AbstractExchange, order_id: int, cents: int) -> None:
    """Return once the broker has stored it; otherwise raise, and it may be stored all the same."""
    await orders.publish(
        Message(
            json.dumps({"order_id": order_id, "cents": cents}).encode(),
            content_type="application/json",
            delivery_mode=DeliveryMode.PERSISTENT,
            # The same when it is sent again, so that a consumer can tell.
            message_id=f"order-{order_id}-paid",
        ),
        routing_key="order.paid",
        mandatory=True,
        timeout=CONFIRM_TIMEOUT,
    )
