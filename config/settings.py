"""The one settings file: what differs between installations is read from the environment.

docs/running.md lists the variables; a test holds the two together.
"""

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.conf import global_settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from environs import Env, validate

env = Env()
# What stands there empty, as in .env.example, is left out.
for _name, _value in list(os.environ.items()):
    if not _value and (_name.startswith("UPPTAKT_") or _name in ("DATABASE_URL", "REDIS_URL")):
        del os.environ[_name]

BASE_DIR = Path(__file__).resolve().parent.parent
# Where this installation keeps its database, files, broker folder and logs.
VAR_DIR = Path(env.str("UPPTAKT_VAR", str(BASE_DIR / "var")))

DEMO_SECRET = "not-secret-only-for-demo-and-tests"  # noqa: S105

DEBUG = env.bool("UPPTAKT_DEBUG", False)
IS_PRODUCTION = env.bool("UPPTAKT_PRODUCTION", False)
# A demo installation shows the strip on every page, lists its people at sign-in and sends no mail.
IS_DEMO = env.bool("UPPTAKT_DEMO", False)
SECRET_KEY = env.str("UPPTAKT_SECRET_KEY", DEMO_SECRET)
if IS_PRODUCTION and (DEBUG or IS_DEMO or SECRET_KEY in ("", DEMO_SECRET)):
    raise ImproperlyConfigured(
        "UPPTAKT_PRODUCTION needs its own UPPTAKT_SECRET_KEY, and neither debug nor demo."
    )
ALLOWED_HOSTS = env.list("UPPTAKT_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
# The address people and papers use to reach this installation, without a slash at the end.
PUBLIC_URL = env.str("UPPTAKT_URL", "http://localhost:8000").rstrip("/")
_schemes = ("https://",) if IS_PRODUCTION else ("https://", "http://")
if not PUBLIC_URL.startswith(_schemes):
    raise ImproperlyConfigured(
        f"UPPTAKT_URL is {PUBLIC_URL}: links in letters and on papers lead there for as long as"
        f" they are kept. It begins with {' or '.join(_schemes)}."
    )
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

# Models of the house and of the parts it stands on

INSTALLED_APPS = [
    "procurements",
    "handbook",
    "teams",
    "documents",
    "outbox",
    "journal",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "csp",
    "django_htmx",
    "rules",
]

MIDDLEWARE = [
    "config.room.with_room",
    "config.health.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.tracing.RequestMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "config.session.SessionEndMiddleware",
    "teams.language.LanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "teams.first.FirstAdministratorMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["config.page"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.page.installation",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# Database: SQLite with nothing to set up, PostgreSQL by DATABASE_URL

_default_database = f"sqlite:///{VAR_DIR / 'upptakt.sqlite3'}"
DATABASES = {"default": env.dj_db_url("DATABASE_URL", _default_database)}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # With NORMAL the last commits may be gone after a loss of power. Without recursive triggers
        # REPLACE removes a guarded row, and no guard is asked.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
        " PRAGMA recursive_triggers=ON;",
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    # A database that cannot be reached is noticed while somebody still waits.
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Shared by all web processes, so that rate limits hold (allauth and the public check of papers).
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "shared_cache",
        # When it is full a third goes, whichever it is, limits among them.
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

# People

AUTH_USER_MODEL = "teams.User"
# The address is unique without regard to case, by a constraint the check cannot see.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]
AUTHENTICATION_BACKENDS = [
    "rules.permissions.ObjectPermissionBackend",
    "procurements.signedin.Backend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "teams.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "teams.forms.account.SignInForm",
    "reset_password": "teams.forms.account.ForgottenPasswordForm",
    "reset_password_from_key": "teams.forms.account.NewPasswordForm",
    "change_password": "teams.forms.account.ChangePasswordForm",
    "reauthenticate": "teams.forms.account.ReauthenticateForm",
    "request_login_code": "teams.forms.account.SignInLinkForm",
}
# A stranger's address gets no letter: it would be a way to send mail in our name.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
# How many proxies stand before this server and set X-Forwarded-For: limits on how often one may
# try count by the address that the outermost of them saw.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("UPPTAKT_PROXIES", 0, validate=validate.Range(min=0))
ACCOUNT_RATE_LIMITS = {
    "accessibility_feedback": "10/h/ip",
    "handbook_suggestion": "30/h/user",
}
# Letters of invitation that one person may send within a day, those sent again too: they go to
# strangers, from the installation's own address.
INVITATIONS_A_DAY = env.int("UPPTAKT_INVITATIONS", 100, validate=validate.Range(min=1))
SOCIALACCOUNT_ADAPTER = "teams.adapter.SocialAccountAdapter"
# Who sits down at somebody's open browser does not connect a way in of their own.
SOCIALACCOUNT_REAUTHENTICATION_REQUIRED = True
# Everybody's password in a demo, printed on its sign-in page; used nowhere else.
DEMO_PASSWORD = "prova-upptakt-nu"  # noqa: S105
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = False
# The ways in beside the password; each shows its button when it is switched on.
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_ADAPTER = "teams.adapter.MFAAdapter"
MFA_PASSKEY_LOGIN_ENABLED = env.bool("UPPTAKT_PASSKEYS", False)
ACCOUNT_LOGIN_BY_CODE_ENABLED = env.bool("UPPTAKT_SIGN_IN_LINK", False)
OIDC_URL = env.str("UPPTAKT_OIDC_URL", "")
if IS_PRODUCTION and OIDC_URL and not OIDC_URL.startswith("https://"):
    raise ImproperlyConfigured("UPPTAKT_OIDC_URL must begin with https:// in production.")
SOCIALACCOUNT_PROVIDERS: dict[str, Any] = (
    {
        "openid_connect": {
            "provider_class": "teams.issuer.IssuedIdentity",
            "APPS": [
                {
                    "provider_id": "organisation",
                    "name": env.str("UPPTAKT_OIDC_NAME", "Organisation"),
                    "client_id": env.str("UPPTAKT_OIDC_CLIENT_ID"),
                    "secret": env.str("UPPTAKT_OIDC_SECRET", ""),
                    "settings": {"server_url": OIDC_URL, "oauth_pkce_enabled": True},
                }
            ],
        }
    }
    if OIDC_URL
    else {}
)

# Language and time

LANGUAGE_CODE = "sv"
LANGUAGES = [("sv", _("Swedish")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Europe/Stockholm"
USE_TZ = True
USE_I18N = True
FORMAT_MODULE_PATH = "config.formats"

# Files

STATIC_URL = "/static/"
STATIC_ROOT = env.path("UPPTAKT_STATIC", BASE_DIR / "staticfiles")
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = VAR_DIR / "files"
# Papers made in the night before they are sent: never worth keeping.
AHEAD_DIR = VAR_DIR / "ahead"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if IS_PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not IS_PRODUCTION
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
FILE_UPLOAD_HANDLERS = ["config.uploads.Bounded", *global_settings.FILE_UPLOAD_HANDLERS]
UPLOAD_MAX_BYTES = env.int(
    "UPPTAKT_UPLOAD_MAX_BYTES", 25 * 1024 * 1024, validate=validate.Range(min=1)
)

# Mail: a demo never sends any. In production without a server letters wait, and the page says so:
# written to a log, their links would open doors to whoever reads it.

EMAIL_BACKEND = (
    "django.core.mail.backends.dummy.EmailBackend"
    if IS_DEMO
    else "django.core.mail.backends.smtp.EmailBackend"
    if env.str("UPPTAKT_MAIL_HOST", "") or IS_PRODUCTION
    else "django.core.mail.backends.console.EmailBackend"
)
EMAIL_HOST = env.str("UPPTAKT_MAIL_HOST", "") or "localhost"
EMAIL_PORT = env.int("UPPTAKT_MAIL_PORT", 25, validate=validate.Range(min=1, max=65535))
EMAIL_HOST_USER = env.str("UPPTAKT_MAIL_USER", "")
EMAIL_HOST_PASSWORD = env.str("UPPTAKT_MAIL_PASSWORD", "")
EMAIL_USE_TLS = env.bool("UPPTAKT_MAIL_TLS", False)
EMAIL_TIMEOUT = 20
# Reminders and weekly letters go out from the first hour to the last, on Swedish working days.
SENDING_HOURS = (env.int("UPPTAKT_SENDING_FROM", 7), env.int("UPPTAKT_SENDING_UNTIL", 18))
if not 0 <= SENDING_HOURS[0] < SENDING_HOURS[1] <= 24:
    raise ImproperlyConfigured(
        "No reminder would ever be sent: UPPTAKT_SENDING_FROM is an hour before"
        " UPPTAKT_SENDING_UNTIL, from 0 to 24."
    )
DEFAULT_FROM_EMAIL = env.str("UPPTAKT_MAIL_FROM", "Upptakt <upptakt@localhost>")

# Who supervises the law on accessibility (2018:1937), and where one complains to them.

ACCESSIBILITY_SUPERVISOR = env.str("UPPTAKT_ACCESSIBILITY_SUPERVISOR", "Digg")
ACCESSIBILITY_SUPERVISOR_URL = env.str(
    "UPPTAKT_ACCESSIBILITY_SUPERVISOR_URL", "https://www.digg.se/tdosanmalan"
)

# Promises: rows are the truth, Celery carries only "look at message N"

REDIS_URL = env.str("REDIS_URL", "")
BROKER_DIR = VAR_DIR / "broker"
# How long a worker may hold a message; its tasks are stopped at two thirds of it.
OUTBOX_LEASE_SECONDS = env.int("UPPTAKT_LEASE_SECONDS", 180, validate=validate.Range(min=1))
# A file that worker and beat touch while they live, for whoever looks after their container.
ALIVE = env.str("UPPTAKT_ALIVE", "")
OUTBOX_HANDLERS = {
    "document.render": "documents.rendering.render_document",
    "handbook.print": "handbook.printing.print_edition",
    "mail.invitation": "teams.letters.send_invitation",
    "mail.case_invitation": "procurements.letters.send_case_invitation",
    "mail.case_role": "procurements.letters.send_case_role",
    "mail.signature": "procurements.letters.send_signature",
    "mail.week": "procurements.letters.send_week",
    "mail.reminder": "procurements.letters.send_reminder",
    "paper.reminder": "procurements.reminderpaper.make_paper",
    "mail.password_reset": "teams.letters.send_password_reset",
    "mail.sign_in_code": "teams.letters.send_sign_in_code",
    "mail.suggestion_answer": "handbook.letters.send_suggestion_answer",
    "mail.feedback": "teams.letters.send_accessibility_feedback",
    "mail.journal_day": "teams.letters.send_journal_day",
    "mail.team_asks": "teams.letters.send_team_asks",
    "role.ended": "procurements.leaving.leave_authority",
    "role.begun": "procurements.leaving.return_to_authority",
}
# These are carried out a heap at a time, by a handler of many (outbox/together.py).
OUTBOX_TOGETHER = {"mail.reminder": "procurements.letters.send_reminders"}
# Who is told when a message of that kind has been given up.
OUTBOX_GIVEN_UP = {
    "document.render": "documents.rendering.mark_given_up",
    "handbook.print": "handbook.printing.mark_given_up",
}
JOURNAL_SENTENCES = [
    "teams.events.SENTENCES",
    "handbook.events.SENTENCES",
    "documents.events.SENTENCES",
    "procurements.events.SENTENCES",
]

# Logs: to the standard error, one JSON object a line in production and to be read elsewhere

LOG = env.str(
    "UPPTAKT_LOG",
    "lines" if IS_PRODUCTION else "terminal",
    validate=validate.OneOf(["lines", "terminal"]),
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"house": {"()": f"config.logs.{LOG}"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "house"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        # Django's own go the same way as all others.
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "gunicorn.error": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        # Names the visitor's address and every link: `upptakt.requests` tells what may be told.
        "gunicorn.access": {"handlers": [], "level": "CRITICAL", "propagate": False},
        # What is rendered is told by the paper; every glyph that a font lacks is not.
        "fontTools": {"level": "WARNING"},
        "weasyprint": {"level": "ERROR"},
    },
}

# Safety

OIDC_ORIGIN = ["{0.scheme}://{0.netloc}".format(urlsplit(OIDC_URL))] if OIDC_URL else []
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        # Browsers hold a form's redirects against this too: sign-in goes on at the organisation's.
        "form-action": [SELF, *OIDC_ORIGIN],
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
    }
}
CSRF_FAILURE_VIEW = "config.errors.csrf_failure"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_SAVE_EVERY_REQUEST = False
SESSION_COOKIE_AGE = 60 * 60 * 12
# By whichever way somebody signed in.
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
if IS_PRODUCTION:
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = env.bool("UPPTAKT_SSL_REDIRECT", True)
    SECURE_HSTS_SECONDS = 31536000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
