"""The JSON Schema that editors read says what the models say."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from guide.load import KINDS
from guide.schema import schema_files, schema_text
from tests.guide.conftest import SAMPLE
from tests.proof.record import ROOT

DATA = sorted(
    path for kind, (pattern, _) in KINDS.items() for path in (ROOT / "data").glob(f"{pattern}.yml")
)


@pytest.mark.parametrize("path", schema_files(ROOT), ids=lambda path: path.stem)
def test_schema_file_is_what_the_models_say(path: Path) -> None:
    """A changed model needs `make fix`, which writes the schema anew."""
    assert path.read_text("utf-8") == schema_files(ROOT)[path], "run `make fix`"


@pytest.mark.parametrize("kind", KINDS)
def test_schema_accepts_the_sample(kind: str) -> None:
    """What the loader takes, an editor does not mark as wrong."""
    pattern, model = KINDS[kind]
    validator = jsonschema.Draft202012Validator(json.loads(schema_text(model)))
    for path in (SAMPLE / "data").glob(f"{pattern}.yml"):
        value = json.loads(json.dumps(yaml.safe_load(path.read_text("utf-8")), default=str))
        assert [error.message for error in validator.iter_errors(value)] == []


@pytest.mark.parametrize("path", DATA, ids=lambda path: path.relative_to(ROOT / "data").as_posix())
def test_file_names_its_schema(path: Path) -> None:
    """The first line leads an editor to the schema of the file's kind."""
    (kind,) = (
        kind
        for kind, (pattern, _) in KINDS.items()
        if path in set((ROOT / "data").glob(f"{pattern}.yml"))
    )
    up = "../" * (len(path.relative_to(ROOT / "data").parts) - 1)
    first = path.read_text("utf-8").partition("\n")[0]
    assert first == f"# yaml-language-server: $schema={up}schema/{kind}.json"
