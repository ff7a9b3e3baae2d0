import json
import logging
import os
from asyncio import Event
from collections.abc import Awaitable, Callable
from typing import Any

import nats
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import ConsumerConfig, StreamConfig

logger = logging.getLogger(__name__)

RETRY_PAUSE = 5.0
FETCH_TIMEOUT = 1.0
STREAM = StreamConfig(name="SHIPMENTS", subjects=["shipments.>"], max_age=7 * 24 * 3600)
CONSUMER = ConsumerConfig(
    durable_name="labels",
    filter_subject="shipments.created",
    ack_wait=60.0,  # longer than the slowest handler, or somebody else gets it as well
    max_deliver=5,  # for ever by default
)

Handle = Callable[[dict[str, Any]], Awaitable[None]]


async def publish_created(jetstream: JetStreamContext, shipment_id: int) -> None:
    """Return once the stream has it; sent again within two minutes it is stored once."""
    await jetstream.publish(
        "shipments.created",
        json.dumps({"shipment_id": shipment_id}).encode(),
        headers={"Nats-Msg-Id": f"shipment-{shipment_id}-created"},
    )


async def settle(message: Msg, handle: Handle) -> None:
    try:
        shipment = json.loads(message.data)
    except ValueError:
        logger.exception("unreadable message %d", message.metadata.sequence.stream)
        await message.term()  # no retry will mend it
        return
    try:
        await handle(shipment)
    except Exception:
        logger.exception("shipment %s failed", shipment)
        await message.nak(delay=RETRY_PAUSE)
    else:
        await message.ack_sync()


async def consume(handle: Handle, stop: Event) -> None:
    client = await nats.connect(os.environ["NATS_URL"], max_reconnect_attempts=-1)
    try:
        jetstream = client.jetstream()
        await jetstream.add_stream(STREAM)
        await jetstream.add_consumer("SHIPMENTS", CONSUMER)  # pull_subscribe would not update it
        subscription = await jetstream.pull_subscribe_bind("labels", "SHIPMENTS")
        while not stop.is_set():
            try:
                messages = await subscription.fetch(10, timeout=FETCH_TIMEOUT)
            except TimeoutError:  # nothing came; not always nats.errors.TimeoutError
                continue
            for message in messages:
                await settle(message, handle)
    finally:
        await client.close()
