"""Wheels without an index: written for a test, or packed from what is installed."""

import zipfile
from collections.abc import Sequence
from importlib.metadata import distribution
from pathlib import Path


def write_wheel(
    folder: Path, name: str, version: str, requires: Sequence[str] = (), note: str = ""
) -> None:
    """Write a wheel with one module into the folder; its dependencies are these.

    Their extras are declared as its own; `note` makes one file differ from another.
    """
    module = name.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    lines = ["Metadata-Version: 2.4", f"Name: {name}", f"Version: {version}"]
    lines += [f"Provides-Extra: {one}" for one in ("asyncio", "binary", "pool")]
    lines += [f"Requires-Dist: {one}" for one in requires]
    files = {
        f"{module}.py": f"version = '{version}'  # {note}\n",
        f"{info}/METADATA": "\n".join(lines) + "\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{file},,\n" for file in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(folder / f"{module}-{version}-py3-none-any.whl", "w") as archive:
        for file, text in files.items():
            archive.writestr(file, text)


def wheel_metadata(wheel: Path) -> bytes:
    """What a wheel says about itself."""
    with zipfile.ZipFile(wheel) as archive:
        (file,) = [name for name in archive.namelist() if name.endswith("/METADATA")]
        return archive.read(file)


def pack(name: str, folder: Path) -> None:
    """Pack an installed distribution of pure Python into the wheel that it came from."""
    dist = distribution(name)
    assert dist.files is not None
    with zipfile.ZipFile(folder / f"{name}-{dist.version}-py3-none-any.whl", "w") as archive:
        for file in dist.files:
            if ".." not in file.parts and "__pycache__" not in file.parts:
                archive.write(Path(str(file.locate())), str(file))
