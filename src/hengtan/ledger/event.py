"""When something happened, as entries write it."""

from __future__ import annotations

from datetime import UTC, datetime


def moment(now: datetime | None = None) -> str:
    """RFC 3339 in UTC to the second, ``2026-03-31T08:00:00Z``; without an argument, what the clock says."""
    return (now or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
