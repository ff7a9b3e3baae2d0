"""Import the snippet that a test file is about."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]


def snippet_path(test: Path) -> Path:
    """Give the Python file that `tests/snippets/<category>/test_<stem>.py` is about."""
    stem = test.stem.removeprefix("test_")
    return ROOT / "snippets" / test.parent.name / f"{stem}.py"


@contextmanager
def loaded(path: Path) -> Iterator[ModuleType]:
    """Import the file as a fresh module under its own stem, as a reader's server would.

    The module leaves `sys.modules` at the end.
    """
    spec = spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[path.stem] = module
    try:
        spec.loader.exec_module(module)
        yield module
    finally:
        del sys.modules[path.stem]
