"""Whether a form posted from another site, without a token, is refused.

A signed-in browser (where there is a login to sign in to) posts a form with the Origin of another
site. "by-default": a new project refuses it with 403. "opt-in": it is taken, and refused with 403
once the framework's own protection is switched on. In both cases the same post with the token
that the framework gave succeeds, so that it is the missing token that was refused. "none": it is
taken, and no class, function or module of the framework's distributions is named after the attack
or after the request headers that give it away.
"""

from pathlib import Path

import httpx2
import pytest

from tests.probes.contenders import DJANGO_FAMILY, WEB_FRAMEWORKS
from tests.probes.django_projects import notes_project, sign_in
from tests.probes.fixtures import Observe, RanWith, Served
from tests.probes.names import found_names
from tests.probes.small_apps import framework_distributions

NAMES = r"(?i)\w*(csrf|xsrf|cross_?site|sec_?fetch|same_?origin)\w*"
PASSWORD = "correct horse battery"
MAKE_USER = (
    "from django.contrib.auth.models import User; "
    f"User.objects.create_user('ada', password={PASSWORD!r})"
)
# The operation that the framework protects once the reader asks for it.
SWITCHED_ON = {"django-ninja": "/form/protected"}


@pytest.mark.parametrize("contender", sorted(DJANGO_FAMILY))
def test_cross_site_form_meets_a_new_django_project(
    contender: str, observe: Observe, ran_with: RanWith, tmp_path: Path
) -> None:
    project = notes_project(contender, tmp_path)
    project.manage("shell", "--command", MAKE_USER)
    with project.served() as (url, distributions), httpx2.Client(base_url=url) as browser:
        ran_with(contender, distributions)
        sign_in(browser, "/accounts/login/", "ada", PASSWORD)
        if refused(browser, "/form"):
            word, path = "by-default", "/form"
        else:
            word, path = "opt-in", SWITCHED_ON[contender]
            assert refused(browser, path)
        assert taken_with_token(browser, path)
    observe(contender, word)


@pytest.mark.parametrize(
    "contender", [name for name in WEB_FRAMEWORKS if name not in DJANGO_FAMILY]
)
def test_cross_site_form_meets_a_small_application(
    contender: str, served: Served, observe: Observe, ran_with: RanWith
) -> None:
    names = found_names(framework_distributions(contender), NAMES)
    app = served(contender)
    ran_with(contender, app.distributions)
    with httpx2.Client(base_url=app.url) as browser:
        if refused(browser, "/form"):
            observe(contender, "by-default")
            return
    if not names:
        observe(contender, "none")
        return
    protected = served(contender, CSRF_SECRET="of one test")
    with httpx2.Client(base_url=protected.url) as browser:
        assert refused(browser, "/form")
        browser.get("/quick").raise_for_status()
        assert taken_with_token(browser, "/form")
    observe(contender, "opt-in")


def refused(browser: httpx2.Client, path: str) -> bool:
    """Tell whether a form posted from another site is refused with 403; else it was taken."""
    headers = {"Origin": "https://attacker.example", "Referer": "https://attacker.example/"}
    answer = browser.post(path, data={"title": "forged"}, headers=headers)
    if answer.status_code == httpx2.codes.FORBIDDEN:
        return True
    assert answer.raise_for_status().json() == {"changed": True}
    return False


def taken_with_token(browser: httpx2.Client, path: str) -> bool:
    """Tell whether the same form is taken with the framework's token, from its own site."""
    headers = {"X-CSRFToken": browser.cookies["csrftoken"]}
    answer = browser.post(path, data={"title": "wanted"}, headers=headers)
    return answer.is_success and answer.json() == {"changed": True}
