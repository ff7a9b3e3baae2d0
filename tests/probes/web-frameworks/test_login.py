"""Whether a framework brings user accounts and a login.

In a new Django project with the framework installed, two users with one password are created; one
signs in over HTTP. "built-in": the stored passwords are two different hashes that do not hold the
password, a wrong password does not sign in, and the right one is remembered on the next request.
"none": no class or function of the framework's distribution creates a user or is a user model.
"""

import json
from pathlib import Path

import httpx2
import pytest

from tests.probes.contenders import DJANGO_FAMILY, WEB_FRAMEWORKS
from tests.probes.distributions import closure, labels
from tests.probes.django_projects import notes_project, sign_in
from tests.probes.fixtures import Observe, RanWith
from tests.probes.names import found_names
from tests.probes.small_apps import framework_distributions, framework_requirements

NAMES = r"(?i)create_?(super_?)?user|user_?manager|abstract_?(base_?)?user|user_?model"
PASSWORD = "correct horse battery"
PAGE = "/accounts/login/"
MAKE_USERS = f"""
import json
from django.contrib.auth.models import User
users = [User.objects.create_user(name, password={PASSWORD!r}) for name in ("ada", "grace")]
print(json.dumps([user.password for user in users]))
"""


@pytest.mark.parametrize("contender", WEB_FRAMEWORKS)
def test_user_signs_in_and_is_known_on_the_next_request(
    contender: str, observe: Observe, ran_with: RanWith, tmp_path: Path
) -> None:
    names = found_names(framework_distributions(contender), NAMES)
    if contender not in DJANGO_FAMILY:
        ran_with(contender, labels(closure(framework_requirements(contender))))
        assert not names
        observe(contender, "none")
        return
    assert names
    project = notes_project(contender, tmp_path)
    shell = project.manage("shell", "--verbosity=0", "--command", MAKE_USERS)
    ada, grace = json.loads(shell.splitlines()[-1])
    assert ada != grace
    assert PASSWORD not in ada + grace
    with project.served() as (url, distributions), httpx2.Client(base_url=url) as client:
        ran_with(contender, distributions)
        assert not client.get("/whoami").is_success
        sign_in(client, PAGE, "ada", "wrong")
        assert not client.get("/whoami").is_success
        sign_in(client, PAGE, "ada", PASSWORD)
        assert client.get("/whoami").raise_for_status().json() == {"username": "ada"}
    observe(contender, "built-in")
