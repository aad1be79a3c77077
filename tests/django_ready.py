"""Django set up for tests: an installation of its own in a folder that goes with the process; quick passwords, plain static files."""

import os
import tempfile
from pathlib import Path

FOLDER = tempfile.TemporaryDirectory(prefix="hengtan-web-")
os.environ["HENGTAN_DATA"] = FOLDER.name
os.environ["HENGTAN_CONFIG"] = str(Path(FOLDER.name) / "hengtan.toml")
Path(os.environ["HENGTAN_CONFIG"]).write_text("")
os.environ["DJANGO_SETTINGS_MODULE"] = "hengtan.web.settings"
os.environ.pop("HENGTAN_DATABASE_URL", None)

import django  # noqa: E402
from django.conf import settings  # noqa: E402

settings.DATABASES["default"].setdefault("TEST", {})
if "sqlite" in settings.DATABASES["default"]["ENGINE"]:
    settings.DATABASES["default"]["TEST"]["NAME"] = str(Path(FOLDER.name) / "test.sqlite3")
settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
settings.CACHES["default"] = {
    "BACKEND": "django.core.cache.backends.locmem.LocMemCache"
}  # test_limits.py has the shared one
settings.PASSWORD_HASHERS.insert(0, "django.contrib.auth.hashers.MD5PasswordHasher")
settings.MIDDLEWARE.remove("whitenoise.middleware.WhiteNoiseMiddleware")
django.setup()
