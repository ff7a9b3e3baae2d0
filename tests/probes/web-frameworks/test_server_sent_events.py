"""Whether a framework sends server-sent events, and who writes their format.

A client reads three events and notes when each arrived: they must come apart, as they are sent.
"by-hand" when the handler itself writes `data: `, which stands in its source; "helper" when it does
not and the format arrives all the same. The framework's distributions must name a type for events
exactly when the helper was used: what exists is used.
"""

import time
from itertools import pairwise

import httpx2
import pytest

from tests.probes.contenders import WEB_FRAMEWORKS
from tests.probes.fixtures import Observe, RanWith, Served
from tests.probes.names import found_names
from tests.probes.small_apps import framework_distributions

NAMES = r"(?i)sse|event_?source\w*|server_?sent_?event\w*"
# The applications pause for 0.2 s between events.
APART = 0.1


@pytest.mark.parametrize("contender", WEB_FRAMEWORKS)
def test_three_events_arrive_as_they_are_sent(
    contender: str, served: Served, observe: Observe, ran_with: RanWith
) -> None:
    app = served(contender)
    ran_with(contender, app.distributions)
    arrivals = event_arrivals(f"{app.url}/events")
    assert len(arrivals) == 3
    assert min(later - earlier for earlier, later in pairwise(arrivals)) > APART
    word = "by-hand" if '"data: ' in app.source.read_text(encoding="utf-8") else "helper"
    assert bool(found_names(framework_distributions(contender), NAMES)) == (word == "helper")
    observe(contender, word)


def event_arrivals(url: str) -> list[float]:
    """Give the time at which each event of the stream arrived, in seconds."""
    with httpx2.stream("GET", url) as answer:
        assert answer.headers["content-type"].partition(";")[0] == "text/event-stream"
        return [time.monotonic() for line in answer.iter_lines() if line.startswith("data:")]
