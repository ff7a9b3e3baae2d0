"""The file is as the documentation says; the collector validates it where there is one."""

import re
import shutil
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from tests.snippets.processes import ran

SECONDS = {"type": "string", "pattern": r"^(\d+(ns|us|ms|s|m|h))+$"}
ADDRESS = {"type": "string", "pattern": r"^[\w.\[\]:-]+:\d+$"}
PERCENTAGE = {"type": "integer", "minimum": 1, "maximum": 100}
NUMBER = {"type": "integer", "minimum": 1}
TEXT = {"type": "string"}


def known(required: str = "", **properties: Any) -> dict[str, Any]:
    """Give the schema of a mapping that has no other keys than these."""
    return {
        "type": "object",
        "properties": properties,
        "required": required.split(),
        "additionalProperties": False,
    }


def named(**types: Any) -> dict[str, Any]:
    """Give the schema of components: `type` or `type/name`."""
    patterns = {f"^{name}(/[^/]+)?$": schema for name, schema in types.items()}
    return {"type": "object", "patternProperties": patterns, "additionalProperties": False}


ENDPOINT = known("endpoint", endpoint=ADDRESS)
NAMES = {"type": "array", "items": TEXT, "minItems": 1, "uniqueItems": True}
LIMITER_FIRST = {**NAMES, "prefixItems": [{"pattern": "^memory_limiter"}]}
DELETION = {"required": ["action"], "anyOf": [{"required": ["key"]}, {"required": ["pattern"]}]}
ACTION = {**known(key=TEXT, pattern=TEXT, action={"const": "delete"}), **DELETION}
BATCH = known(min_size=NUMBER, max_size=NUMBER, flush_timeout=SECONDS)
QUEUE = known(
    storage=TEXT, sizer={"enum": ["requests", "items", "bytes"]}, queue_size=NUMBER, batch=BATCH
)
SCHEMA = known(
    "receivers exporters service",
    extensions=named(
        health_check=ENDPOINT,
        file_storage=known(directory=TEXT, create_directory={"type": "boolean"}),
    ),
    receivers=named(otlp=known("protocols", protocols=known(grpc=ENDPOINT, http=ENDPOINT))),
    processors=named(
        memory_limiter=known(
            "check_interval limit_percentage",
            check_interval=SECONDS,
            limit_percentage=PERCENTAGE,
            spike_limit_percentage=PERCENTAGE,
        ),
        attributes=known("actions", actions={"type": "array", "items": ACTION}),
    ),
    exporters=named(
        otlp_grpc=known(
            "endpoint",
            endpoint=TEXT,
            headers={"type": "object", "additionalProperties": TEXT},
            retry_on_failure=known(max_elapsed_time=SECONDS),
            sending_queue=QUEUE,
        )
    ),
    service=known(
        "pipelines",
        extensions=NAMES,
        pipelines=named(
            **dict.fromkeys(
                ("traces", "metrics", "logs"),
                known(
                    "receivers exporters",
                    receivers=NAMES,
                    processors=LIMITER_FIRST,
                    exporters=NAMES,
                ),
            )
        ),
    ),
)


def faults(config: Any) -> list[str]:
    """Give what is wrong: with the structure, or with names that nothing defines or uses."""
    found = [error.json_path for error in Draft202012Validator(SCHEMA).iter_errors(config)]
    if found:
        return found
    service = config["service"]
    for kind in ("receivers", "processors", "exporters"):
        used = {name for pipeline in service["pipelines"].values() for name in pipeline[kind]}
        found += [f"{kind}: {name}" for name in sorted(used ^ config[kind].keys())]
    wanted = {one["sending_queue"]["storage"] for one in config["exporters"].values()}
    listed = {*service["extensions"]}
    found += [f"extensions: {name}" for name in sorted(listed ^ config["extensions"].keys())]
    return found + [f"storage: {name}" for name in sorted(wanted - listed)]


@pytest.fixture
def config(snippet_file: Path) -> Any:
    return yaml.safe_load(snippet_file.read_text("utf-8"))


def test_structure_is_as_documented_and_every_name_is_defined_and_used(config: Any) -> None:
    assert faults(config) == []


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        ("service pipelines traces processors", ["attributes/secrets", "memory_limiter"], "traces"),
        ("service pipelines logs exporters", ["otlp"], "exporters: otlp"),
        ("service extensions", ["health_check"], "extensions: file_storage"),
        ("processors memory_limiter check_interval", 1, "check_interval"),
        ("processors memory_limiter limit", 80, "memory_limiter"),
        ("receivers otlp protocols", {"grcp": {}}, "protocols"),
        ("exporters otlp_grpc retry_on_failure", {"max_elapsed": "1h"}, "retry_on_failure"),
        ("exporters otlp_grpc sending_queue storage", "disk", "storage: disk"),
    ],
)
def test_broken_file_is_noticed(config: Any, path: str, value: Any, fault: str) -> None:
    changed = deepcopy(config)
    place = changed
    *above, key = path.split()
    for step in above:
        place = place[step]
    place[key] = value
    assert any(fault in one for one in faults(changed)), faults(changed)


@pytest.mark.parametrize(
    ("attribute", "deleted"),
    [
        ("url.query", True),
        ("http.request.header.authorization", True),
        ("http.request.header.cookie", True),
        ("http.request.header.x-api-key", True),
        ("http.request.header.content-type", False),
        ("http.request.method", False),
        ("url.path", False),
        ("url.full", False),
    ],
)
def test_only_what_is_secret_is_deleted(config: Any, attribute: str, deleted: bool) -> None:  # noqa: FBT001  # a column of the table
    actions = config["processors"]["attributes/secrets"]["actions"]
    hit = [
        action.get("key") == attribute
        or ("pattern" in action and re.search(action["pattern"], attribute) is not None)
        for action in actions
    ]
    assert any(hit) is deleted


def test_batch_fits_into_the_queue(config: Any) -> None:
    queue = config["exporters"]["otlp_grpc"]["sending_queue"]
    assert queue["batch"]["min_size"] <= queue["batch"]["max_size"] <= queue["queue_size"]


def test_collector_takes_the_file_and_refuses_a_broken_one(
    snippet_file: Path, tmp_path: Path
) -> None:
    collector = shutil.which("otelcol-contrib")
    if collector is None:
        pytest.skip("no OpenTelemetry Collector on this machine: put otelcol-contrib on the PATH")
    broken = tmp_path / "broken.yaml"
    source = snippet_file.read_text("utf-8")
    broken.write_text(source.replace("check_interval", "check_intervall"), "utf-8")
    env = {"BACKEND_ENDPOINT": "localhost:4317", "BACKEND_TOKEN": "token"}
    for file, valid in ((snippet_file, True), (broken, False)):
        done = ran([collector, "validate", "--config", str(file)], tmp_path, env)
        assert (done.returncode == 0) is valid, done.stderr
