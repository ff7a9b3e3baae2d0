import asyncio
import logging
import os
import signal

import httpx2
from redis.asyncio import Redis

GRACE = float(os.environ.get("GRACE_SECONDS", "20"))  # less than the platform's 30 s to SIGKILL
logger = logging.getLogger(__name__)


async def send_reminder(mail: httpx2.AsyncClient, invoice: str) -> None:
    headers = {"Idempotency-Key": f"reminder-{invoice}"}  # a job may run twice
    answer = await mail.post("reminders", json={"invoice": invoice}, headers=headers)
    answer.raise_for_status()


async def work(queue: Redis, mail: httpx2.AsyncClient, stopping: asyncio.Event) -> None:
    while not stopping.is_set():
        # Moved, not popped: after a crash the job is still in the second list.
        job = await queue.blmove("reminders", "reminders:running", 1, "LEFT", "RIGHT")
        if not isinstance(job, str):  # None: nothing came within a second
            continue
        await send_reminder(mail, job)
        await queue.lrem("reminders:running", 1, job)
        logger.info("Sent %s", job)


async def main() -> None:
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()
    mail = httpx2.AsyncClient(base_url=os.environ["MAIL_URL"], timeout=15)
    queue = Redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
    async with mail, queue:
        worker = asyncio.create_task(work(queue, mail, stopping))

        def stop() -> None:
            logger.info("Stopping after the job in hand")
            stopping.set()
            loop.call_later(GRACE, worker.cancel)

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop)
        await worker


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    asyncio.run(main())
