"""What an installation may set: environment variables over one TOML file over defaults. Knows no Django."""

from __future__ import annotations

import difflib
import os
import secrets
import socket
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from .outbound import place

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
SCHEMES = {"postgresql", "postgres", "sqlite"}
MAIL = {"smtp": 25, "smtp+tls": 587, "smtps": 465}


class MisconfiguredError(Exception):
    """A setting that cannot be used, and how to mend it."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """``HENGTAN_<NAME>`` in the environment, ``<name>`` in hengtan.toml.

    data           folder of this installation: SQLite file, secret key, files
    database_url   postgresql://user:password@host/name; empty: SQLite in the data folder
    secret_key     empty: made once and kept in the data folder
    public_url     how browsers reach it, https://carbon.example.com; links in e-mails and secure cookies follow it
    allowed_hosts  further names it answers to, separated by commas
    behind_proxy   a reverse proxy sets X-Forwarded-Proto and X-Forwarded-For, and strips those of clients
    mail_url       smtp://, smtp+tls:// (STARTTLS) or smtps://user:password@host:port; empty: e-mails are printed
    mail_from      sender of its e-mails
    api_calls      how often a token may call the API in a minute
    language       of people who have chosen none: en or zh
    quota_gb       how many GB the files of one organisation may take, unless it was given another number; 0: no limit
    oidc_url       issuer of single sign-on (OpenID Connect), https://login.example.com/realms/acme; empty: passwords and passkeys alone
    oidc_client_id, oidc_client_secret   what the issuer knows this installation by
    oidc_name      what stands on the button
    outbound_allow places to which webhooks and sources may connect, separated by commas; see ``outbound``; empty: none
    """

    data: Path
    database_url: str = ""
    secret_key: str = ""
    public_url: str = ""
    allowed_hosts: tuple[str, ...] = ()
    behind_proxy: bool = False
    mail_url: str = ""
    mail_from: str = "hengtan <hengtan@localhost>"
    api_calls: int = 600
    language: str = "en"
    quota_gb: float = 0
    oidc_url: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = ""
    oidc_name: str = "SSO"
    outbound_allow: tuple[str, ...] = ()

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Configuration:
        """From these variables and the file that ``HENGTAN_CONFIG`` names, else ``hengtan.toml`` where it was started."""
        given = _file(environ)
        names = [each.name for each in fields(cls)]
        for name in given:
            if name not in names:
                near = difflib.get_close_matches(name, names, 1)
                raise MisconfiguredError(
                    f"hengtan.toml: {name} is no setting" + (f"; did you mean {near[0]}?" if near else "")
                )
        given.update({name: environ[key] for name in names if environ.get(key := f"HENGTAN_{name.upper()}")})
        if environ.get("DATABASE_URL"):
            given.setdefault("database_url", environ["DATABASE_URL"])
        data = Path(str(given.pop("data", "") or _home(environ))).expanduser().absolute()
        settings: dict[str, Any] = {name: _value(name, value) for name, value in given.items()}
        return cls(data=data, **settings)._checked()

    def _checked(self) -> Configuration:
        if self.database_url and urlsplit(self.database_url).scheme not in SCHEMES:
            raise MisconfiguredError(
                "database_url: give postgresql://user:password@host/name, or leave it out for SQLite"
            )
        if self.public_url and not urlsplit(self.public_url).hostname:
            raise MisconfiguredError("public_url: give the whole address, as https://carbon.example.com")
        if self.mail_url and urlsplit(self.mail_url).scheme not in MAIL:
            raise MisconfiguredError("mail_url: give smtp://, smtp+tls:// or smtps://user:password@host:port")
        issuer = urlsplit(self.oidc_url)
        if self.oidc_url and not (
            issuer.scheme == "https" or (issuer.scheme == "http" and issuer.hostname in LOOPBACK)
        ):
            raise MisconfiguredError("oidc_url: give the issuer's address, which begins with https://")
        if bool(self.oidc_url) != bool(self.oidc_client_id and self.oidc_client_secret):
            raise MisconfiguredError("oidc_url, oidc_client_id and oidc_client_secret: give all three, or none")
        if self.language not in ("en", "zh"):
            raise MisconfiguredError("language: en or zh")
        try:
            for each in self.outbound_allow:
                place(each)
        except ValueError as wrong:
            raise MisconfiguredError(f"outbound_allow: {wrong}") from wrong
        return self

    @property
    def https(self) -> bool:
        """Whether browsers reach it by https."""
        return self.public_url.startswith("https://")

    def hosts(self) -> list[str]:
        """The names it answers to."""
        public = urlsplit(self.public_url).hostname
        return list(
            dict.fromkeys([*([public] if public else []), *self.allowed_hosts, *LOOPBACK, socket.gethostname()])
        )

    def key(self) -> str:
        """The secret key: given, else kept in the data folder, else one for this process alone (nothing is written here)."""
        if self.secret_key:
            return self.secret_key
        kept = self.data / "secret-key"
        return kept.read_text("ascii").strip() if kept.exists() else secrets.token_urlsafe(50)

    def database(self) -> dict[str, object]:
        """As Django wants it. SQLite: write-ahead log, every commit on the medium, a transaction takes the lock when it begins."""
        parts = urlsplit(self.database_url)
        if parts.scheme.startswith("postgres"):
            return {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": unquote(parts.path.lstrip("/")),
                "USER": unquote(parts.username or ""),
                "PASSWORD": unquote(parts.password or ""),
                "HOST": unquote(parts.hostname or ""),
                "PORT": str(parts.port or ""),
                "OPTIONS": dict(parse_qsl(parts.query)),
                "CONN_MAX_AGE": 60,
                "CONN_HEALTH_CHECKS": True,
            }
        pragmas = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=20000; PRAGMA foreign_keys=ON;"
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": self.data / "hengtan.sqlite3" if not parts.path else Path(unquote(parts.path)),
            "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": pragmas},
        }

    def sign_on(self) -> dict[str, object]:
        """The provider of single sign-on, as allauth wants it."""
        if not self.oidc_url:
            return {}
        app = {
            "provider_id": "sso",
            "name": self.oidc_name,
            "client_id": self.oidc_client_id,
            "secret": self.oidc_client_secret,
            "settings": {"server_url": self.oidc_url},
        }
        return {"openid_connect": {"APPS": [app], "OAUTH_PKCE_ENABLED": True}}

    def mail(self) -> dict[str, object]:
        """The EMAIL settings of Django."""
        if not self.mail_url:
            return {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
        parts = urlsplit(self.mail_url)
        return {
            "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "EMAIL_HOST": parts.hostname,
            "EMAIL_PORT": parts.port or MAIL[parts.scheme],
            "EMAIL_HOST_USER": unquote(parts.username or ""),
            "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
            "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
            "EMAIL_USE_SSL": parts.scheme == "smtps",
            "EMAIL_TIMEOUT": 20,
        }


def kept(path: Path, value: str) -> str:
    """What stands in the file; the value, written for the owner alone, when there is no such file."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text("ascii").strip()
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(value + "\n")
        file.flush()
        os.fsync(file.fileno())
    return value


def _file(environ: Mapping[str, str]) -> dict[str, object]:
    named = environ.get("HENGTAN_CONFIG")
    path = Path(named or "hengtan.toml")
    if not path.exists():
        if named:
            raise MisconfiguredError(f"HENGTAN_CONFIG names {named}, and there is no such file")
        return {}
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise MisconfiguredError(f"{path}: {fault}") from fault


def _home(environ: Mapping[str, str]) -> str:
    return str(Path(environ.get("XDG_DATA_HOME") or "~/.local/share") / "hengtan")


def _value(name: str, value: object) -> object:
    if name == "behind_proxy":
        if str(value).lower() not in ("true", "false", "1", "0", "yes", "no"):
            raise MisconfiguredError(f"{name}: true or false, not {value!r}")
        return str(value).lower() in ("true", "1", "yes")
    if name == "api_calls":
        if isinstance(value, bool) or not str(value).isdecimal() or not 1 <= int(str(value)) <= 1_000_000:
            raise MisconfiguredError(f"{name}: how often in a minute, from 1 to 1000000, not {value!r}")
        return int(str(value))
    if name == "quota_gb":
        try:
            number = float(str(value))
        except ValueError:
            number = -1
        if not 0 <= number < float("inf"):
            raise MisconfiguredError(f"{name}: a number of GB, 0 for no limit, not {value!r}")
        return number
    if name in ("allowed_hosts", "outbound_allow"):
        parts = value.split(",") if isinstance(value, str) else value
        if not isinstance(parts, list):
            raise MisconfiguredError(f"{name}: a list of names, not {value!r}")
        return tuple(str(part).strip() for part in parts if str(part).strip())
    if not isinstance(value, str):
        raise MisconfiguredError(f"{name}: text, not {value!r}")
    return value.rstrip("/") if name == "public_url" else value
