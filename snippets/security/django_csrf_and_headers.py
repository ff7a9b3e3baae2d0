import os

from django.utils.csp import CSP

SECRET_KEY = os.environ["SECRET_KEY"]  # 50 random characters or more
SECRET_KEY_FALLBACKS = os.environ.get("OLD_SECRET_KEYS", "").split()  # while you replace it
DEBUG = False
ALLOWED_HOSTS = ["shop.example.com"]
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

# HTTPS ends at the proxy. Only if it sets this header itself and drops what the client sent.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]  # probes speak HTTP
SECURE_HSTS_SECONDS = 31_536_000  # begin with 300: only each browser's own visit takes it back
SECURE_HSTS_INCLUDE_SUBDOMAINS = True  # only if all of them speak HTTPS
SILENCED_SYSTEM_CHECKS = ["security.W021"]  # preload: leaving that list takes months

# A cookie called __Host- is refused if a subdomain or plain HTTP set it.
SESSION_COOKIE_NAME = "__Host-session"
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-csrftoken"
CSRF_COOKIE_SECURE = True
CSRF_TRUSTED_ORIGINS = ["https://admin.example.com"]  # its pages may post here

SECURE_CSP = {
    "default-src": [CSP.SELF],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
    "form-action": [CSP.SELF],
}
