from httpx2 import AsyncBaseTransport, AsyncClient, TransportError


class CarrierDownError(Exception):
    pass


def carrier_client(token: str, transport: AsyncBaseTransport | None = None) -> AsyncClient:
    headers = {"Authorization": f"Bearer {token}"}
    return AsyncClient(base_url="https://carrier.example.com", headers=headers, transport=transport)


async def buy_label(client: AsyncClient, order: str, grams: int) -> str:
    try:
        answer = await client.post("/labels", json={"order": order, "grams": grams})
        if answer.status_code == 409:  # bought before, perhaps by a try whose answer was lost
            answer = await client.get(answer.headers["Location"])
    except TransportError as error:
        raise CarrierDownError from error
    tracking: str = answer.raise_for_status().json()["tracking"]
    return tracking
