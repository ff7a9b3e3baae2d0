"""A new Django project, made by Django's own command, for the probes that need a whole one."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from tests.contracts.implementation import implementations
from tests.probes.distributions import closure, environment
from tests.probes.small_apps import Alone, alone, framework_requirements, served_alone

OVERLAYS = Path(__file__).parent / "web-frameworks" / "projects"
COMMAND_TIMEOUT = 60
INSTALLED = {"django": [], "django-rest-framework": ["rest_framework"], "django-ninja": ["ninja"]}
SETTINGS = """
INSTALLED_APPS += {apps!r}
TEMPLATES[0]["DIRS"] = [BASE_DIR / "templates"]
"""


@dataclass(frozen=True)
class Project:
    """A Django project in a folder, and the only packages that it can import."""

    contender: str
    folder: Path
    packages: Path

    def manage(self, *arguments: str, **env: str) -> str:
        """Run a management command of the project and give what it printed."""
        return run(["manage.py", *arguments], self.folder, self.packages, env)

    @contextmanager
    def served(self) -> Iterator[tuple[str, list[str]]]:
        """Serve on the contract's server; give the address and what was importable."""
        contract = vars(implementations()[self.contender])
        app = Alone(**contract, home=self.folder, target="config.wsgi:application")
        with served_alone(app, self.packages, {}) as served:
            yield served


def empty_project(contender: str, directory: Path) -> Project:
    """Give what `startproject` makes where only the framework is installed."""
    folder, packages = directory / "project", directory / "packages"
    folder.mkdir()
    environment(closure(framework_requirements(contender)).values(), packages)
    run(["-m", "django", "startproject", "config", "."], folder, packages, {})
    return Project(contender, folder, packages)


def notes_project(contender: str, directory: Path) -> Project:
    """Give a new project with notes, accounts and the admin site, its tables made."""
    project = empty_project(contender, directory)
    for overlay in ("shared", contender):
        shutil.copytree(OVERLAYS / overlay, project.folder, dirs_exist_ok=True)
    settings = project.folder / "config" / "settings.py"
    with settings.open("a", encoding="utf-8") as file:
        file.write(SETTINGS.format(apps=["notes", *INSTALLED[contender]]))
    project.manage("makemigrations", "notes")
    project.manage("migrate")
    return project


def run(arguments: list[str], folder: Path, packages: Path, env: dict[str, str]) -> str:
    """Run Python with these packages only and give what it printed; raises when it fails."""
    done = subprocess.run(
        alone("python", *arguments),
        cwd=folder,
        env={"PYTHONPATH": str(packages), **env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=COMMAND_TIMEOUT,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def sign_in(client: httpx2.Client, page: str, username: str, password: str) -> httpx2.Response:
    """Post a login page as a browser does, its CSRF token included."""
    client.get(page).raise_for_status()
    token = client.cookies["csrftoken"]
    fields = {"username": username, "password": password, "csrfmiddlewaretoken": token}
    return client.post(page, data=fields)
