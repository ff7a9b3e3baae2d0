"""Call a handler with aiohttp's mocked request.

Its `TestClient` runs a real server on a port; this is what aiohttp has without one.
"""

import asyncio

from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from app import app


async def main() -> None:
    """Print the answer."""
    request = make_mocked_request("GET", "/quick", app=app)
    match = await app.router.resolve(request)
    answer = await match.handler(request)
    assert isinstance(answer, web.Response)
    print(answer.text)


asyncio.run(main())
