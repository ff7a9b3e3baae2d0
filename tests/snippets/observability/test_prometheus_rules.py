"""Alerts fire when the budget burns, not below, end soon after, and a broken file is refused."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.snippets.processes import ran

COUNT = 'http_request_duration_seconds_count{job="shop",method="GET"'
BUCKET = 'http_request_duration_seconds_bucket{job="shop",method="GET",route="/orders",status="200"'
SUMMARY = {
    "ErrorBudgetBurnsFast": "shop: {} of requests failed in an hour",
    "ErrorBudgetBurns": "shop: {} of requests failed in six hours",
    "RequestsAreSlow": "shop: {} took more than 300 ms in an hour",
    "NothingToScrape": "shop does not answer Prometheus",
}
SEVERITY = dict.fromkeys(SUMMARY, "page") | {"ErrorBudgetBurns": "ticket"}
Alerts = dict[str, str]
"""Name of an alert that fires → the share that its text gives."""


@pytest.fixture(autouse=True)
def _tool() -> None:
    if shutil.which("promtool") is None:
        pytest.skip("no promtool on this machine: apt install prometheus")


@pytest.fixture
def rules(snippet_file: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(snippet_file, tmp_path / "rules.yaml"))


def check(rules: Path) -> tuple[int, str]:
    done = ran(["promtool", "check", "rules", rules.name], rules.parent)
    return done.returncode, done.stdout + done.stderr


def series(ok: str, failed: str = "", slow: str = "", up: str | None = "1x800") -> dict[str, str]:
    """Give a minute-by-minute history; `slow` is how many of `ok` took longer than 300 ms."""
    found = {
        f'{COUNT},route="/orders",status="200"}}': ok,
    }
    if up is not None:
        found['up{job="shop"}'] = up
    if failed:
        found[f'{COUNT},route="/orders",status="503"}}'] = failed
    if slow:
        found[f'{BUCKET},le="0.3"}}'] = slow
        found[f'{BUCKET},le="1"}}'] = ok
    return found


def fires(rules: Path, history: dict[str, str], expected: dict[str, Alerts]) -> bool:
    """Whether exactly these alerts fire at these times after the history's begin."""
    tests = [
        {"eval_time": at, "alertname": name, "exp_alerts": alert(name, alerts)}
        for at, alerts in expected.items()
        for name in SUMMARY
    ]
    return passes(rules, history, {"alert_rule_test": tests})


def becomes(rules: Path, history: dict[str, str], name: str, states: dict[str, str | None]) -> bool:
    """Whether the alert is in these states at these times; None is none at all."""
    tests = []
    for at, state in states.items():
        labels = f'alertname="{name}",alertstate="{state}",job="shop",severity="{SEVERITY[name]}"'
        samples = [{"labels": f"ALERTS{{{labels}}}", "value": 1}] if state else []
        expression = f'ALERTS{{alertname="{name}"}}'
        tests.append({"expr": expression, "eval_time": at, "exp_samples": samples})
    return passes(rules, history, {"promql_expr_test": tests})


def passes(rules: Path, history: dict[str, str], tests: dict[str, Any]) -> bool:
    values = [{"series": name, "values": value} for name, value in history.items()]
    cases = {
        "rule_files": [rules.name],
        "evaluation_interval": "1m",
        # As in the file: an alert sees the ratios of the same moment.
        "group_eval_order": ["http-ratios", "http-alerts"],
        "tests": [{"interval": "1m", "input_series": values, **tests}],
    }
    (rules.parent / "cases.yaml").write_text(yaml.safe_dump(cases), "utf-8")
    done = ran(["promtool", "test", "rules", "cases.yaml"], rules.parent)
    said = done.stdout + done.stderr
    assert "SUCCESS" in said or "got:" in said, said  # and not a fault in the cases
    return done.returncode == 0


def alert(name: str, alerts: Alerts) -> list[dict[str, Any]]:
    if name not in alerts:
        return []
    return [
        {
            "exp_labels": {"severity": SEVERITY[name], "job": "shop"},
            "exp_annotations": {"summary": SUMMARY[name].format(alerts[name])},
        }
    ]


def test_file_is_valid(rules: Path) -> None:
    code, said = check(rules)
    assert (code, "11 rules found" in said) == (0, True), said


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    rules:\n      - record", "    rulez:\n      - record"),
        ("[5m]", "[5 minutes]"),
        ("sum by (job) (rate(", "sum by (job) (rat("),
        ("for: 2m", "for: two"),
        ("record: job:http_requests:rate1h", "record: job http requests"),
        ("{{ $value |", "{{ $value | no_such |"),
    ],
)
def test_broken_file_is_refused(rules: Path, old: str, new: str) -> None:
    source = rules.read_text("utf-8")
    assert old in source
    rules.write_text(source.replace(old, new), "utf-8")
    code, said = check(rules)
    assert code == 1
    assert "FAILED" in said


@pytest.mark.parametrize(
    ("failed", "expected"),
    [
        (150, {"ErrorBudgetBurnsFast": "1.5%", "ErrorBudgetBurns": "1.5%"}),
        (142, {"ErrorBudgetBurns": "1.42%"}),
        (62, {"ErrorBudgetBurns": "0.62%"}),
        (58, {}),
        (0, {}),
    ],
)
def test_alert_fires_above_its_multiple_of_the_budget(
    rules: Path, failed: int, expected: Alerts
) -> None:
    history = series(f"0+{10_000 - failed}x800", f"0+{failed}x800")
    assert fires(rules, history, {"7h": expected})


@pytest.mark.parametrize(
    ("slow", "expected"), [(1500, {"RequestsAreSlow": "15%"}), (1400, {}), (0, {})]
)
def test_slow_requests_alert_by_their_share(rules: Path, slow: int, expected: Alerts) -> None:
    history = series("0+10000x800", slow=f"0+{10_000 - slow}x800")
    assert fires(rules, history, {"2h": expected})


def test_alert_waits_and_ends_soon_after_the_fault(rules: Path) -> None:
    """Half of all fail from minute 120 to 139, nothing before and after."""
    history = series("0+100x119 11950+50x19 13000+100x660", "0x119 50+50x19 1000x660")
    states = {
        "119m": None,
        "122m": "pending",
        "124m": "firing",
        "140m": "firing",
        "146m": None,  # the hour is still above its threshold, the last five minutes are not
    }
    assert becomes(rules, history, "ErrorBudgetBurnsFast", states)


@pytest.mark.parametrize("up", ["1x9 0x30", "1x9 stale"])
def test_service_that_is_away_alerts_after_three_minutes(rules: Path, up: str) -> None:
    states = {"9m": None, "12m": "pending", "14m": "firing"}
    assert becomes(rules, series("0+1000x40", up=up), "NothingToScrape", states)


@pytest.mark.parametrize(("failed", "first"), [(100, "pending"), (1, None)])
def test_slow_burn_waits_a_quarter_of_an_hour(rules: Path, failed: int, first: str | None) -> None:
    history = series(f"0+{1000 - failed}x800", f"0+{failed}x800")
    states = {"14m": first, "18m": first and "firing"}
    assert becomes(rules, history, "ErrorBudgetBurns", states)


def test_few_requests_do_not_page(rules: Path) -> None:
    """One request in 15 minutes fails, which is all there were."""
    history = series("0x800", "0+0x14 1+0x14 2+0x14 3+0x14 4+0x14 5+0x700")
    assert fires(rules, history, {"60m": {"ErrorBudgetBurns": "100%"}})


def test_wrong_label_passes_the_check_and_fails_the_cases(rules: Path) -> None:
    """What goes_wrong says: only cases notice a query that finds nothing."""
    history = series("0+9850x800", "0+150x800")
    expected: dict[str, Alerts] = {
        "7h": {"ErrorBudgetBurnsFast": "1.5%", "ErrorBudgetBurns": "1.5%"}
    }
    assert fires(rules, history, expected)
    source = rules.read_text("utf-8")
    rules.write_text(source.replace("status=~", "code=~"), "utf-8")
    assert check(rules)[0] == 0
    assert not fires(rules, history, expected)
