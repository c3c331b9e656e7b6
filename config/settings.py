"""All settings, driven by the environment. `docs/operations.md` lists every variable."""

from pathlib import Path

import dj_database_url
from django.utils.translation import gettext_lazy as _

from config.env import (
    env_bool,
    env_choice,
    env_file,
    env_int,
    env_list,
    env_secret,
    env_secrets,
    env_text,
)

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env_text("YISHI_VAR_DIR") or BASE_DIR / "var")

DEBUG = env_bool("YISHI_DEBUG", default=True)
ALLOWED_HOSTS = env_list(
    "YISHI_ALLOWED_HOSTS", "127.0.0.1,localhost,[::1],testserver" if DEBUG else ""
)
CSRF_TRUSTED_ORIGINS = env_list("YISHI_TRUSTED_ORIGINS")
# The address printed into QR codes and papers, without a slash at the end.
PUBLIC_URL = env_text("YISHI_PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
# Printed at the foot of every page that belongs to no single vote; may be empty.
HELP_PHONE = env_text("YISHI_HELP_PHONE")

_KEYS_DIR = VAR_DIR / "keys"
SECRET_KEY = env_secret("YISHI_SECRET_KEY", size=48, keys_dir=_KEYS_DIR, create=DEBUG).hex()
# Personal data at rest: the key that seals, further ones that only open, and the cipher
# ("aes256" or "sm4", see core.sealed). HMAC keys of searchable hashes and of letter codes.
DATA_KEY = env_secret("YISHI_DATA_KEY", size=32, keys_dir=_KEYS_DIR, create=DEBUG)
DATA_KEYS_READ = env_secrets("YISHI_DATA_KEYS_READ", size=32, keys_dir=_KEYS_DIR)
DATA_CIPHER = env_choice("YISHI_DATA_CIPHER", ("aes256", "sm4"))
HASH_KEY = env_secret("YISHI_HASH_KEY", size=32, keys_dir=_KEYS_DIR, create=DEBUG)
CODE_KEY = env_secret("YISHI_CODE_KEY", size=32, keys_dir=_KEYS_DIR, create=DEBUG)
# Ed25519 seed that signs checkpoints and receipts.
BOARD_KEY = env_secret("YISHI_BOARD_KEY", size=32, keys_dir=_KEYS_DIR, create=DEBUG)

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "logbook",
    "registry",
    "accounts",
    "documents",
    "voting",
    "funds",
    "disclosures",
    "committees",
    "portal",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "portal.middleware.SecurityHeadersMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.StaffGateMiddleware",
    "portal.looking.LookingMiddleware",
    "portal.middleware.RuleViolationMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["portal.templatetags.sentences"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.context.site",
            ],
        },
    }
]

DATABASES = {
    "default": dj_database_url.parse(
        env_text("DATABASE_URL") or f"sqlite:///{VAR_DIR / 'yishi.sqlite3'}", conn_max_age=60
    )
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # IMMEDIATE: a writer waits for the lock at BEGIN instead of failing at its first write.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # REPLACE deletes: only with recursive triggers do tables that keep everything see it.
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA recursive_triggers=ON;"
        ),
    }
# Commands open their own durable transactions.
ATOMIC_REQUESTS = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env_text("REDIS_URL")
# Shared by all workers in any case: limits of the sign-in are counted in it.
CACHES = {
    "default": {
        **(
            {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
            if REDIS_URL
            else {
                "BACKEND": "django.core.cache.backends.db.DatabaseCache",
                "LOCATION": "yishi_cache",
                # Far above what a day brings: culling early would forget counted tries.
                "OPTIONS": {"MAX_ENTRIES": 100_000},
            }
        ),
        "KEY_FUNCTION": "config.cache.keyed",
    }
}
CELERY_BROKER_URL = REDIS_URL or "memory://"
CELERY_TASK_ALWAYS_EAGER = False
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TIMEZONE = "Asia/Shanghai"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "accounts.passwords.ContextWordsValidator"},
    {"NAME": "accounts.leaked.LeakedPasswordsValidator"},
]
# A file of SHA-1 hashes of leaked passwords (accounts.leaked); empty: none is asked.
LEAKED_PASSWORDS = env_text("YISHI_LEAKED_PASSWORDS")
LOGIN_REDIRECT_URL = "/staff/"
LOGIN_URL = "/accounts/login/"

ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
SOCIALACCOUNT_ADAPTER = "accounts.oidc.adapters.SocialAccountAdapter"
ACCOUNT_FORMS = {"confirm_login_code": "accounts.forms.SignInCodeForm"}
ACCOUNT_LOGIN_METHODS = {"username", "phone"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 600
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_PHONE_VERIFICATION_CODE_FORMAT = {"numeric": True, "dashed": False, "length": 6}
# A shared desk must not stay signed in after the browser is closed.
ACCOUNT_SESSION_REMEMBER = False
# Street offices, bureaus and operators: no staff page without a second factor.
REQUIRE_MFA = env_bool("YISHI_REQUIRE_MFA", default=not DEBUG)
MFA_ADAPTER = "accounts.adapters.MFAAdapter"
MFA_FORMS = {
    "authenticate": "accounts.forms.FactorForm",
    "reauthenticate": "accounts.forms.FactorAgainForm",
    "login_webauthn": "accounts.forms.PasskeyForm",
}
MFA_TOTP_ISSUER = "Yishi"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEBUG
# An official's browser left alone is signed out; every sign-in ends after a working day.
STAFF_IDLE_SECONDS = env_int("YISHI_IDLE_MINUTES", 30) * 60
STAFF_SESSION_SECONDS = env_int("YISHI_SESSION_HOURS", 8) * 3600
# Single sign-on at one OpenID Connect provider; without an issuer there is none.
OIDC_ISSUER = env_text("YISHI_OIDC_ISSUER").rstrip("/")
OIDC_CLIENT_ID = env_text("YISHI_OIDC_CLIENT_ID")
OIDC_CLIENT_SECRET = env_file("YISHI_OIDC_CLIENT_SECRET")
OIDC_CA_FILE = env_text("YISHI_OIDC_CA_FILE")
OIDC_TITLE = env_text("YISHI_OIDC_TITLE") or _("政务统一身份认证")
OIDC_SCOPES = env_list("YISHI_OIDC_SCOPES", "openid,profile")
# What the provider has to say of how somebody signed in there; empty: it is believed anyhow.
OIDC_ACR = env_list("YISHI_OIDC_ACR")
OIDC_GROUPS_CLAIM = env_text("YISHI_OIDC_GROUPS_CLAIM", "groups")
OIDC_GROUPS_FILE = env_text("YISHI_OIDC_GROUPS_FILE")  # which group is which role, where
# After so long the provider is asked again; if it cannot be, work goes on for so long.
OIDC_RECHECK_SECONDS = env_int("YISHI_OIDC_RECHECK_SECONDS", 60)
OIDC_GRACE_SECONDS = env_int("YISHI_OIDC_GRACE_SECONDS", 600)
ALLAUTH_TRUSTED_PROXY_COUNT = env_int("YISHI_PROXY_COUNT", 0)

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("中文")), ("en", _("英文"))]
# The second has the framework's own sentences, said plainly; `make messages` leaves it alone.
LOCALE_PATHS = [BASE_DIR / "locale", BASE_DIR / "config" / "wording"]
USE_I18N = True
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = Path(env_text("YISHI_STATIC_ROOT") or VAR_DIR / "static")
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if DEBUG and not env_bool("YISHI_BUILD")
            else "whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
UPLOAD_MAX_BYTES = 20 * 1024 * 1024
# clamd, which looks at uploads first: tcp://host:port or unix:///path; empty: none.
VIRUS_SCANNER = env_text("YISHI_VIRUS_SCANNER")

# Django's own keeps key and content of a session in clear.
SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True  # forms carry the token themselves
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = STAFF_SESSION_SECONDS
# Before the names of cookies that have a path of their own, or are no secret.
COOKIE_PREFIX = "" if DEBUG else "__Secure-"
LANGUAGE_COOKIE_NAME = f"{COOKIE_PREFIX}django_language"
LANGUAGE_COOKIE_SECURE, LANGUAGE_COOKIE_SAMESITE = not DEBUG, "Lax"
MESSAGE_STORAGE = "config.messages.Messages"
SECURE_CONTENT_TYPE_NOSNIFF = True
# Not "no-referrer": browsers then send "Origin: null" with forms, which the CSRF check refuses.
# Pages below /q/ are stricter, see portal.middleware.
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if not DEBUG:
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    # Of this host alone: no other name below the domain can set them.
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
    SECURE_SSL_REDIRECT = env_bool("YISHI_SSL_REDIRECT", default=True)
    SECURE_HSTS_SECONDS = 31536000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = env_bool("YISHI_HSTS_SUBDOMAINS", default=True)
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# Whether browsers shall know the domain in advance is its owner's to apply for, of the whole
# of it; a flag in a header of one host would only pretend.
SILENCED_SYSTEM_CHECKS = ["security.W021"]

# Where letters wait to be fetched (24 hours at most); the development certificate authority.
LETTER_DIR = VAR_DIR / "letters"
CA_DIR = VAR_DIR / "ca"
# Where archive bundles wait to be fetched (24 hours); they can be made again.
ARCHIVE_DIR = VAR_DIR / "archives"
SIGNER_PKCS12 = env_text("YISHI_SIGNER_PKCS12")
SIGNER_PASSWORD_FILE = env_text("YISHI_SIGNER_PASSWORD_FILE")
# PEM of signer certificates used before: papers they signed stay genuine.
SIGNER_TRUST_FILE = env_text("YISHI_SIGNER_TRUST_FILE")
TSA_URL = env_text("YISHI_TSA_URL")
SMS_GATEWAY = env_text("YISHI_SMS_GATEWAY", "accounts.gateways.ConsoleGateway")
IDENTITY_PROVIDER = env_text("YISHI_IDENTITY_PROVIDER", "")
# What one message costs, in 厘 (0.001 yuan), for the budget shown before an announcement.
SMS_COST_LI = env_int("YISHI_SMS_COST_LI", 45)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"mask": {"()": "accounts.masking.MaskFilter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "filters": ["mask"]}},
    "root": {"handlers": ["stderr"], "level": env_text("YISHI_LOG_LEVEL", "INFO")},
    # One line for every font and page they touch.
    "loggers": {"weasyprint": {"level": "ERROR"}, "fontTools": {"level": "ERROR"}},
}
