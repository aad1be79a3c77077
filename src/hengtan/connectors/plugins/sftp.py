"""Files from an SFTP server whose key is known: each new one comes in once; nothing there is changed."""

from __future__ import annotations

import base64
import binascii
import io
import stat
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Any

from hengtan.problems import HengtanError, Problem

from .answers import fits, number, refuse, text
from .contract import MOST_BYTES, NUMBER, SECRET, Asked, Connector, Failed, Fetched, Field, Item, Settings

TIMEOUT_S, MOST_FILES = 20, 2000

FIELDS = (
    Field("host", {"en": "Host", "zh": "主机"}),
    Field("port", {"en": "Port", "zh": "端口"}, NUMBER, required=False, default="22"),
    Field(
        "host_key", {"en": "Key of the server", "zh": "服务器公钥"},
        help={
            "en": "As in known_hosts: ssh-ed25519 AAAA... A dry run without it tells the key that the server shows; compare it with whoever runs the server.",
            "zh": "格式同 known_hosts：ssh-ed25519 AAAA…。留空试运行会显示服务器出示的公钥，请与对方管理员核对。",
        },
        required=False,
    ),
    Field("user", {"en": "User", "zh": "用户名"}),
    Field("password", {"en": "Password", "zh": "密码"}, SECRET, required=False),
    Field(
        "private_key", {"en": "Private key", "zh": "私钥"}, SECRET, required=False,
        help={"en": "OpenSSH form, without a passphrase; instead of a password.", "zh": "OpenSSH 格式，无口令；用于代替密码。"},
    ),
    Field("folder", {"en": "Folder", "zh": "文件夹"}, default="."),
    Field("pattern", {"en": "Files", "zh": "文件名"}, required=False, default="*.csv, *.xlsx"),
    Field("settled_s", {"en": "Left alone for (seconds)", "zh": "静置时间（秒）"}, NUMBER, required=False, default="30"),
)  # fmt: skip


def fetch(settings: Settings, asked: Asked) -> Iterator[Item]:
    """Files that are new, the oldest first."""
    folder, pattern = text(settings, "folder"), settings.get("pattern", "") or "*"
    settled = number(settings, "settled_s", 30, 0, 86_400)
    with closing(_opened(settings, asked)) as transport:
        import paramiko  # noqa: PLC0415  an extra

        with closing(paramiko.SFTPClient.from_transport(transport)) as sftp:
            sftp.get_channel().settimeout(TIMEOUT_S)
            try:
                entries = sftp.listdir_attr(folder)
            except OSError:
                raise HengtanError(Problem("source.no-folder", values={"folder": folder[:200]})) from None
            new = sorted(
                (each.st_mtime or 0, each.filename, each)
                for each in entries
                if fits(each.filename, pattern) and stat.S_ISREG(each.st_mode or 0) and "/" not in each.filename
            )
            for changed, name, told in new[:MOST_FILES]:
                mark = f"{name}|{told.st_size}|{changed}"
                if asked.now.timestamp() - changed < settled or asked.seen(mark):
                    continue
                target = asked.work / f"file{PurePosixPath(name).suffix.lower()[:12]}"
                try:
                    _copied(sftp, f"{folder.rstrip('/')}/{name}", target)
                except HengtanError as wrong:
                    yield Failed(name, wrong.problems[0])
                    continue
                yield Fetched(name, target, mark=mark)


def _copied(sftp: Any, name: str, target: Any) -> None:
    """Counts what comes, whatever size the server announces."""
    size = 0
    try:
        with sftp.open(name, "rb") as source, target.open("wb") as out:
            source.prefetch(max_concurrent_requests=64)
            while chunk := source.read(1 << 18):
                size += len(chunk)
                if size > MOST_BYTES:
                    raise HengtanError(Problem("source.too-large", values={"most": str(MOST_BYTES >> 20)}))
                out.write(chunk)
    except OSError as fault:
        raise HengtanError(Problem("source.unreadable", values={"why": str(fault)[:200]})) from None


def _opened(settings: Settings, asked: Asked) -> Any:
    """A connection to the server whose key is pinned, signed in."""
    import paramiko  # noqa: PLC0415

    host, port = text(settings, "host"), number(settings, "port", 22, 1, 65535)
    kind, key = pinned(settings.get("host_key", ""))
    signer = _private(settings)
    raw = asked.reach.connect("sftp", host, port, TIMEOUT_S)
    try:
        transport = paramiko.Transport(raw)
        transport.banner_timeout = transport.auth_timeout = TIMEOUT_S
        if kind:
            options = transport.get_security_options()
            kinds = [each for each in options.key_types if each == kind or (kind == "ssh-rsa" and "rsa" in each)]
            options.key_types = kinds or refuse("host_key", f"{kind} is not safe any more", f"{kind} 已不安全")
        try:
            transport.start_client(timeout=TIMEOUT_S)
            shown = transport.get_remote_server_key()
            if not kind or shown.asbytes() != key:
                told = f"{shown.get_name()} {shown.get_base64()}"
                print_ = base64.b64encode(sha256(shown.asbytes()).digest()).decode().rstrip("=")
                code = "source.host-key-other" if kind else "source.host-key"
                raise HengtanError(Problem(code, values={"host": host, "key": told, "print": f"SHA256:{print_}"}))
            if signer is not None:
                transport.auth_publickey(text(settings, "user"), signer)
            else:
                transport.auth_password(text(settings, "user"), settings.get("password", ""))
        except (paramiko.SSHException, OSError, EOFError) as fault:
            raise HengtanError(
                Problem("source.sign-in", values={"host": host, "why": str(fault)[:200] or type(fault).__name__})
            ) from None
    except BaseException:
        raw.close()
        raise
    return transport


def pinned(line: str) -> tuple[str, bytes]:
    """Kind and bytes of ``[host] ssh-ed25519 AAAA... [comment]``; nothing for an empty line."""
    words = line.split()
    if not words:
        return "", b""
    for kind, text_ in pairwise(words):
        if kind.startswith(("ssh-", "ecdsa-")):
            try:
                return kind, base64.b64decode(text_, validate=True)
            except (binascii.Error, ValueError):
                break
    refuse("host_key", "give it as ssh-ed25519 AAAA...", "请按 ssh-ed25519 AAAA… 的格式填写")


def _private(settings: Settings) -> Any:
    import paramiko  # noqa: PLC0415

    given = settings.get("private_key", "").strip()
    if not given:
        return None
    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        try:
            return kind.from_private_key(io.StringIO(given + "\n"))
        except (paramiko.SSHException, ValueError, IndexError, TypeError):
            continue
    return refuse("private_key", "it is no OpenSSH key without passphrase", "不是无口令的 OpenSSH 私钥")


CONNECTOR = Connector(
    title={"en": "SFTP server", "zh": "SFTP 服务器"},
    note={
        "en": "New files on an SFTP server come in once each.",
        "zh": "SFTP 服务器上的新文件自动导入，每个文件只导入一次。",
    },
    fields=FIELDS,
    fetch=fetch,
    needs={"paramiko": "sftp"},
    scheme="sftp",
)
