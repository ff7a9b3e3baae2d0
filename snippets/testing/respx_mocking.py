from collections.abc import Iterator

import httpx
import pytest
import stamina
from payments import URL, capture
from respx import MockRouter

# The plain fixture does not mind routes that nobody asked for.
pytestmark = pytest.mark.respx(assert_all_called=True)
CAPTURE = f"{URL}/payments/p-7/capture"
CAPTURED = httpx.Response(200, json={"status": "captured"})


@pytest.fixture(autouse=True)
def no_waits() -> Iterator[None]:
    with stamina.set_testing(True, attempts=3):  # without a number it is one attempt
        yield


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client() as client:
        yield client


def test_amount_is_captured_once(respx_mock: MockRouter, client: httpx.Client) -> None:
    route = respx_mock.post(CAPTURE, json={"cents": 1250}).mock(CAPTURED)
    assert capture(client, "p-7", 1250) == "captured"
    assert route.call_count == 1


def test_failures_that_pass_are_tried_again(respx_mock: MockRouter, client: httpx.Client) -> None:
    route = respx_mock.post(CAPTURE).mock(
        side_effect=[httpx.ReadTimeout, httpx.Response(500), CAPTURED]
    )
    assert capture(client, "p-7", 1250) == "captured"
    assert [call.request.headers["Idempotency-Key"] for call in route.calls] == ["p-7"] * 3


def test_refusal_is_not_tried_again(respx_mock: MockRouter, client: httpx.Client) -> None:
    route = respx_mock.post(CAPTURE).respond(402)
    with pytest.raises(httpx.HTTPStatusError, match="402"):
        capture(client, "p-7", 1250)
    assert route.call_count == 1


def test_third_failure_is_the_last(respx_mock: MockRouter, client: httpx.Client) -> None:
    route = respx_mock.post(CAPTURE).mock(side_effect=httpx.ConnectError)
    with pytest.raises(httpx.ConnectError):
        capture(client, "p-7", 1250)
    assert route.call_count == 3
