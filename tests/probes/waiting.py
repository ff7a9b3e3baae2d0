"""Wait for a condition instead of a time."""

import time
from collections.abc import Callable


def wait_until(holds: Callable[[], bool], seconds: float) -> bool:
    """Return True as soon as the condition holds, False if it did not within the seconds."""
    deadline = time.monotonic() + seconds
    while not (held := holds()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return held
