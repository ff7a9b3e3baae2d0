"""Whether a handler can leave work behind for the time after its answer.

The handler leaves half a second of work by the means that the framework offers for a callable;
the answer must come first, and the work must get done in the same process. The Django family is
served with every task backend that the installed Django has. "none": with every backend the
answer came after the work, or the work was never done; or there is no such handler, because no
class, function or module of the framework's distributions is named after background work. A bare
`asyncio.create_task` or thread is Python's means, not the framework's.
"""

import pkgutil

import django.tasks.backends
import httpx2
import pytest

from tests.probes.contenders import DJANGO_FAMILY, WEB_FRAMEWORKS
from tests.probes.fixtures import Observe, RanWith, Served
from tests.probes.names import found_names
from tests.probes.small_apps import SmallApp, framework_distributions
from tests.probes.waiting import wait_until

NAMES = r"(?i)\w*background\w*"


@pytest.mark.parametrize("contender", WEB_FRAMEWORKS)
def test_answer_comes_before_the_work_is_done(
    contender: str, served: Served, observe: Observe, ran_with: RanWith
) -> None:
    if contender in DJANGO_FAMILY:
        backends = django_task_backends()
        assert "django.tasks.backends.immediate.ImmediateBackend" in backends
        apps = [served(contender, TASKS_BACKEND=backend) for backend in backends]
    else:
        apps = [served(contender)]
    ran_with(contender, apps[0].distributions)
    words = {outcome(app, contender) for app in apps}
    observe(contender, "built-in" if "built-in" in words else "none")


def django_task_backends() -> list[str]:
    """Give the import path of every task backend that Django brings."""
    package = django.tasks.backends
    return [
        f"{package.__name__}.{module.name}.{module.name.title()}Backend"
        for module in pkgutil.iter_modules(package.__path__)
        if module.name != "base"
    ]


def outcome(app: SmallApp, contender: str) -> str:
    """Give the word for one application."""
    before = done(app)
    answer = httpx2.post(f"{app.url}/background")
    done_with_answer = done(app) - before
    if answer.status_code == httpx2.codes.NOT_FOUND:
        assert not found_names(framework_distributions(contender), NAMES)
        return "none"
    assert answer.raise_for_status().json() == {"left": True}
    if done_with_answer:
        return "none"
    return "built-in" if wait_until(lambda: done(app) == before + 1, seconds=3) else "none"


def done(app: SmallApp) -> int:
    """Give how often the work was done, as the process that answers knows it."""
    return int(httpx2.get(f"{app.url}/seen").json()["done"])
