"""The models as JSON Schema, for editors: `python -m guide.schema` writes `data/schema/`."""

import json
import sys
from pathlib import Path
from typing import Any

from .load import KINDS
from .models import Thing


def schema_text(model: type[Thing]) -> str:
    """The JSON Schema of a kind of data file, as it stands in `data/schema/<kind>.json`."""
    schema: dict[str, Any] = model.model_json_schema(by_alias=True)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return json.dumps(schema, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def schema_files(root: Path) -> dict[Path, str]:
    """Every schema file and what should stand in it."""
    return {
        root / f"data/schema/{kind}.json": schema_text(model) for kind, (_, model) in KINDS.items()
    }


def main() -> None:
    """Write the schema files of the repository that holds this package."""
    root = Path(__file__).resolve().parents[2]
    for path, text in schema_files(root).items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
        sys.stdout.write(f"wrote {path.relative_to(root)}\n")


if __name__ == "__main__":
    main()
