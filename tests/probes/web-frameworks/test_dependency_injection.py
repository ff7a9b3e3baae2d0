"""Whether a framework builds a handler's parameters and cleans up behind them.

A handler asks for a number by its parameter. "built-in": two requests get two different numbers,
and the clean-up ran after each. "none": the application has no such handler, because no class,
function or module of the framework's distributions is named after dependencies or providing.
"""

import httpx2
import pytest

from tests.probes.contenders import WEB_FRAMEWORKS
from tests.probes.fixtures import Observe, RanWith, Served
from tests.probes.names import found_names
from tests.probes.small_apps import framework_distributions
from tests.probes.waiting import wait_until

NAMES = r"Depends|Provide|Provider|Inject|di|dependency_injection"


@pytest.mark.parametrize("contender", WEB_FRAMEWORKS)
def test_parameter_is_built_for_each_request_and_cleaned_up(
    contender: str, served: Served, observe: Observe, ran_with: RanWith
) -> None:
    app = served(contender)
    ran_with(contender, app.distributions)
    names = found_names(framework_distributions(contender), NAMES)
    before = closed(app.url)
    answers = [httpx2.get(f"{app.url}/dependency") for _ in range(2)]
    if {answer.status_code for answer in answers} == {httpx2.codes.NOT_FOUND}:
        assert not names
        observe(contender, "none")
        return
    assert len({answer.raise_for_status().json()["value"] for answer in answers}) == 2
    assert wait_until(lambda: closed(app.url) == before + 2, seconds=2)
    assert names
    observe(contender, "built-in")


def closed(url: str) -> int:
    """Give how often the clean-up ran."""
    return int(httpx2.get(f"{url}/seen").json()["closed"])
