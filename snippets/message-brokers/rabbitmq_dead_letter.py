import logging
import os
from collections.abc import Awaitable, Callable

from aio_pika import connect_robust
from aio_pika.abc import AbstractIncomingMessage
from pydantic import BaseModel, ValidationError

logger = logging.getLogger(__name__)

DEAD_QUEUE = {"x-queue-type": "quorum"}
WORK_QUEUE = {
    "x-queue-type": "quorum",
    "x-delivery-limit": 3,  # after the first delivery
    "x-dead-letter-exchange": "",  # straight to the queue that the routing key names
    "x-dead-letter-routing-key": "invoices.dead",
    # Removed here only when the other queue has confirmed; this needs reject-publish.
    "x-dead-letter-strategy": "at-least-once",
    "x-overflow": "reject-publish",
}


class Invoice(BaseModel):
    number: str
    cents: int


Send = Callable[[Invoice], Awaitable[None]]


async def settle(message: AbstractIncomingMessage, send: Send) -> None:
    try:
        invoice = Invoice.model_validate_json(message.body)
    except ValidationError:
        logger.exception("unreadable message %s", message.message_id)
        await message.reject(requeue=False)  # to the dead letters: no retry will mend it
        return
    try:
        await send(invoice)
    except Exception:
        logger.exception("invoice %s failed", invoice.number)
        # The broker counts it. Since RabbitMQ 4.3 it does not count a nack.
        await message.reject(requeue=True)
    else:
        await message.ack()


async def consume(send: Send) -> None:
    connection = await connect_robust(os.environ["RABBITMQ_URL"])
    async with connection:
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=10)
        await channel.declare_queue("invoices.dead", durable=True, arguments=DEAD_QUEUE)
        queue = await channel.declare_queue("invoices", durable=True, arguments=WORK_QUEUE)
        async with queue.iterator() as messages:
            async for message in messages:
                await settle(message, send)
