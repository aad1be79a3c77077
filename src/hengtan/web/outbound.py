"""The one way out: connections to other machines, and folders outside the data folder, only where the installation allows it.

``HENGTAN_OUTBOUND_ALLOW`` lists places: ``https://hooks.example.com``, ``https://*.example.com:8443``, ``https://*`` (any public host),
``postgresql://10.1.0.0/16``, ``mqtt://[fd00::]/8:*``, ``file:///srv/incoming``. Nothing is allowed unless it stands there. A name is resolved
once, and the connection is made to the address that was looked at. Addresses that are not public (private, loopback, link-local, metadata)
are refused, whatever name leads to them, unless a place names that address or its network. Redirects are not followed.

Folders: each organisation has one of its own, named by its key, below every ``file://`` place.
"""

from __future__ import annotations

import http.client
import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from hengtan.problems import HengtanError, Problem

PORTS: Mapping[str, int] = {
    "https": 443, "http": 80, "sftp": 22, "postgresql": 5432, "mysql": 3306, "mariadb": 3306, "mssql": 1433,
    "oracle": 1521, "mqtt": 1883, "mqtts": 8883,
}  # fmt: skip
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_PLACE = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<host>\[[0-9a-fA-F:.]+\](?:/\d+)?|[^/:\s]+(?:/\d+)?)(?::(?P<port>\d+|\*))?/?"
)
_NAT64, _6TO4 = ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("2002::/16")
_LIKE_NAT64 = ipaddress.IPv6Network("64:ff9b:1::/48")
_OF_THE_CLOUD = frozenset(
    {ipaddress.IPv4Address("168.63.129.16")}
)  # answers machines of Azure alone, though it looks public


class Refused(HengtanError):  # noqa: N818  no error of ours
    """A place to which this installation makes no connection, or that cannot be reached; ``problems`` say which."""


@dataclass(frozen=True, slots=True)
class Place:
    """What one entry allows. host: a name, ``*``, ``*.suffix``; network instead, for addresses; port None: any; folder for ``file``."""

    text: str
    scheme: str
    host: str = ""
    network: Network | None = None
    port: int | None = None
    folder: Path | None = None

    def allows(self, scheme: str, host: str, port: int) -> bool:
        """Whether a connection by this name may be tried at all."""
        if self.scheme != scheme or self.port not in (None, port):
            return False
        if self.network is not None:
            literal = _literal(host)
            return literal is not None and _within(literal, self.network)
        if _literal(host) is not None:  # a wildcard of names is no wildcard of addresses, but for what is public
            return self.host == "*"
        return self.host in ("*", host) or (self.host.startswith("*.") and host.endswith(self.host[1:]))

    def names(self, scheme: str, address: Address, port: int) -> bool:
        """Whether it allows the very address, public or not."""
        return (
            self.network is not None
            and self.scheme == scheme
            and self.port in (None, port)
            and _within(address, self.network)
        )


def place(text: str) -> Place:
    """An entry of the list; ValueError with what is wrong with it."""
    if text.startswith("file://"):
        parts = urlsplit(text)
        path = Path(unquote(parts.path))
        if parts.netloc or not path.is_absolute() or path == Path("/") or ".." in path.parts:
            raise ValueError(f"{text}: give a folder, as file:///srv/incoming")
        return Place(text, "file", folder=path)
    found = _PLACE.fullmatch(text)
    if found is None or "@" in text:
        raise ValueError(f"{text}: give scheme://host or scheme://host:port, as https://hooks.example.com")
    scheme, host, port = found["scheme"], found["host"].lower(), found["port"]
    if port is None and scheme not in PORTS:
        raise ValueError(f"{text}: give a port too; known without are {', '.join(PORTS)}")
    number = None if port == "*" else int(port) if port else PORTS[scheme]
    if number is not None and not 0 < number < 65536:
        raise ValueError(f"{text}: no port")
    bare = host.replace("[", "").replace("]", "")
    try:
        return Place(text, scheme, network=ipaddress.ip_network(bare, strict=False), port=number)
    except ValueError:
        if "/" in bare or ":" in bare or re.fullmatch(r"[\d.]+", bare):
            raise ValueError(f"{text}: no address, no network") from None
    if "*" in host.removeprefix("*.") and host != "*":
        raise ValueError(f"{text}: * stands alone or at the beginning, as *.example.com")
    return Place(text, scheme, host.rstrip("."), port=number)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status, and at most as many bytes as were asked for."""

    status: int
    body: bytes
    seconds: float


class Outbound:
    """The way out of one organisation. key: of the organisation, whose folders are below the allowed ones."""

    def __init__(self, allowed: tuple[str, ...], key: str = "") -> None:
        self.places = tuple(place(each) for each in allowed)
        self.key = key

    def permitted(self, scheme: str, host: str, port: int | None = None) -> int:
        """The port; raises Refused when the list does not have it. Asks nobody for the address."""
        number = port or PORTS.get(scheme, 0)
        if not any(each.allows(scheme, _folded(host), number) for each in self.places):
            where = f"{scheme}://{host}{f':{number}' if number else ''}"
            raise Refused(Problem("outbound.not-allowed", values={"place": where}))
        return number

    def addresses(self, scheme: str, host: str, port: int | None = None) -> list[str]:
        """The addresses to which a connection may be made, as numbers; raises Refused when there is none."""
        number = self.permitted(scheme, host, port)
        literal = _literal(_folded(host))
        found = [literal] if literal is not None else _resolved(host, number)
        good = [
            each for each in found if is_public(each) or any(here.names(scheme, each, number) for here in self.places)
        ]
        if not good:
            raise Refused(
                Problem(
                    "outbound.private", values={"host": host, "address": ", ".join(str(each) for each in found[:3])}
                )
            )
        return [str(each) for each in good]

    def connect(self, scheme: str, host: str, port: int | None = None, timeout_s: float = 10) -> socket.socket:
        """A connection to an address that was looked at; raises Refused with what is in the way."""
        number, why = self.permitted(scheme, host, port), ""
        for address in self.addresses(scheme, host, port)[:3]:
            try:
                return socket.create_connection((address, number), timeout=timeout_s)
            except OSError as fault:
                why = fault.strerror or str(fault) or type(fault).__name__
        raise Refused(Problem("outbound.no-answer", values={"place": f"{host}:{number}", "why": why}))

    def check(self, url: str, schemes: tuple[str, ...] = ("https", "http")) -> SplitResult:
        """The parts of an address that may be asked; raises Refused. Whoever types a password into it is told."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise Refused(Problem("outbound.address", values={"place": url[:200]})) from None
        plain = url.isascii() and url.isprintable() and " " not in url
        if parts.scheme not in schemes or not parts.hostname or not plain or parts.fragment or "@" in parts.netloc:
            raise Refused(Problem("outbound.address", values={"place": url[:200]}))
        self.permitted(parts.scheme, parts.hostname, port)
        return parts

    def post(
        self, url: str, body: bytes, headers: Mapping[str, str], *, timeout_s: float = 10, most: int = 2048
    ) -> Answer:  # fmt: skip
        """Sends and hears the answer, whatever its status; a redirect is an answer. Raises Refused when there is none in time."""
        parts = self.check(url)
        host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
        began = time.monotonic()
        here = self.connect(parts.scheme, host, parts.port, timeout_s)
        if parts.scheme == "https":
            context = ssl.create_default_context()
            here = context.wrap_socket(here, server_hostname=host, do_handshake_on_connect=False)
        with here, _deadline(here, timeout_s) as late:
            try:
                if isinstance(here, ssl.SSLSocket):
                    here.do_handshake()
                call = http.client.HTTPConnection(host, port, timeout=timeout_s)
                call.sock = here
                target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
                call.request("POST", target, body=body, headers=dict(headers))
                answer = call.getresponse()
                heard = answer.read(most)
                if late.is_set():
                    raise TimeoutError
                return Answer(answer.status, heard, time.monotonic() - began)
            except (OSError, ValueError, http.client.HTTPException) as fault:
                why = "timeout" if late.is_set() or isinstance(fault, TimeoutError) else _said(fault)
                raise Refused(Problem("outbound.no-answer", values={"place": f"{host}:{port}", "why": why})) from None

    def folder(self, path: str) -> Path:
        """The folder, or file, that the organisation may read: below an allowed place, in the one that bears its key."""
        asked = Path(path)
        for each in self.places:
            if each.folder is None or not self.key:
                continue
            own = each.folder / self.key
            found = asked if asked.is_absolute() else own / asked
            if found.resolve().is_relative_to(own.resolve()):
                return found.resolve()
        own_folders = [str(each.folder / self.key) for each in self.places if each.folder is not None]
        raise Refused(Problem("outbound.folder", values={"path": path[:200], "folders": ", ".join(own_folders) or "—"}))


def way_out(key: str) -> Outbound:
    """Of the organisation with this key, as this installation is set."""
    from django.conf import settings  # noqa: PLC0415  the configuration reads entries before there is Django

    return Outbound(settings.CONFIGURATION.outbound_allow, key)


def is_public(address: Address) -> bool:
    """Whether anybody in the internet may have it. What IPv6 wraps around IPv4 is unwrapped first."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or (ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None)
        if inner is None and address in _6TO4:
            inner = ipaddress.IPv4Address((int(address) >> 80) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address in _LIKE_NAT64 or address.teredo is not None or address.is_site_local or not int(address) >> 32:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved and address not in _OF_THE_CLOUD


def _within(address: Address, network: Network) -> bool:
    """An IPv4 address in the dress of IPv6 is the IPv4 address."""
    bare = getattr(address, "ipv4_mapped", None) or address
    return bare.version == network.version and bare in network


def _folded(host: str) -> str:
    return host.lower().rstrip(".").strip("[]")


def _literal(host: str) -> Address | None:
    """The address that a host means without any name: also 127.1, 0x7f000001 and 2130706433, as connections understand them."""
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        pass
    if re.fullmatch(r"(0x[0-9a-f]*|\d+)(\.(0x[0-9a-f]*|\d+))*", host):
        try:
            return ipaddress.IPv4Address(socket.inet_aton(host))
        except OSError:
            return None
    return None


def _resolved(host: str, port: int) -> list[Address]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Refused(Problem("outbound.unknown-name", values={"host": host})) from None
    texts = dict.fromkeys(str(each[4][0]).partition("%")[0] for each in found)
    return [ipaddress.ip_address(text) for text in texts]


def _said(fault: Exception) -> str:
    if isinstance(fault, ssl.SSLCertVerificationError):
        return f"TLS: {fault.verify_message}"
    return (getattr(fault, "strerror", "") or str(fault) or type(fault).__name__)[:200]


@contextmanager
def _deadline(here: socket.socket, seconds: float) -> Iterator[threading.Event]:
    """However slowly the other side speaks, after so many seconds it is over."""
    late = threading.Event()

    def cut() -> None:
        late.set()
        try:
            socket.socket.shutdown(here, socket.SHUT_RDWR)  # of TLS too, whose own would wait for the other side
        except OSError:  # it has ended already
            return

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield late
    finally:
        timer.cancel()
