"""What goes over the wire in every call: problems, pages of lists, answers that are given once."""

from __future__ import annotations

import base64
import binascii
import hashlib
import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, Generic, TypeVar

from django.db import IntegrityError, models, transaction
from django.utils.translation import get_language
from ninja import Query, Schema, Status
from pydantic import Field

from hengtan.problems import Problem as Wrong

from .door import Call, Said
from .models import Answer

Item = TypeVar("Item")
Row = TypeVar("Row", bound=models.Model)
MOST = 500


class Problem(Schema):
    """What is wrong, where, why, and how it is mended; in the language of ``Accept-Language``, else of the person."""

    code: str = Field(description="Never changes once it is published.", examples=["call.body"])
    severity: str = "error"
    place: str = ""
    reason: str
    mend: str


class Problems(Schema):
    """Every answer that is no success."""

    problems: list[Problem]


class Page(Schema, Generic[Item]):
    """Some of a list."""

    items: list[Item]
    next: str | None = Field(description="The cursor of the next page; null on the last.")


class Paging(Schema):
    """Where in a list, and how much of it."""

    cursor: str = Field("", max_length=200, description="`next` of the page before.")
    limit: int = Field(100, ge=1, le=MOST)


ask: Any = Query  # a parameter of the address
PAGING = ask(...)
REFUSED = dict.fromkeys((400, 401, 403, 404, 422, 429), Problems)
WRITES = {**REFUSED, 409: Problems, 413: Problems}


def lang() -> str:
    """``zh`` or ``en``."""
    return "zh" if (get_language() or "").startswith("zh") else "en"


def told(problem: Wrong) -> dict[str, str]:
    """One problem in the language of the call."""
    here = lang()
    return {
        "code": problem.code, "severity": str(problem.severity), "place": problem.place(here),
        "reason": problem.reason(here), "mend": problem.mend(here),
    }  # fmt: skip


def page(rows: models.QuerySet[Row], paging: Paging, show: Callable[[Row], Any]) -> dict[str, Any]:
    """The rows after the cursor in the order of their making; what comes meanwhile stands at the end."""
    after = position(paging.cursor)
    found = list(rows.filter(pk__gt=after).order_by("pk")[: paging.limit + 1])
    here = found[: paging.limit]
    last = cursor(here[-1].pk) if len(found) > paging.limit else None
    return {"items": [show(row) for row in here], "next": last}


def cursor(at: int) -> str:
    """A place in a list, for nobody to read."""
    return base64.urlsafe_b64encode(f"v1:{at}".encode()).decode().rstrip("=")


def position(text: str) -> int:
    """The place that a cursor means; Said 422 for what is none."""
    if not text:
        return 0
    try:
        mark, _, digits = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii").partition(":")
        if mark == "v1" and digits.isdigit() and len(digits) < 19 and cursor(int(digits)) == text:
            return int(digits)
    except (binascii.Error, UnicodeDecodeError, ValueError):
        pass
    raise Said(422, Wrong("call.cursor", column="cursor"))


def once(operation: Callable[..., tuple[int, Any]]) -> Callable[..., Status[Any]]:
    """One transaction; with an ``Idempotency-Key`` the same call again is answered as before and does nothing.

    The answer is stored in the transaction of what it tells: either both are there or neither.
    """

    @wraps(operation)
    def inner(request: Call, *args: Any, **more: Any) -> Status[Any]:
        key = request.headers.get("Idempotency-Key")
        if key is None:
            with transaction.atomic():
                return Status(*operation(request, *args, **more))
        if not 1 <= len(key) <= 128 or not key.isascii() or not key.isprintable():
            raise Said(422, Wrong("call.key-form"))
        call = _call(request)
        before = Answer.objects.filter(token=request.token, key=key).first()
        if before is None:
            try:
                with transaction.atomic():
                    held = Answer.objects.create(
                        organisation=request.organisation, token=request.token, key=key, call=call, status=0, body={}
                    )
                    status, body = operation(request, *args, **more)
                    held.status, held.body = status, body
                    held.save(update_fields=["status", "body"])
                    return Status(status, body)
            except IntegrityError:
                before = Answer.objects.filter(token=request.token, key=key).first()
                if before is None:  # it was not the key that was there already
                    raise
        if before.call != call:
            raise Said(409, Wrong("call.key-reused"))
        return Status(before.status, before.body)

    inner.__signature__ = inspect.signature(operation, eval_str=True)  # type: ignore[attr-defined]  # as Ninja reads it
    return inner


def _call(request: Call) -> str:
    """Method, address and content as one hash; ``content_sha256`` where the content was taken in already."""
    content = getattr(request, "content_sha256", "") or hashlib.sha256(request.body).hexdigest()
    return hashlib.sha256(f"{request.method} {request.get_full_path()}\n{content}".encode()).hexdigest()
