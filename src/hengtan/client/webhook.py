"""What a webhook of hengtan said, once it is certain that hengtan said it (Standard Webhooks)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any

TOLERANCE_S = 300


class NotOurs(Exception):  # noqa: N818  whoever sent it is at fault
    """The signature is wrong, or it was sent too long ago."""


def heard(
    headers: Mapping[str, str], body: bytes, secret: str, *, tolerance_s: float = TOLERANCE_S, now: float | None = None
) -> dict[str, Any]:  # fmt: skip
    """The event: ``id`` (the same however often it is sent), ``type``, ``timestamp``, ``data``. Raises NotOurs.

    headers  of the request, upper and lower case alike; body: exactly as it came; secret: ``whsec_...``
    """
    given = {name.lower(): value for name, value in headers.items()}
    message, moment = given.get("webhook-id", ""), given.get("webhook-timestamp", "")
    if not message or not moment.isdigit() or abs((time.time() if now is None else now) - int(moment)) > tolerance_s:
        raise NotOurs("too old, or without its headers")
    content = b".".join((message.encode(), moment.encode(), body))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mine = b"v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest())
    signatures = given.get("webhook-signature", "").encode("utf-8", "replace").split(b" ")
    good = [hmac.compare_digest(mine, each) for each in signatures]  # every one, so that time tells nothing
    if not any(good):
        raise NotOurs("the signature is not of this secret")
    return {"id": message, **json.loads(body)}
