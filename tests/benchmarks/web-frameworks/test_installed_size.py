"""How many megabytes the distributions of the contract's install line take on disk.

The sizes of the files that each distribution lists as its own, without compiled Python; counted
per file, not per block of the file system.
"""

from importlib.metadata import Distribution
from pathlib import Path

from tests.benchmarks.fixtures import Context, Measured
from tests.contracts.implementation import implementations
from tests.probes.contenders import WEB_FRAMEWORKS
from tests.probes.distributions import closure


def test_size_of_each_install_line(measured: Measured, context: Context) -> None:
    for contender in WEB_FRAMEWORKS:
        install = implementations()[contender].install
        context(f"{contender}: {' '.join(install)}")
        measured(contender, [sum(map(size, closure(install).values())) / 1e6])


def size(distribution: Distribution) -> int:
    """Give the bytes of the distribution's files."""
    files = distribution.files
    assert files, f"{distribution.name} lists no files"
    paths = [Path(str(file.locate())) for file in files if file.suffix != ".pyc"]
    return sum(path.stat().st_size for path in paths if path.exists())
