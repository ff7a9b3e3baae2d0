import random
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx2
import stamina

UNSENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)
BROKEN_OFF = (httpx2.TimeoutException, httpx2.NetworkError, httpx2.RemoteProtocolError)
PASSING = {429, 502, 503, 504}
IDEMPOTENT = {"GET", "HEAD", "OPTIONS", "PUT", "DELETE"}
LONGEST_WAIT = 10.0


def seconds_asked_for(response: httpx2.Response) -> float:
    value = response.headers.get("Retry-After", "").strip()
    if value.isdecimal():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return 0.0
    return max(0.0, (moment.astimezone(UTC) - datetime.now(UTC)).total_seconds())


def wait_before_retry(error: Exception) -> bool | float:
    if isinstance(error, UNSENT):
        return True
    if not isinstance(error, (*BROKEN_OFF, httpx2.HTTPStatusError)):
        return False
    request = error.request
    if request.method not in IDEMPOTENT and "Idempotency-Key" not in request.headers:
        return False  # it may have been done
    if not isinstance(error, httpx2.HTTPStatusError):
        return True
    if error.response.status_code not in PASSING:
        return False
    seconds = seconds_asked_for(error.response)
    if seconds > LONGEST_WAIT:
        return False  # our caller will not wait that long
    # All clients that were refused are told the same second: spread them.
    return seconds + random.random() if seconds else True  # noqa: S311  # guards nothing


@stamina.retry(on=wait_before_retry, attempts=4, timeout=15.0)
async def send(client: httpx2.AsyncClient, request: httpx2.Request) -> httpx2.Response:
    answer = await client.send(request)
    return answer.raise_for_status()
