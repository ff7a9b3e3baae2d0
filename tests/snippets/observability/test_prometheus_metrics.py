"""What Prometheus would scrape counts requests by route and status, and never by path."""

import asyncio
from collections.abc import Iterator
from types import ModuleType

import httpx2
import pytest
from fastapi import Response, WebSocket
from fastapi.testclient import TestClient
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families


@pytest.fixture
def client(snippet: ModuleType) -> Iterator[TestClient]:
    with TestClient(snippet.app, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(autouse=True)
def _own_metrics() -> Iterator[None]:
    """Forget the metrics of the module after each test: it is loaded afresh for the next."""
    before = set(REGISTRY._collector_to_names)
    yield
    for collector in set(REGISTRY._collector_to_names) - before:
        REGISTRY.unregister(collector)


def scraped(client: TestClient) -> dict[str, float]:
    """Sample → value, as the text format has it: `name{label="value"}`."""
    answer = client.get("/metrics/")
    assert answer.headers["content-type"].startswith("text/plain")
    found = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            labels = ",".join(f"{name}={sample.labels[name]}" for name in sorted(sample.labels))
            found[f"{sample.name}{{{labels}}}"] = sample.value
    return found


def counted(client: TestClient) -> dict[str, float]:
    """`method route status` → number of requests."""
    return {
        " ".join(word.split("=")[1] for word in name[:-1].partition("{")[2].split(",")): value
        for name, value in scraped(client).items()
        if name.startswith("http_request_duration_seconds_count")
    }


def test_orders_are_counted_by_payment_and_start_at_zero(client: TestClient) -> None:
    before = scraped(client)
    assert before["orders_placed_total{payment=card}"] == 0
    assert before["orders_placed_total{payment=invoice}"] == 0
    for payment in ("card", "card", "invoice"):
        assert client.post("/orders/7", params={"payment": payment}).status_code == 201
    client.post("/orders/7")
    after = scraped(client)
    assert after["orders_placed_total{payment=card}"] == 3
    assert after["orders_placed_total{payment=invoice}"] == 1


def test_requests_are_counted_by_route_not_by_path(client: TestClient) -> None:
    for customer in range(5):
        client.post(f"/orders/{customer}")
    client.post("/orders/not-a-number")
    assert counted(client) == {
        "POST /orders/{customer} 201": 5,
        "POST /orders/{customer} 422": 1,
    }


def test_unknown_paths_and_methods_make_one_series(client: TestClient) -> None:
    """A scanner that tries a thousand paths with methods of its own invention adds one."""
    for number in range(3):
        client.request(f"TRY{number}", f"/wp-admin/{number}")
    assert counted(client) == {"any none 404": 3}


def test_scrapes_are_not_counted(client: TestClient) -> None:
    """With the slash, and without it, where the mount sends a redirect."""
    assert client.get("/metrics", follow_redirects=False).status_code == 307
    assert client.get("/metrics").status_code == 200
    assert counted(client) == {}


def test_exception_counts_as_500(snippet: ModuleType, client: TestClient) -> None:
    snippet.app.add_api_route("/broken", lambda: 1 / 0)
    assert client.get("/broken").status_code == 500
    assert counted(client) == {"GET /broken 500": 1}
    assert scraped(client)["http_requests_in_progress{}"] == 0


def test_time_falls_into_its_bucket_and_requests_in_progress_show(snippet: ModuleType) -> None:
    released = asyncio.Event()

    async def slow() -> Response:
        await released.wait()
        await asyncio.sleep(0.12)
        return Response()

    async def run() -> None:
        snippet.app.add_api_route("/slow", slow)
        transport = httpx2.ASGITransport(snippet.app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
            asked = [asyncio.create_task(client.get("/slow")) for _ in range(3)]
            async with asyncio.timeout(30):
                while REGISTRY.get_sample_value("http_requests_in_progress") != 3:  # noqa: ASYNC110  # a gauge has no event
                    await asyncio.sleep(0.01)
            released.set()
            await asyncio.gather(*asked)

    asyncio.run(run())
    labels = {"method": "GET", "route": "/slow", "status": "200"}

    def within(bound: str) -> float | None:
        return REGISTRY.get_sample_value(
            "http_request_duration_seconds_bucket", {**labels, "le": bound}
        )

    assert [within(bound) for bound in ("0.1", "10.0", "+Inf")] == [0, 3, 3]
    spent = REGISTRY.get_sample_value("http_request_duration_seconds_sum", labels)
    assert spent is not None
    assert 0.36 <= spent < 10
    assert REGISTRY.get_sample_value("http_requests_in_progress") == 0


def test_bounds_are_those_of_the_promise(snippet: ModuleType) -> None:
    snippet.LATENCY.labels("GET", "/", 200)
    bounds = [
        sample.labels["le"]
        for family in REGISTRY.collect()
        for sample in family.samples
        if sample.name == "http_request_duration_seconds_bucket"
    ]
    assert bounds == ["0.005", "0.01", "0.025", "0.05", "0.1", "0.3", "1.0", "3.0", "10.0", "+Inf"]


def test_sockets_pass_through(snippet: ModuleType, client: TestClient) -> None:
    async def hello(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text("hello")
        await websocket.close()

    snippet.app.add_api_websocket_route("/socket", hello)
    with client.websocket_connect("/socket") as socket:
        assert socket.receive_text() == "hello"
    assert counted(client) == {}


def test_label_with_a_value_per_user_makes_a_series_per_user(
    snippet: ModuleType, client: TestClient
) -> None:
    """What goes_wrong says."""
    for number in range(200):
        client.post("/orders/1", params={"payment": f"user-{number}"})
    series = [name for name in scraped(client) if name.startswith("orders_placed_total{")]
    assert len(series) == 202
