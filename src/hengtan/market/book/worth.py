"""What can no longer be used for anything: no market quotes a price for it, whatever the composite of its kind says."""

from __future__ import annotations

from datetime import date

from hengtan.problems import Problem

from ..rules import law, surrender_deadline, valid_until, vintage_refusal
from .instrument import Instrument


def worthless(instrument: Instrument, day: date) -> Problem | None:
    """The rule by which units can be used no more on a day, with source and mark; None while there is a use.

    Allowances: a year whose surrender is still open takes them, or they can still be carried over. Certificates: they are valid. Credits
    can always be cancelled voluntarily.

    >>> from .instrument import cea
    >>> worthless(cea(2024), date(2026, 6, 10)), worthless(cea(2024), date(2026, 6, 11)).code, worthless(cea(2025), date(2031, 1, 1))
    (None, 'law.vintage-void', None)
    """
    if instrument.kind == "cea":
        return _allowance(instrument.vintage, day)
    if instrument.produced_on is not None and day > valid_until(instrument.produced_on):
        told = {"month": f"{instrument.produced_on:%Y-%m}", "last": valid_until(instrument.produced_on)}
        return law("certificate.validity").refuse("law.certificate-expired", **told)
    return None


def _allowance(vintage: int, day: date) -> Problem | None:
    over = law("surrender.carry-over")
    convertible = over.values["from_vintage"] <= vintage <= over.values["to_vintage"]
    if convertible and over.published <= day <= over.values["apply_until"]:
        return None
    refusals = [
        vintage_refusal(vintage, year, day)
        for year in range(2019, max(day.year, vintage) + 1)
        if surrender_deadline(year)[0] >= day
    ]
    return None if None in refusals or not refusals else refusals[0]
