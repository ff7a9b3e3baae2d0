"""Whether a framework brings pages in which an administrator changes records.

In a new Django project with the framework installed, an administrator signs in to the admin site,
opens the page of a note, posts its form with another title, and reads the new title in the list.
"none": no class, function or module of the framework's distribution is named after administration.
"""

import re
from pathlib import Path

import httpx2
import pytest

from tests.probes.contenders import DJANGO_FAMILY, WEB_FRAMEWORKS
from tests.probes.distributions import closure, labels
from tests.probes.django_projects import notes_project, sign_in
from tests.probes.fixtures import Observe, RanWith
from tests.probes.names import found_names
from tests.probes.small_apps import framework_distributions, framework_requirements

NAMES = r"(?i)\w*admin\w*"
PASSWORD = "correct horse battery"
NOTES = "/admin/notes/note/"
MAKE_NOTE = "from notes.models import Note; Note.objects.create(title='before')"


@pytest.mark.parametrize("contender", WEB_FRAMEWORKS)
def test_administrator_changes_a_record_in_the_browser(
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
    account = {"DJANGO_SUPERUSER_USERNAME": "root", "DJANGO_SUPERUSER_EMAIL": "root@example.org"}
    project.manage("createsuperuser", "--noinput", DJANGO_SUPERUSER_PASSWORD=PASSWORD, **account)
    project.manage("shell", "--command", MAKE_NOTE)
    with (
        project.served() as (url, distributions),
        httpx2.Client(base_url=url, follow_redirects=True) as client,
    ):
        ran_with(contender, distributions)
        sign_in(client, "/admin/login/", "root", PASSWORD)
        form = client.get(f"{NOTES}1/change/").raise_for_status().text
        assert 'name="title" value="before"' in form
        token = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', form)[0]
        changed = {"title": "after", "csrfmiddlewaretoken": token}
        client.post(f"{NOTES}1/change/", data=changed).raise_for_status()
        assert ">after</a>" in client.get(NOTES).raise_for_status().text
    observe(contender, "built-in")
