"""Wait for a condition instead of sleeping for a guess."""

import time
from collections.abc import Callable


def wait_for(condition: Callable[[], object], *, seconds: float) -> None:
    """Return once the condition holds; `TimeoutError` when it never does."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            message = f"{condition} did not hold within {seconds} s"
            raise TimeoutError(message)
        time.sleep(0.02)
