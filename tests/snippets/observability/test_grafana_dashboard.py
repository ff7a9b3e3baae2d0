"""Prometheus answers each panel's query with series; Grafana's types know each key of the file."""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from copy import deepcopy
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml

from tests.snippets.loading import ROOT
from tests.snippets.processes import Process, started, until

METRICS = ROOT / "snippets" / "observability" / "prometheus_metrics.py"
RULES = METRICS.with_name("prometheus_rules.yaml")
SHOP = """
import asyncio

from prometheus_metrics import app


@app.get("/broken")
async def broken() -> None:
    raise RuntimeError


@app.get("/slow")
async def slow() -> None:
    await asyncio.sleep(0.4)
"""
COMMAND = (
    "prometheus --config.file=prometheus.yml --web.listen-address=127.0.0.1:0"
    " --storage.tsdb.path=data"
)
LISTENS = r'"Listening on" address=(127\.0\.0\.1:\d+)'
ROUTES = {"/orders/{customer}", "/broken", "/slow"}
RATE_INTERVAL = "1m"
"""What Grafana takes for a data source whose scrape interval is 15 s."""


class Prometheus:
    """A server that scrapes the shop."""

    def __init__(self, address: str) -> None:
        self.address = address

    def asked(self, path: str, **words: str) -> Any:
        """Give the data of an answer of its API."""
        answer = httpx2.get(f"{self.address}/api/v1/{path}", params=words, timeout=30)
        found = answer.json()
        assert found["status"] == "success", found
        return found["data"]

    def series(self, expression: str) -> dict[str, float]:
        """Give the value of each route, or of the job where there is no route."""
        found = self.asked("query", query=expression)["result"]
        labels = [one["metric"] for one in found]
        names = [one.get("route", one.get("job", "")) for one in labels]
        return dict(zip(names, (float(one["value"][1]) for one in found), strict=True))

    def values(self, query: str) -> list[str]:
        """Give what a variable offers, as Grafana's data source reads `label_values()`."""
        shape = re.fullmatch(r"label_values\((?P<metric>.+), (?P<label>\w+)\)", query)
        assert shape is not None, query
        return self.asked(f"label/{shape['label']}/values", **{"match[]": shape["metric"]})


@pytest.fixture
def dashboard(snippet_file: Path) -> Any:
    return json.loads(snippet_file.read_text("utf-8"))


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """Give a Prometheus that has seen the shop work, with the rules of the other snippet."""
    if shutil.which("prometheus") is None:
        pytest.skip("no prometheus on this machine: apt install prometheus")
    folder = tmp_path_factory.mktemp("prometheus")
    (folder / "shop.py").write_text(SHOP, "utf-8")
    with ExitStack() as stack:
        serve = ["uvicorn", "shop:app", "--port", "0"]
        app = stack.enter_context(started(serve, folder, {"PYTHONPATH": str(METRICS.parent)}))
        app.says("Uvicorn running on")
        shop = listening(app, r"http://(127\.0\.0\.1:\d+)")
        config = {
            "global": {"scrape_interval": "300ms", "evaluation_interval": "300ms"},
            "rule_files": [str(RULES)],
            "scrape_configs": [
                {
                    "job_name": "shop",
                    "metrics_path": "/metrics/",
                    "static_configs": [{"targets": [shop]}],
                }
            ],
        }
        (folder / "prometheus.yml").write_text(yaml.safe_dump(config), "utf-8")
        store = stack.enter_context(started(COMMAND.split(), folder))
        store.says("Server is ready to receive web requests")
        prometheus = Prometheus(f"http://{listening(store, LISTENS)}")

        def has_seen_everything() -> bool:
            for method, path in (("POST", "/orders/7"), ("GET", "/broken"), ("GET", "/slow")):
                httpx2.request(method, f"http://{shop}{path}", timeout=30)
            rates = "rate(http_request_duration_seconds_count[1m]) > 0"
            return prometheus.series(f"sum by (route) ({rates})").keys() >= ROUTES and bool(
                prometheus.series("job:http_errors:ratio_rate1h > 0")
            )

        until(has_seen_everything, 60)
        yield prometheus


def listening(server: Process, said: str) -> str:
    """Give the address that a server took for itself."""
    found = re.search(said, server.said)
    assert found is not None, server.said
    return found[1]


def queries(dashboard: Any) -> dict[str, str]:
    """Give the query of each panel by its title."""
    return {
        one["title"]: target["expr"] for one in dashboard["panels"] for target in one["targets"]
    }


def variables(dashboard: Any) -> dict[str, Any]:
    return {one["name"]: one for one in dashboard["templating"]["list"]}


def filled(query: str, routes: list[str], interval: str = RATE_INTERVAL) -> str:
    """Give the query as Grafana sends it: values of a choice of several are escaped and joined."""
    special = re.compile(r"[$^*{}\[\]'+?.()|]")
    escaped = [special.sub(r"\\\\\g<0>", route) for route in routes]
    chosen = f"({'|'.join(escaped)})" if len(escaped) > 1 else escaped[0]
    for name, value in (("$__rate_interval", interval), ("$job", "shop"), ("$route", chosen)):
        query = query.replace(name, value)
    assert "$" not in query
    return query


def test_variables_offer_what_there_is(prometheus: Prometheus, dashboard: Any) -> None:
    known = variables(dashboard)
    assert prometheus.values(known["job"]["query"]) == ["shop"]
    asked = known["route"]["query"].replace("$job", "shop")
    assert {*prometheus.values(asked)} >= ROUTES
    assert prometheus.values(asked.replace("shop", "other")) == []
    assert {panel["datasource"]["uid"] for panel in dashboard["panels"]} == {"$source"}


def test_every_panel_draws_every_route(prometheus: Prometheus, dashboard: Any) -> None:
    found = {
        title: prometheus.series(filled(query, sorted(ROUTES)))
        for title, query in queries(dashboard).items()
    }
    rate, failed, duration, burn = found.values()
    assert rate.keys() == failed.keys() == duration.keys() == ROUTES
    assert all(value > 0 for value in rate.values())
    assert failed == {"/orders/{customer}": 0, "/broken": 1, "/slow": 0}
    assert 0.3 < duration["/slow"] <= 10
    assert burn.keys() == {"shop"}
    budget = prometheus.series(
        f"{filled(queries(dashboard).popitem()[1], [''])} / job:http_errors:ratio_rate1h"
    )
    assert budget == {"shop": pytest.approx(1000)}


def test_panel_draws_the_route_that_was_chosen(prometheus: Prometheus, dashboard: Any) -> None:
    *by_route, _ = queries(dashboard).values()
    for query in by_route:
        assert prometheus.series(filled(query, ["/orders/{customer}"])).keys() == {
            "/orders/{customer}"
        }


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("http_request_duration", "http_requests_duration"),
        ("route=~", "path=~"),
        ("$job", "orders"),
        ("job:http_errors:ratio_rate1h", "job:http_errors:ratio_rate2h"),
    ],
)
def test_wrong_name_is_valid_and_draws_nothing_of_use(
    prometheus: Prometheus, dashboard: Any, old: str, new: str
) -> None:
    changed = [query for query in queries(dashboard).values() if old in query]
    assert changed
    for query in changed:
        found = prometheus.series(filled(query.replace(old, new), sorted(ROUTES)))
        assert not found.keys() & ROUTES
        assert "shop" not in found


def test_interval_that_holds_one_scrape_has_no_rate(prometheus: Prometheus, dashboard: Any) -> None:
    query, *_ = queries(dashboard).values()
    assert prometheus.series(filled(query, sorted(ROUTES), "100ms")) == {}


def test_routes_that_never_failed_are_missing_without_the_zero(
    prometheus: Prometheus, dashboard: Any
) -> None:
    _, query, *_ = queries(dashboard).values()
    without = re.sub(r" or 0 \* sum .*?\)\)\) /", ") /", query)
    assert without != query
    assert prometheus.series(filled(without, sorted(ROUTES))).keys() == {"/broken"}


def lost(written: Any, read: Any, path: str = "") -> Iterator[str]:
    """Give what of the first document is not in the second."""
    match written, read:
        case dict(), dict():
            for key, value in written.items():
                yield from lost(value, read.get(key, lost), f"{path}.{key}")
        case list(), list() if len(written) == len(read):
            for number, (one, other) in enumerate(zip(written, read, strict=True)):
                yield from lost(one, other, f"{path}[{number}]")
        case _ if written != read:
            yield path


def unknown(dashboard: Any) -> list[str]:
    """Give the keys that Grafana's own types do not know: reading drops them."""
    from grafana_foundation_sdk.cog.encoder import JSONEncoder  # noqa: PLC0415
    from grafana_foundation_sdk.cog.plugins import register_default_plugins  # noqa: PLC0415
    from grafana_foundation_sdk.models.dashboard import Dashboard  # noqa: PLC0415

    register_default_plugins()
    read = json.loads(JSONEncoder().encode(Dashboard.from_json(dashboard)))
    return list(lost(dashboard, read))


def test_types_of_grafana_know_every_key(dashboard: Any) -> None:
    assert unknown(dashboard) == []


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        (["panels", 0, "targets", 0, "expr"], "expression"),
        (["panels", 1, "gridPos"], "gridpos"),
        (["panels", 3, "fieldConfig", "defaults", "custom", "thresholdsStyle"], "thresholdStyle"),
        (["templating", "list", 1, "includeAll"], "all"),
    ],
)
def test_types_of_grafana_drop_a_key_they_do_not_know(
    dashboard: Any, path: list[Any], wrong: str
) -> None:
    *above, key = path
    changed = deepcopy(dashboard)
    place = changed
    for step in above:
        place = place[step]
    place[wrong] = place.pop(key, True)
    (dropped,) = unknown(changed)
    assert dropped.endswith(f".{wrong}")


def test_panels_stand_side_by_side_and_apart(dashboard: Any) -> None:
    fields: set[tuple[int, int]] = set()
    for panel in dashboard["panels"]:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24
        covered = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not covered & fields
        fields |= covered
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
    assert len(fields) == 24 * 18
