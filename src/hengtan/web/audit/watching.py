"""Changes of records that no service of their own tells the ledger: units, facilities, their places, denominators, roles.

Django says when such a row is saved; what was and what is, and who did it, go into the ledger as an event of that record. An event
that is written outside a transaction has one of its own, right after the row.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from django.db import models, transaction
from django.db.models.signals import post_init, post_save
from django.http import HttpRequest, HttpResponse

from hengtan.web.accounts.models import User
from hengtan.web.boundaries.models import Denominator, Facility, FacilityPlace, Unit, UnitPlace
from hengtan.web.organisations.models import Membership
from hengtan.web.vault.services import record

WATCHED: dict[type[models.Model], tuple[str, tuple[str, ...]]] = {
    Facility: ("facility", ("name", "region", "address", "latitude", "longitude", "floor_area_m2")),
    FacilityPlace: ("facility", ("facility_id", "unit_id", "approach", "share_pct", "valid_from", "valid_to")),
    Unit: ("unit", ("name",)),
    UnitPlace: ("unit", ("unit_id", "parent_id", "valid_from", "valid_to")),
    Denominator: ("denominator", ("facility_id", "kind", "start", "end", "value", "unit")),
    Membership: ("role", ("user_id", "role", "ended_at")),
}
_asking: ContextVar[HttpRequest | None] = ContextVar("asking", default=None)


def middleware(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """While a request is answered, its person is who changes things."""

    def answer(request: HttpRequest) -> HttpResponse:
        token = _asking.set(request)
        try:
            return get_response(request)
        finally:
            _asking.reset(token)

    return answer


def begin() -> None:
    """From now on."""
    for model in WATCHED:
        post_init.connect(_loaded, sender=model, dispatch_uid=f"audit-{model.__name__}")
        post_save.connect(_saved, sender=model, dispatch_uid=f"audit-{model.__name__}")


def _loaded(sender: type[models.Model], instance: Any, **_more: Any) -> None:
    instance._was = _values(sender, instance)


def _saved(sender: type[models.Model], instance: Any, created: bool, raw: bool = False, **_more: Any) -> None:
    now = _values(sender, instance)
    was: dict[str, str] = {} if created else instance._was
    changed = [name for name in now if was.get(name, "") != now[name]]
    instance._was = now
    by = _person()
    if raw or not changed or by is None:  # what a job or a command makes is told by its own event
        return
    kind = WATCHED[sender][0]
    what = {
        "record": kind, "id": _id(instance), "name": _name(instance),
        "old": {name: was.get(name, "") for name in changed} if was else {}, "new": {name: now[name] for name in changed},
    }  # fmt: skip
    with transaction.atomic():
        record(instance.organisation, f"{kind}.changed" if was else f"{kind}.made", what, by)


def _values(sender: type[models.Model], instance: Any) -> dict[str, str]:
    loaded = instance.__dict__  # a field that was deferred is not fetched for this
    return {name: _shown(loaded[name]) for name in WATCHED[sender][1] if name in loaded}


def _shown(value: object) -> str:
    return "" if value is None else str(value)


def _id(instance: Any) -> str:
    owner = {FacilityPlace: "facility_id", UnitPlace: "unit_id", Membership: "user_id"}.get(type(instance), "pk")
    return str(getattr(instance, owner))


def _name(instance: Any) -> str:
    if isinstance(instance, Membership):
        return str(instance.user.name)
    if isinstance(instance, FacilityPlace):
        return str(instance.facility)
    if isinstance(instance, UnitPlace):
        return str(instance.unit)
    return str(instance)


def _person() -> User | None:
    request = _asking.get()
    user = getattr(request, "user", None)
    return user if isinstance(user, User) or getattr(user, "is_authenticated", False) else None
