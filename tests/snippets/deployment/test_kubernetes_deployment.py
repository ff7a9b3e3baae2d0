"""Every object fits the strict schemas of Kubernetes 1.34 to 1.37, and the names in them agree.

Nothing is applied: there is no cluster here.
"""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.snippets.processes import ran

VALIDATE = ["kubernetes-validate", "--quiet"]


@pytest.fixture
def objects(snippet_file: Path) -> dict[str, dict[str, Any]]:
    """Give the documents by their kind."""
    documents = list(yaml.safe_load_all(snippet_file.read_text("utf-8")))
    return {document["kind"]: document for document in documents}


@pytest.fixture
def pod(objects: dict[str, dict[str, Any]]) -> dict[str, Any]:
    spec = objects["Deployment"]["spec"]["template"]["spec"]
    assert isinstance(spec, dict)
    return spec


@pytest.mark.parametrize("version", ["1.34", "1.35", "1.36", "1.37"])
def test_objects_fit_the_strict_schemas(snippet_file: Path, tmp_path: Path, version: str) -> None:
    done = ran([*VALIDATE, "--strict", "-k", version, snippet_file], tmp_path)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("containerPort: 8000", 'containerPort: "8000"'),
        ("  selector: {matchLabels: {app: orders}}\n  strategy", "  strategy"),
        ("periodSeconds: 5", "periodSeconds: 5s"),
        ("image: registry", "picture: registry"),
        ("maxReplicas: 8", "maxReplica: 8"),
    ],
)
def test_fault_is_refused(snippet_file: Path, tmp_path: Path, good: str, bad: str) -> None:
    text = snippet_file.read_text("utf-8")
    assert good in text
    (tmp_path / "broken.yaml").write_text(text.replace(good, bad), encoding="utf-8")
    assert ran([*VALIDATE, "--strict", "broken.yaml"], tmp_path).returncode == 1


def test_misspelt_probe_is_found_by_strict_validation_only(
    snippet_file: Path, tmp_path: Path
) -> None:
    text = snippet_file.read_text("utf-8").replace("readinessProbe:", "readynessProbe:")
    (tmp_path / "broken.yaml").write_text(text, encoding="utf-8")
    assert ran([*VALIDATE, "broken.yaml"], tmp_path).returncode == 0
    refused = ran([*VALIDATE, "--strict", "broken.yaml"], tmp_path)
    assert refused.returncode == 1
    assert "readynessProbe" in refused.stdout + refused.stderr


def test_service_budget_and_autoscaler_find_the_pods(objects: dict[str, dict[str, Any]]) -> None:
    labels = objects["Deployment"]["spec"]["template"]["metadata"]["labels"]
    assert objects["Deployment"]["spec"]["selector"] == {"matchLabels": labels}
    assert objects["Service"]["spec"]["selector"] == labels
    assert objects["PodDisruptionBudget"]["spec"]["selector"] == {"matchLabels": labels}
    target = objects["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]
    deployment = objects["Deployment"]
    assert target == {
        "apiVersion": deployment["apiVersion"],
        "kind": deployment["kind"],
        "name": deployment["metadata"]["name"],
    }


def test_ports_agree(objects: dict[str, dict[str, Any]], pod: dict[str, Any]) -> None:
    (container,) = pod["containers"]
    (port,) = container["ports"]
    assert port == {"name": "http", "containerPort": 8000}  # what Uvicorn listens on by default
    assert "--port" not in container["args"]
    (served,) = objects["Service"]["spec"]["ports"]
    probes = [container[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness", "readiness")]
    assert {served["targetPort"], *(probe["port"] for probe in probes)} == {port["name"]}
    assert [probe["path"] for probe in probes] == ["/live", "/live", "/ready"]


def test_grace_covers_the_pause_and_the_server(pod: dict[str, Any]) -> None:
    (container,) = pod["containers"]
    pause = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    args = container["args"]
    server = int(args[args.index("--timeout-graceful-shutdown") + 1])
    readiness = container["readinessProbe"]["periodSeconds"]
    assert (pause, server) == (10, 20)
    assert pod["terminationGracePeriodSeconds"] > pause + server
    assert pause > readiness


def test_rollout_and_drain_keep_a_pod_serving(objects: dict[str, dict[str, Any]]) -> None:
    spec = objects["Deployment"]["spec"]
    assert spec["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    assert "replicas" not in spec  # an apply would undo what the autoscaler has set
    scaled = objects["HorizontalPodAutoscaler"]["spec"]
    kept = objects["PodDisruptionBudget"]["spec"]["minAvailable"]
    assert kept < scaled["minReplicas"] < scaled["maxReplicas"]


def test_autoscaler_has_a_request_to_measure_against(
    objects: dict[str, dict[str, Any]], pod: dict[str, Any]
) -> None:
    (metric,) = objects["HorizontalPodAutoscaler"]["spec"]["metrics"]
    name = metric["resource"]["name"]
    (container,) = pod["containers"]
    assert name in container["resources"]["requests"]
    assert container["resources"]["limits"] == {"memory": "512Mi"}


def test_container_has_no_rights_to_spare(pod: dict[str, Any]) -> None:
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert [mount["name"] for mount in container["volumeMounts"]] == [
        volume["name"] for volume in pod["volumes"]
    ]
