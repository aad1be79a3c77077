"""The rules of the Chinese carbon market: law as data, and small functions over it.

>>> from datetime import date
>>> vintage_refusal(2024, 2025, date(2026, 11, 20)).code
'law.vintage-void'
>>> law("offset.cap").cite()
'Offset of at most 5 % (MEE Order 19 of 2020, Art. 29) [R]'

Each rule has its validity, its day of publication, its source and a mark: ``R`` read, ``K`` known. A function is asked with the day on
which it is asked, and sees no rule that was published later. A refusal is a problem that names the rule, its source and its mark.
"""

from .calendar import Step, evidence_due, steps, surrender_deadline
from .certificate import Certificate, claim_refusals, trade_refusals, valid_until
from .law import Law, law, laws
from .offset import Credit, credit_refusals, offset_cap, offset_refusal
from .penalty import Fine, fine, fine_month, fined, penalties
from .trading import Way, order_refusals, price_band, way_of
from .vintage import (
    CarryOver,
    carry_over,
    carry_over_refusals,
    draw_limit,
    drawn_ahead,
    vintage_name,
    vintage_refusal,
    vintage_year,
    vintages_allowed,
)
from .yearly import MarketYear, market_years

__all__ = [
    "CarryOver",
    "Certificate",
    "Credit",
    "Fine",
    "Law",
    "MarketYear",
    "Step",
    "Way",
    "carry_over",
    "carry_over_refusals",
    "claim_refusals",
    "credit_refusals",
    "draw_limit",
    "drawn_ahead",
    "evidence_due",
    "fine",
    "fine_month",
    "fined",
    "law",
    "laws",
    "market_years",
    "offset_cap",
    "offset_refusal",
    "order_refusals",
    "penalties",
    "price_band",
    "steps",
    "surrender_deadline",
    "trade_refusals",
    "valid_until",
    "vintage_name",
    "vintage_refusal",
    "vintage_year",
    "vintages_allowed",
    "way_of",
]
