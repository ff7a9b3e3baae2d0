"""How many distributions the contract's install line brings, with server and database driver.

The requirements of the installed distributions are followed, with extras and markers evaluated for
this Python and this system.
"""

from tests.benchmarks.fixtures import Context, Measured
from tests.contracts.implementation import implementations
from tests.probes.contenders import WEB_FRAMEWORKS
from tests.probes.distributions import closure


def test_distributions_of_each_install_line(measured: Measured, context: Context) -> None:
    for contender in WEB_FRAMEWORKS:
        install = implementations()[contender].install
        context(f"{contender}: {' '.join(install)}")
        measured(contender, [len(closure(install))])
