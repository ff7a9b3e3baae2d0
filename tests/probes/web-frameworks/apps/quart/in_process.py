"""Call a handler with Quart's test client."""

import asyncio

from app import app


async def main() -> None:
    """Print the answer."""
    answer = await app.test_client().get("/quick")
    print(await answer.get_data(as_text=True))


asyncio.run(main())
