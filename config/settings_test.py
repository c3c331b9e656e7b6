"""Settings of the tests: throw-away keys, fast password hashing, tasks run at once."""

import atexit
import os
import shutil
import tempfile

# Every process of a parallel run has its own folder; what it starts itself shares that.
_worker = os.environ.get("PYTEST_XDIST_WORKER", "")
if "YISHI_VAR_DIR" not in os.environ or os.environ.get("YISHI_VAR_OF", "") != _worker:
    os.environ["YISHI_VAR_DIR"] = tempfile.mkdtemp(prefix="yishi-test-")
    os.environ["YISHI_VAR_OF"] = _worker
    atexit.register(shutil.rmtree, os.environ["YISHI_VAR_DIR"], ignore_errors=True)
os.environ.setdefault("YISHI_DEBUG", "1")

from config.settings import *  # noqa: E402, F403

DEBUG = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CELERY_TASK_ALWAYS_EAGER = True
SECURE_SSL_REDIRECT = False
# Tests without a database use it too; tests/accounts/test_limits.py starts the real one.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
SMS_GATEWAY = "accounts.gateways.MemoryGateway"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # noqa: F405
    # A file, as in use: in memory, threads would share one cache and none would wait.
    DATABASES["default"]["TEST"] = {  # noqa: F405
        "NAME": os.path.join(os.environ["YISHI_VAR_DIR"], "test.sqlite3")
    }
