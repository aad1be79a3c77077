"""Green power contracts: what was delivered, by contract and month, with the certificates that came along."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hengtan.market.book import read_record
from hengtan.market.book.event import as_fen
from hengtan.web.organisations.models import Organisation

from .models import Batch, Posting

COLUMNS = (
    "contract",
    "generator",
    "month",
    "generated_in",
    "used_by",
    "market",
    "delivered_mwh",
    "price_cny_mwh",
    "amount_cny",
    "claimed_mwh",
    "posting",
)


def deliveries(
    organisation: Organisation, batches: Sequence[Batch], places: Mapping[int, Mapping[str, int]]
) -> list[dict[str, Any]]:
    """Deliveries of green power, the newest month first. places: by batch, MWh by place; prices and amounts in fen."""
    of = [each for each in batches if each.kind == "green_power"]
    if not of:
        return []
    rows = {
        each.number: each for each in Posting.objects.of(organisation).filter(number__in={each.posting for each in of})
    }
    found: dict[tuple[int, str], dict[str, Any]] = {}
    for batch in of:
        row = rows[batch.posting]
        told = read_record(row.record).event
        mwh = batch.last_number - batch.first_number + 1
        amount, price = as_fen(str(told.get("amount", ""))), as_fen(str(told.get("price", "")))
        if amount is None and price is not None:
            amount = price * row.quantity
        month = f"{batch.produced_on:%Y-%m}" if batch.produced_on else ""
        one = found.setdefault((row.number, batch.code), {
            "contract": str(told.get("contract") or told.get("reference") or batch.code), "counterparty": str(told.get("counterparty", "")),
            "month": month, "region": batch.region, "market": batch.market, "entity": row.entity, "pk": row.pk, "posting": row.number,
            "price": price if price is not None or amount is None else round(amount / row.quantity), "amount": amount, "mwh": 0, "claimed": 0,
        })  # fmt: skip
        one["mwh"] += mwh
        one["claimed"] += places.get(batch.number, {}).get("retired", 0)
    return sorted(found.values(), key=lambda each: (each["month"], each["contract"], each["posting"]), reverse=True)
