import json
from collections.abc import AsyncIterator, Iterator

import pytest
from httpx2 import AsyncClient, HTTPStatusError, MockTransport, ReadTimeout, Request, Response
from shipping import CarrierDownError, buy_label, carrier_client

pytestmark = pytest.mark.anyio
LABEL = Response(201, json={"tracking": "JD014"})


class Carrier:
    def __init__(self) -> None:
        self.answers: list[Response | Exception] = []
        self.asked: list[Request] = []

    def __call__(self, request: Request) -> Response:
        self.asked.append(request)
        answer = self.answers.pop(0)  # more requests than answers end with an IndexError
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def carrier() -> Iterator[Carrier]:
    carrier = Carrier()
    yield carrier
    assert carrier.answers == []  # the transport does not mind an answer that nobody asked for


@pytest.fixture
async def client(carrier: Carrier) -> AsyncIterator[AsyncClient]:
    async with carrier_client("secret", MockTransport(carrier)) as client:
        yield client


async def test_label_is_bought(carrier: Carrier, client: AsyncClient) -> None:
    carrier.answers = [LABEL]
    assert await buy_label(client, "o-7", 1250) == "JD014"
    (asked,) = carrier.asked
    assert (asked.method, str(asked.url)) == ("POST", "https://carrier.example.com/labels")
    assert asked.headers["Authorization"] == "Bearer secret"
    assert json.loads(asked.content) == {"order": "o-7", "grams": 1250}


async def test_label_bought_before_is_fetched(carrier: Carrier, client: AsyncClient) -> None:
    carrier.answers = [Response(409, headers={"Location": "/labels/9"}), LABEL]
    assert await buy_label(client, "o-7", 1250) == "JD014"
    assert [asked.url.path for asked in carrier.asked] == ["/labels", "/labels/9"]


async def test_timeout_is_a_carrier_that_is_down(carrier: Carrier, client: AsyncClient) -> None:
    carrier.answers = [ReadTimeout("slow")]
    with pytest.raises(CarrierDownError):
        await buy_label(client, "o-7", 1250)


async def test_refusal_is_raised(carrier: Carrier, client: AsyncClient) -> None:
    carrier.answers = [Response(422)]
    with pytest.raises(HTTPStatusError, match="422"):
        await buy_label(client, "o-7", 0)
