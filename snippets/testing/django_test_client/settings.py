import environ

DATABASES = {"default": environ.Env().db("DATABASE_URL")}
DEFAULT_FROM_EMAIL = "billing@example.com"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "invoices",
]
LOGIN_URL = "/login"
MAILERS = {"default": {"OPTIONS": {"host": "mail.example.com"}}}  # tests never reach it
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
ROOT_URLCONF = "invoices.urls"
SECRET_KEY = "only-for-tests"
