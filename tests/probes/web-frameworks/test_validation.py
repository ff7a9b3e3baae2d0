"""Whether a framework validates a request's body, and where the rules stand.

The handler reads a body with the number `count`; "three" is sent instead. "built-in": a 4xx names
the field and the handler was never entered, so the framework answered from the handler's types.
"own-way": a 4xx names the field after the handler asked a form or serializer of the framework.
"none": no 4xx names the field, and no class of the framework's distributions is a validation error
or exception.
"""

import httpx2
import pytest

from tests.probes.contenders import WEB_FRAMEWORKS
from tests.probes.fixtures import Observe, RanWith, Served
from tests.probes.names import found_names
from tests.probes.small_apps import framework_distributions

NAMES = r"\w*Validation(Error|Exception)"


@pytest.mark.parametrize("contender", WEB_FRAMEWORKS)
def test_wrong_type_is_refused_or_passes_unseen(
    contender: str, served: Served, observe: Observe, ran_with: RanWith
) -> None:
    app = served(contender)
    ran_with(contender, app.distributions)
    right = httpx2.post(f"{app.url}/typed", json={"count": 3})
    assert right.is_success
    assert right.json() == {"count": 3}
    before = entered(app.url)
    wrong = httpx2.post(f"{app.url}/typed", json={"count": "three"})
    word = outcome(wrong, handler_entered=entered(app.url) > before)
    names = found_names(framework_distributions(contender), NAMES)
    assert bool(names) == (word != "none"), names
    observe(contender, word)


def entered(url: str) -> int:
    """Give how often the handler was entered."""
    return int(httpx2.get(f"{url}/seen").json()["entered"])


def outcome(wrong: httpx2.Response, *, handler_entered: bool) -> str:
    """Give the word for the answer to a wrong type."""
    if wrong.is_client_error and "count" in wrong.text:
        return "own-way" if handler_entered else "built-in"
    assert wrong.is_success, wrong.text
    return "none"
