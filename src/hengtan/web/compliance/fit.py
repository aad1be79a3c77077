"""Whether an event is what a step of a plan asks for: kind, entity, units, year."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hengtan.market.book.instrument import cea_of
from hengtan.web.assets.models import Account, Batch
from hengtan.web.organisations.models import Organisation

if TYPE_CHECKING:
    from .steps import Part

LAST_OLD = 2024  # vintages up to which become CEA25


def fits(part: Part, told: Mapping[str, Any], entities: Mapping[str, str], kinds: Mapping[str, str]) -> bool:
    """Whether an event is of the kind, entity, units and year of a step, whatever its amount.

    entities  account -> entity; kinds: code of an instrument -> its kind
    """
    if told.get("kind") != part.kind:
        return False
    if part.kind == "release":
        return bool(part.id) and part.id.endswith(str(told.get("contract", "")) or "-")
    if entities.get(str(told.get("account", ""))) not in part.entity:
        return False
    if part.kind == "transfer" and entities.get(str(told.get("to_account", ""))) not in part.to:
        return False
    if part.kind == "surrender" and str(told.get("year", "")) != str(part.year):
        return False
    code = " ".join(str(told.get("instrument", "")).split())
    allowance = cea_of(code)
    if part.kind == "carry_over":
        return allowance is not None and allowance.vintage <= LAST_OLD
    if part.unit != "CCER":
        return allowance is not None and allowance.code == part.unit
    return kinds.get(code, str(told.get("instrument_kind", ""))) == "ccer"


def around(organisation: Organisation) -> tuple[dict[str, str], dict[str, str]]:
    """(account -> entity, code -> kind) of a book."""
    accounts = dict(Account.objects.of(organisation).values_list("key", "entity"))
    credits = Batch.objects.of(organisation).filter(kind="ccer").order_by()
    return accounts, dict(credits.values_list("code", "kind").distinct())
