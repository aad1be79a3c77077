"""Readings of meters from an MQTT broker, which keeps them for us between two fetches; each is acknowledged when it is kept."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any

from hengtan.problems import HengtanError, Problem

from .answers import choice, number, refuse, table, text
from .contract import (
    CHOICE,
    LINES,
    NUMBER,
    SECRET,
    Asked,
    Connector,
    Failed,
    Field,
    Item,
    Reading,
    Readings,
    Settings,
)

MOST, AT_ONCE, QUIET_S, MOST_PAYLOAD, CONNECT_S = 50_000, 20, 0.3, 65_536, 10  # 20: brokers send no more unacknowledged
MILLISECONDS = 100_000_000_000

FIELDS = (
    Field("host", {"en": "Host", "zh": "主机"}),
    Field(
        "safety", {"en": "Connection", "zh": "连接方式"}, CHOICE, required=False, default="mqtts",
        choices={"mqtts": {"en": "encrypted (TLS)", "zh": "加密（TLS）"}, "mqtt": {"en": "not encrypted", "zh": "不加密"}},
    ),
    Field("port", {"en": "Port", "zh": "端口"}, NUMBER, required=False, help={"en": "Empty: 8883, or 1883 without encryption.", "zh": "留空：8883；不加密时为 1883。"}),
    Field("user", {"en": "User", "zh": "用户名"}, required=False),
    Field("password", {"en": "Password", "zh": "密码"}, SECRET, required=False),
    Field(
        "client", {"en": "Name of the session", "zh": "会话名称"}, default="hengtan",
        help={"en": "The broker keeps messages under this name while nobody listens; no other client may have it.", "zh": "无人接收时，服务器以此名称暂存消息；不得与其他客户端重名。"},
    ),
    Field(
        "meters", {"en": "Meters", "zh": "表计"}, LINES,
        help={"en": "A line each: topic = facility, activity type, unit. Wildcards + and # stand for many meters.", "zh": "每行一个：主题 = 设施, 活动类型, 单位。可用通配符 + 和 # 代表多个表计。"},
    ),
    Field(
        "value", {"en": "Field of the value", "zh": "读数字段"}, required=False,
        help={"en": "In JSON, as data.energy; empty: the message is the number. It is what a register shows, not what was used.", "zh": "JSON 中的字段，例如 data.energy；留空：消息本身即数字。应为表计累计读数，而非期间用量。"},
    ),
    Field(
        "time", {"en": "Field of the time", "zh": "时间字段"}, required=False,
        help={"en": "ISO 8601 or seconds since 1970; empty: when it arrives, which is wrong for what the broker kept.", "zh": "ISO 8601 或 1970 年以来的秒数；留空则用到达时间，对暂存消息不准确。"},
    ),
    Field("listen_s", {"en": "Listen for (seconds)", "zh": "接收时长（秒）"}, NUMBER, required=False, default="20"),
)  # fmt: skip


def fetch(settings: Settings, asked: Asked) -> Iterator[Item]:
    """What the broker has kept, and what comes while we listen."""
    meters = table(settings, "meters", 3)
    if not meters or any(not all(cells) for cells in meters.values()):
        refuse("meters", "give topic = facility, activity type, unit", "请填写 主题 = 设施, 活动类型, 单位")
    until = time.monotonic() + number(settings, "listen_s", 20, 1, 300)
    heard: list[Any] = []
    client = _connected(settings, asked, list(meters), heard)
    count, quiet_since = 0, time.monotonic()
    try:
        while time.monotonic() < until and count < MOST:
            before = len(heard)
            if client.loop(timeout=0.1) != 0:
                raise HengtanError(Problem("outbound.no-answer", values={"place": settings["host"], "why": "MQTT"}))
            if len(heard) > before:
                quiet_since = time.monotonic()
            if heard and (len(heard) >= AT_ONCE or time.monotonic() - quiet_since > QUIET_S):
                yield from _read(heard, settings, meters, asked)
                count += len(heard)
                for message in heard:  # whoever asked on has kept them
                    if message.qos and not asked.dry:
                        client.ack(message.mid, message.qos)
                heard.clear()
                client.loop(timeout=0.01)
    finally:
        client.disconnect()
        client.loop(timeout=0.1)


def _connected(settings: Settings, asked: Asked, topics: list[str], heard: list[Any]) -> Any:
    import paho.mqtt.client as mqtt  # noqa: PLC0415  an extra
    from paho.mqtt.enums import CallbackAPIVersion  # noqa: PLC0415

    scheme = choice(settings, "safety", ("mqtts", "mqtt"))
    host = text(settings, "host")
    port = number(settings, "port", 8883 if scheme == "mqtts" else 1883, 1, 65535)
    refused: list[HengtanError] = []

    class Client(mqtt.Client):
        """Connects where it is allowed, to the address that was looked at."""

        def _create_socket_connection(self) -> socket.socket:
            try:
                return asked.reach.connect(scheme, host, port, CONNECT_S)
            except HengtanError as wrong:
                refused.append(wrong)
                raise OSError from None

    name = text(settings, "client") + ("-dry" if asked.dry else "")
    client = Client(
        CallbackAPIVersion.VERSION2, client_id=name, clean_session=asked.dry, manual_ack=True,
        protocol=mqtt.MQTTv311, reconnect_on_failure=False,
    )  # fmt: skip
    if settings.get("user"):
        client.username_pw_set(settings["user"], settings.get("password") or None)
    if scheme == "mqtts":
        client.tls_set()
    answered: list[Any] = []
    client.on_connect = lambda _c, _u, _f, code, _p: answered.append(code)
    client.on_message = lambda _c, _u, message: heard.append(message)
    try:
        client.connect(host, port, keepalive=60)
        until = time.monotonic() + CONNECT_S
        while not answered and time.monotonic() < until:
            client.loop(timeout=0.1)
    except (OSError, ValueError) as fault:
        if refused:
            raise refused[0] from None
        why = getattr(fault, "verify_message", "") or str(fault) or type(fault).__name__
        raise HengtanError(
            Problem("outbound.no-answer", values={"place": f"{host}:{port}", "why": why[:200]})
        ) from None
    if not answered or answered[0].is_failure:
        why = str(answered[0]) if answered else "timeout"
        raise HengtanError(Problem("source.sign-in", values={"host": host, "why": why}))
    client.subscribe([(topic, 1) for topic in topics])
    return client


def _read(
    heard: list[Any], settings: Settings, meters: Mapping[str, tuple[str, ...]], asked: Asked
) -> Iterator[Item]:  # fmt: skip
    from paho.mqtt.client import topic_matches_sub  # noqa: PLC0415

    found, what = [], {}
    for message in heard:
        if message.retain and not settings.get("time"):
            continue  # nobody knows when that was
        wanted = next((cells for topic, cells in meters.items() if topic_matches_sub(topic, message.topic)), None)
        if wanted is None:
            continue
        meter = message.topic[:200]
        try:
            found.append(reading(meter, message.payload, settings, asked.zone))
            what[meter] = dict(zip(("facility", "activity_type", "unit"), wanted, strict=True))
        except HengtanError as wrong:
            yield Failed(meter, wrong.problems[0])
    if found:
        yield Readings(tuple(found), what)


def reading(meter: str, payload: bytes, settings: Settings, zone: tzinfo) -> Reading:
    """What a message says; HengtanError when it says nothing that can be used."""

    def refused(why: str) -> HengtanError:
        return HengtanError(Problem("source.message", values={"meter": meter, "why": why[:200]}))

    if len(payload) > MOST_PAYLOAD:
        raise refused(f"{len(payload)} bytes")
    shown, now = payload[:80].decode("utf-8", "replace"), datetime.now(UTC)
    try:
        told = json.loads(payload, parse_float=Decimal, parse_int=Decimal, parse_constant=Decimal)
    except (ValueError, RecursionError):
        raise refused(shown) from None
    value, at = told, now
    try:
        if settings.get("value"):
            value = _inside(told, settings["value"])
        if settings.get("time"):
            at = _moment(_inside(told, settings["time"]), zone)
        figure = value if isinstance(value, Decimal) else Decimal(str(value).strip())
    except (KeyError, TypeError, IndexError, InvalidOperation, ValueError, OverflowError, OSError):
        raise refused(shown) from None
    places = figure.as_tuple().exponent
    if not isinstance(places, int) or places < -12 or not 0 <= figure < 10**15 or isinstance(value, bool):
        raise refused(shown)
    if not datetime(2000, 1, 1, tzinfo=UTC) < at < now + timedelta(hours=26):
        raise refused(f"{at:%Y-%m-%d %H:%M}")
    return Reading(meter, at.astimezone(UTC), figure)


def _inside(told: Any, path: str) -> Any:
    for part in path.split("."):
        told = told[int(part)] if isinstance(told, list) else told[part]
    return told


def _moment(value: Any, zone: tzinfo) -> datetime:
    if isinstance(value, Decimal):
        return datetime.fromtimestamp(float(value / 1000 if value > MILLISECONDS else value), UTC)
    at = datetime.fromisoformat(value)
    return at if at.tzinfo else at.replace(tzinfo=zone)


CONNECTOR = Connector(
    title={"en": "Meters by MQTT", "zh": "MQTT 表计"},
    note={
        "en": "Cumulative registers become what was used on each day; gaps and resets are told.",
        "zh": "将累计读数换算为每日用量；缺数和清零会提示。",
    },
    fields=FIELDS,
    fetch=fetch,
    needs={"paho": "mqtt"},
    scheme="mqtts mqtt",
)
