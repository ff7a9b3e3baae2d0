"""The end of a chord gets every result in order, and is not run if one of them is missing."""

from types import ModuleType
from typing import Any

import pytest
from celery.app.task import Context
from celery.exceptions import ChordError

SOLO = "--pool=solo"
MONTHS = ["2026-11", "2026-09", "2026-10"]


@pytest.fixture(autouse=True)
def _address(store: Any) -> None:
    """It is in the environment."""


def test_steps_are_functions(snippet: ModuleType, caplog: pytest.LogCaptureFixture) -> None:
    names = {"billing.load_total", "billing.add_up", "billing.with_tax", "billing.tell_failure"}
    assert names <= {*snippet.app.tasks}
    assert snippet.add_up([snippet.load_total("2026-09"), 5]) == 125
    assert snippet.with_tax(200, 19) == 238
    snippet.tell_failure(Context(id="one"), ChordError("two"), None)
    assert caplog.messages == ["No report by one: two"]


def test_worker_joins_what_ran_apart(snippet: ModuleType, working: Any, store: Any) -> None:
    with working(SOLO) as worker:
        assert snippet.month_with_tax("2026-09").get(timeout=60) == 142.8
        assert snippet.totals_of(MONTHS).get(timeout=60) == [130, 120, 95]
        done = snippet.report(MONTHS)
        assert done.get(timeout=60) == 345
        assert worker.said.count(f"Task billing.add_up[{done.id}] received") == 1
        assert "No report" not in worker.said
    assert 172_000 < store.ttl(done.backend.get_key_for_task(done.id)) <= 172_800


def test_one_failure_is_the_failure_of_the_whole(snippet: ModuleType, working: Any) -> None:
    with working(SOLO) as worker:
        failed = snippet.report(["2026-09", "1999-01", "2026-10"])
        error = failed.get(timeout=60, propagate=False)
        assert isinstance(error, ChordError)
        assert "raised KeyError('1999-01')" in str(error)
        worker.says(f"No report by {failed.id}: Dependency ")
        header = failed.parent.results
        assert [result.get(timeout=60, propagate=False) for result in header[::2]] == [120, 95]

        part = snippet.totals_of(["2026-09", "1999-01", "2026-10"])
        with pytest.raises(KeyError, match="1999-01"):
            part.get(timeout=60)
        first, missing, last = part.get(timeout=60, propagate=False)
        assert (first, last) == (120, 95)
        assert isinstance(missing, KeyError)

        broken = snippet.month_with_tax("1999-01")
        assert isinstance(broken.get(timeout=60, propagate=False), KeyError)
        assert snippet.load_total.delay("2026-09").get(timeout=60) == 120
        assert "billing.with_tax[" not in worker.said
        assert "billing.add_up[" not in worker.said
