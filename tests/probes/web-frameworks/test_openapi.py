"""Whether a framework offers a valid OpenAPI document of the contract without add-ons.

The contract is served where only its install line can be imported. "valid": a document is found
at an address that frameworks use for it, the OpenAPI validator accepts it, and it describes the
notes. "none": none of the addresses has one, and for Django REST Framework, which has a command
for it, the command does not write one either.
"""

import subprocess
from collections.abc import Iterable
from pathlib import Path

import httpx2
import openapi_spec_validator
import pytest
import yaml

from tests.contracts.implementation import Implementation, implementations
from tests.contracts.running import environment as server_environment
from tests.contracts.running import prepared, running
from tests.probes.contenders import DJANGO_FAMILY, WEB_FRAMEWORKS
from tests.probes.contract import sources_of
from tests.probes.distributions import closure, environment, labels
from tests.probes.fixtures import Observe, RanFrom, RanWith
from tests.probes.small_apps import Alone, alone

ADDRESSES = [
    f"{prefix}/{name}{end}"
    for prefix in ("", "/api", "/docs", "/schema", "/notes")
    for name in ("openapi.json", "openapi.yaml", "openapi", "schema", "schema.json", "swagger.json")
    for end in ("", "/")
]


@pytest.mark.parametrize("contender", WEB_FRAMEWORKS)
def test_contract_offers_a_valid_document_or_none(
    contender: str,
    postgresql_url: str,
    observe: Observe,
    ran_with: RanWith,
    ran_from: RanFrom,
    tmp_path: Path,
) -> None:
    implementation = implementations()[contender]
    installed = closure([*implementation.install, implementation.server])
    ran_with(contender, labels(installed))
    ran_from(sources_of(implementation))
    environment(installed.values(), tmp_path)
    documents = offered(implementation, postgresql_url, tmp_path)
    if contender in DJANGO_FAMILY:
        documents += generated(implementation, postgresql_url, tmp_path)
    for document in documents:
        openapi_spec_validator.validate(document)
        assert any(path.rstrip("/").endswith("/notes") for path in document["paths"])
    observe(contender, "valid" if documents else "none")


def offered(implementation: Implementation, url: str, packages: Path) -> list[dict]:
    """Give the OpenAPI documents that the served contract has at one of the addresses."""
    app = Alone(**vars(implementation), home=implementation.folder, target=implementation.app)
    prepared(implementation, url)
    with (
        running(app, url, env={"PYTHONPATH": str(packages)}) as server,
        httpx2.Client(base_url=server.url) as client,
    ):
        answers = [client.get(address) for address in ADDRESSES]
    return documents_in(
        answer.text
        for answer in answers
        if answer.is_success and "html" not in answer.headers["content-type"]
    )


def generated(implementation: Implementation, url: str, packages: Path) -> list[dict]:
    """Give the OpenAPI document that a management command of the framework writes, if any does."""
    done = subprocess.run(
        alone("python", "manage.py", "generateschema"),
        cwd=implementation.folder,
        env=server_environment(url, {"PYTHONPATH": str(packages)}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0 or done.stderr
    return documents_in([done.stdout]) if done.returncode == 0 else []


def documents_in(texts: Iterable[str]) -> list[dict]:
    """Give the texts that are OpenAPI documents, in JSON or YAML."""
    parsed = (yaml.safe_load(text) for text in texts if "openapi" in text)
    return [document for document in parsed if isinstance(document, dict) and "openapi" in document]
