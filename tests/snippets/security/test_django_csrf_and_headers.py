"""`check --deploy` is content, foreign forms are refused, and every answer has its headers."""

import os
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.snippets.loading import loaded, snippet_path
from tests.snippets.processes import ran

URLS = """
from django.http import HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.urls import path


def form(request):
    request.session["seen"] = True
    return HttpResponse(get_token(request))


def order(request):
    return JsonResponse({"ordered": request.method == "POST"})


def healthz(request):
    return HttpResponse("ok")


urlpatterns = [path("form", form), path("orders", order), path("healthz", healthz)]
"""
REFERER = {"referer": "https://shop.example.com/form"}
SETTINGS = Path(__file__).stem.removeprefix("test_")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with the pages of the shop."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "shop").mkdir()
    (folder / "shop" / "urls.py").write_text(URLS, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def snippet(shop: Path) -> Iterator[ModuleType]:
    """Give the settings, of which a process has one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SECRET_KEY", secrets.token_urlsafe(50))
        patch.setenv("DJANGO_SETTINGS_MODULE", SETTINGS)
        patch.syspath_prepend(shop)
        with loaded(snippet_path(Path(__file__))) as module:
            import django  # noqa: PLC0415  # it reads the environment

            django.setup()
            yield module


@pytest.fixture
def browser(snippet: ModuleType) -> Iterator[Any]:
    """Give a client behind the proxy, which sends what browsers send and checks CSRF."""
    from django.test import Client  # noqa: PLC0415  # after the settings
    from django.test.utils import override_settings  # noqa: PLC0415  # after the settings

    https = {"host": "shop.example.com", "x-forwarded-proto": "https"}
    with override_settings(SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies"):
        yield Client(enforce_csrf_checks=True, headers=https)


def check(
    shop: Path, env: dict[str, str], options: Sequence[str] = ("--fail-level", "WARNING")
) -> tuple[int, str]:
    """Run `check --deploy` and give its exit code and what it said."""
    folders = os.pathsep.join([str(shop), str(snippet_path(Path(__file__)).parent)])
    command = ["python", "-m", "django", "check", "--deploy", *options]
    variables = {"PYTHONPATH": folders, "DJANGO_SETTINGS_MODULE": SETTINGS, **env}
    result = ran(command, shop, variables)
    return result.returncode, result.stdout + result.stderr


def test_deployment_check_has_nothing_to_say(shop: Path) -> None:
    old = " ".join(secrets.token_urlsafe(50) for _ in range(2))
    code, said = check(shop, {"SECRET_KEY": secrets.token_urlsafe(50), "OLD_SECRET_KEYS": old})
    assert (code, said) == (0, "System check identified no issues (1 silenced).\n")


def test_weak_keys_are_refused_by_the_check(shop: Path) -> None:
    code, said = check(shop, {"SECRET_KEY": "changeme", "OLD_SECRET_KEYS": "older oldest"})
    assert code == 1
    assert "security.W009" in said
    assert "SECRET_KEY_FALLBACKS[1]" in said
    code, said = check(shop, {"SECRET_KEY": "changeme"}, [])
    assert code == 0
    assert "security.W009" in said


@pytest.mark.parametrize(
    ("setting", "value", "found"),
    [
        ("SECURE_HSTS_SECONDS", 0, "W004"),
        ("SECURE_HSTS_INCLUDE_SUBDOMAINS", False, "W005"),
        ("SECURE_SSL_REDIRECT", False, "W008"),
        ("SESSION_COOKIE_SECURE", False, "W012"),
        ("CSRF_COOKIE_SECURE", False, "W016"),
        ("DEBUG", True, "W018"),
        ("ALLOWED_HOSTS", [], "W020"),
        ("SILENCED_SYSTEM_CHECKS", [], "W021"),
    ],
)
def test_check_notices_what_is_taken_away(
    snippet: ModuleType, monkeypatch: pytest.MonkeyPatch, setting: str, value: Any, found: str
) -> None:
    from django.core.checks import run_checks  # noqa: PLC0415  # after the settings
    from django.test.utils import override_settings  # noqa: PLC0415  # after the settings

    with override_settings(**{setting: value}):
        heard = {
            message.id
            for message in run_checks(include_deployment_checks=True)
            if not message.is_silenced()
        }
    assert f"security.{found}" in heard


def test_form_with_its_token_is_accepted(browser: Any) -> None:
    token = browser.get("/form").content.decode()
    answer = browser.post("/orders", {"csrfmiddlewaretoken": token}, headers=REFERER)
    assert (answer.status_code, answer.json()) == (200, {"ordered": True})
    script = browser.post(
        "/orders", {}, "application/json", headers={**REFERER, "x-csrftoken": token}
    )
    assert script.status_code == 200


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://shop.example.com", 200),
        ("https://admin.example.com", 200),
        ("https://evil.example", 403),
        ("http://shop.example.com", 403),
        ("null", 403),
    ],
)
def test_only_named_origins_may_post(browser: Any, origin: str, status: int) -> None:
    token = browser.get("/form").content.decode()
    form = {"csrfmiddlewaretoken": token}
    assert browser.post("/orders", form, headers={"origin": origin}).status_code == status


def test_form_without_a_token_is_refused(browser: Any) -> None:
    browser.get("/form")
    assert browser.post("/orders", {}, headers=REFERER).status_code == 403


def test_cookies_are_bound_to_the_host_and_https(browser: Any) -> None:
    browser.get("/form")
    cookies = browser.cookies
    assert sorted(cookies) == ["__Host-csrftoken", "__Host-session"]
    for cookie in cookies.values():
        assert (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", "")
        assert cookie["samesite"] == "Lax"
    assert cookies["__Host-session"]["httponly"] is True
    assert cookies["__Host-csrftoken"]["httponly"] == ""


@pytest.mark.parametrize(("path", "status"), [("/orders", 200), ("/nowhere", 404)])
def test_every_answer_has_the_headers(browser: Any, path: str, status: int) -> None:
    answer = browser.get(path)
    assert answer.status_code == status
    assert {
        "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
        "Content-Security-Policy": (
            "default-src 'self'; object-src 'none'; base-uri 'none'; "
            "frame-ancestors 'none'; form-action 'self'"
        ),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
    }.items() <= dict(answer.headers).items()


def test_plain_http_is_sent_to_https_except_for_probes(browser: Any) -> None:
    plain = {"x-forwarded-proto": "http"}
    answer = browser.get("/orders", headers=plain)
    assert (answer.status_code, answer["Location"]) == (301, "https://shop.example.com/orders")
    assert "Strict-Transport-Security" not in answer.headers
    assert browser.get("/healthz", headers=plain).status_code == 200
    assert browser.get("/healthz2", headers=plain).status_code == 301


@pytest.mark.parametrize(
    ("path", "host"), [("/orders", "evil.example"), ("/healthz", "10.0.0.5:8000")]
)
def test_other_hosts_are_refused(browser: Any, path: str, host: str) -> None:
    assert browser.get(path, headers={"host": host}).status_code == 400


def test_without_the_proxy_header_the_redirect_goes_round(browser: Any) -> None:
    from django.test.utils import override_settings  # noqa: PLC0415  # after the settings

    with override_settings(SECURE_PROXY_SSL_HEADER=None):
        answer = browser.get("/orders")
    assert (answer.status_code, answer["Location"]) == (301, "https://shop.example.com/orders")


def test_session_signed_with_an_old_key_is_still_good(
    snippet: ModuleType, request: pytest.FixtureRequest
) -> None:
    from django.core import signing  # noqa: PLC0415  # after the settings
    from django.test.utils import override_settings  # noqa: PLC0415  # after the settings

    signed = signing.dumps("42")
    new = {"SECRET_KEY": secrets.token_urlsafe(50)}
    with override_settings(**new), pytest.raises(signing.BadSignature):
        signing.loads(signed)
    with override_settings(**new, SECRET_KEY_FALLBACKS=[snippet.SECRET_KEY]):
        assert signing.loads(signed) == "42"
