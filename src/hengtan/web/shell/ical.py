"""Days as an iCalendar text (RFC 5545), to which calendars subscribe."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date

from django.utils import timezone


@dataclass(frozen=True, slots=True)
class Event:
    """A whole day. uid: unique within this installation, and the same each time; address: the page of it.

    alarms   days before it on which a calendar speaks up
    """

    uid: str
    day: date
    title: str
    address: str
    alarms: tuple[int, ...] = ()


def calendar_text(kind: str, name: str, events: Iterable[Event]) -> str:
    """The calendar; ``kind`` in its PRODID, ``name`` as people see it."""
    made = timezone.now().astimezone(UTC)
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:-//hengtan//{kind}//EN",
        "CALSCALE:GREGORIAN",
        f"X-WR-CALNAME:{_text(name)}",
    ]
    for each in events:
        lines += [
            "BEGIN:VEVENT", f"UID:{each.uid}@hengtan", f"DTSTAMP:{made:%Y%m%dT%H%M%SZ}", f"DTSTART;VALUE=DATE:{each.day:%Y%m%d}",
            f"SUMMARY:{_text(each.title)}", f"URL:{each.address}", "TRANSP:TRANSPARENT",
        ]  # fmt: skip
        for before in each.alarms:
            said = [f"TRIGGER:-P{before}D", "ACTION:DISPLAY", f"DESCRIPTION:{_text(each.title)}"]
            lines += ["BEGIN:VALARM", *said, "END:VALARM"]
        lines.append("END:VEVENT")
    return "".join(f"{folded}\r\n" for line in [*lines, "END:VCALENDAR"] for folded in _folded(line))


def _text(value: str) -> str:
    """As the RFC writes text: what separates is escaped, signs that steer a terminal are left out."""
    plain = value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")
    return "".join(sign for sign in plain if sign >= " " and sign != "\x7f")


def _folded(line: str) -> list[str]:
    """Lines of at most 75 octets; what goes on begins with a space."""
    parts, part = list[str](), ""
    for sign in line:
        if len((part + sign).encode()) > 74:
            parts.append(part)
            part = " "
        part += sign
    return [*parts, part]
