"""What a framework answers to an unknown path, with default settings.

The small application is asked for a path that it does not have; the content type of the 404 is
the outcome.
"""

import httpx2
import pytest

from tests.probes.contenders import WEB_FRAMEWORKS
from tests.probes.fixtures import Observe, RanWith, Served

WORDS = {"application/json": "json", "text/html": "html", "text/plain": "text"}


@pytest.mark.parametrize("contender", WEB_FRAMEWORKS)
def test_unknown_path_is_answered_in_a_known_format(
    contender: str, served: Served, observe: Observe, ran_with: RanWith
) -> None:
    app = served(contender)
    ran_with(contender, app.distributions)
    answer = httpx2.get(f"{app.url}/nowhere")
    assert answer.status_code == httpx2.codes.NOT_FOUND
    observe(contender, WORDS[answer.headers["content-type"].partition(";")[0]])
