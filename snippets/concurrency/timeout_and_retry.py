import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence

logger = logging.getLogger(__name__)


async def with_retries[T](
    call: Callable[[], Awaitable[T]],
    *,
    on: tuple[type[Exception], ...] = (ConnectionError, TimeoutError),
    pauses: Sequence[float] = (0.2, 0.4, 0.8),  # one call more than there are pauses
    timeout: float = 2.0,  # noqa: ASYNC109  # of one call
    deadline: float = 6.0,  # of all calls and pauses together
) -> T:
    async def once() -> T:
        async with asyncio.timeout(timeout):
            return await call()

    async with asyncio.timeout(deadline):
        for longest in pauses:
            try:
                return await once()
            except on as error:  # CancelledError is no Exception and passes
                pause = random.uniform(0, longest)  # noqa: S311  # spreads load, guards nothing
                logger.warning("Retry in %.2f s after %r", pause, error)
            await asyncio.sleep(pause)
        return await once()
