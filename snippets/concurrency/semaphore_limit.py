import asyncio
from collections.abc import Iterable

import aiohttp

# The archive grants us five calls at once: one limit for the process, whoever calls.
archive_calls = asyncio.Semaphore(5)


async def download_invoice(session: aiohttp.ClientSession, number: int) -> bytes:
    async with archive_calls, session.get(f"invoices/{number}.pdf") as answer:
        answer.raise_for_status()
        return await answer.read()  # still inside: the call lasts until its body is read


async def download_invoices(
    session: aiohttp.ClientSession, numbers: Iterable[int]
) -> dict[int, bytes]:
    async with asyncio.TaskGroup() as group:
        tasks = {n: group.create_task(download_invoice(session, n)) for n in numbers}
    return {number: task.result() for number, task in tasks.items()}
