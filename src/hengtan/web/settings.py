"""Django's settings, made from the configuration. Reading them writes nothing; ``start.prepare`` makes what is kept."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from .configuration import Configuration

CONFIGURATION = Configuration.read(os.environ)
HERE = Path(__file__).resolve().parent

SECRET_KEY = CONFIGURATION.key()
DEBUG = False
ALLOWED_HOSTS = CONFIGURATION.hosts()
ROOT_URLCONF = "hengtan.web.urls"
WSGI_APPLICATION = "hengtan.web.wsgi.application"
DATABASES: dict[str, Any] = {"default": CONFIGURATION.database()}
# shared by all processes: what limits guessing (organisations/limits.py); what a process keeps of a tenant's results stays in it
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "shared_cache"},
    "here": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 1000}},
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "hengtan.web.shell",
    "hengtan.web.accounts",
    "hengtan.web.organisations",
    "hengtan.web.boundaries",
    "hengtan.web.jobs",
    "hengtan.web.notices",
    "hengtan.web.activities",
    "hengtan.web.collection",
    "hengtan.web.vault",
    "hengtan.web.library",
    "hengtan.web.runs",
    "hengtan.web.statements",
    "hengtan.web.quality",
    "hengtan.web.market",
    "hengtan.web.assets",
    "hengtan.web.compliance",
    "hengtan.web.reconciliation",
    "hengtan.web.reporting",
    "hengtan.web.audit",
    "hengtan.web.api",
    "hengtan.web.webhooks",
    "hengtan.web.sources",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.forms",
    "django_htmx",
    "ninja",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
]
MIDDLEWARE = [
    "hengtan.web.shell.middleware.health",
    "django.middleware.security.SecurityMiddleware",
    "hengtan.web.shell.middleware.content_security_policy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "hengtan.web.organisations.wall.middleware",
    "hengtan.web.audit.watching.middleware",
    "hengtan.web.accounts.middleware.as_the_person_likes",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "hengtan.web.shell.middleware.signed_out",
    "allauth.account.middleware.AccountMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "hengtan.web.shell.context.page",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# languages and time
LANGUAGES = [("en", "English"), ("zh-hans", "中文")]
LANGUAGE_CODE = {"en": "en", "zh": "zh-hans"}[CONFIGURATION.language]
LANGUAGE_COOKIE_SAMESITE = "Lax"
LOCALE_PATHS = [HERE / "locale"]
USE_I18N = USE_TZ = True
TIME_ZONE = "UTC"

# files of the pages
STATIC_URL = "static/"
STATIC_ROOT = CONFIGURATION.data / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "hengtan.web.shell.storage.HashedFiles"},
}

WHITENOISE_KEEP_ONLY_HASHED_FILES = True

# people
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "hengtan.web.accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = "hengtan: "
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if CONFIGURATION.https else "http"
ACCOUNT_RATE_LIMITS = {
    "invitation": "20/m/ip",
    "first_run": "20/m/ip",
    "erase": "5/m/user",
}  # before a password is hashed
SOCIALACCOUNT_ADAPTER = "hengtan.web.accounts.adapter.SocialAccountAdapter"
SOCIALACCOUNT_PROVIDERS = CONFIGURATION.sign_on()
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True  # who the issuer says has the e-mail is the person who was invited by it
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
MFA_ADAPTER = "hengtan.web.accounts.adapter.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "hengtan"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not CONFIGURATION.https

# e-mail
globals().update(CONFIGURATION.mail())
DEFAULT_FROM_EMAIL = SERVER_EMAIL = CONFIGURATION.mail_from

# what browsers are told
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = CONFIGURATION.https
SESSION_COOKIE_NAME = "__Host-session" if CONFIGURATION.https else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if CONFIGURATION.https else "csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_TRUSTED_ORIGINS = [CONFIGURATION.public_url] if CONFIGURATION.public_url else []
CSRF_FAILURE_VIEW = "hengtan.web.shell.views.form_too_old"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if CONFIGURATION.https else 0
SECURE_SSL_REDIRECT = CONFIGURATION.https
if CONFIGURATION.behind_proxy:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    ALLAUTH_TRUSTED_PROXY_COUNT = 1
FILE_UPLOAD_HANDLERS = [
    "hengtan.web.activities.uploads.Limited",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000  # a compliance plan of sixty entities by month

MESSAGE_TAGS = {40: "bad", 30: "warn", 25: "ok", 20: "info", 10: "info"}
