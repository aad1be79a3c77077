"""Green certificates (绿证): how long they hold, and the guard against counting one MWh twice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from hengtan.problems import Problem

from .law import law


@dataclass(frozen=True, slots=True)
class Certificate:
    """What decides whether a certificate may be claimed.

    produced   any day of the month in which the power was made
    tradable   False: proof only (legacy hydro, self-use)
    traded     how often it changed hands already
    credit     ``none``, ``applied`` (frozen) or ``registered`` (cancelled): a CCER of the same power
    cancelled  already used, for somebody or oneself
    bundled    it came with power of a green power contract
    """

    produced: date
    mwh: int
    tradable: bool = True
    traded: int = 0
    credit: str = "none"
    cancelled: bool = False
    bundled: bool = False


def valid_until(produced: date) -> date:
    """Last day on which a certificate holds: 24 months, the month of production being the first.

    >>> valid_until(date(2025, 3, 18))
    datetime.date(2027, 2, 28)
    """
    months = produced.year * 12 + produced.month - 1 + law("certificate.validity").values["months"]
    return date.fromordinal(date(months // 12, months % 12 + 1, 1).toordinal() - 1)


def claim_refusals(
    certificate: Certificate, on: date, year: int, *, use: str = "scope-2-market", entity_used_mwh: int | None = None,
    entity_claimed_mwh: int = 0,
) -> list[Problem]:  # fmt: skip
    """Why a certificate cannot be claimed for consumption of ``year`` on a day; empty where it can.

    use                  ``scope-2-market`` is the only use there is
    entity_used_mwh      power used by the entity in the year, None where not known yet; entity_claimed_mwh: claimed before
    """
    wrong: list[Problem] = []
    last = valid_until(certificate.produced)
    if certificate.produced > on:
        wrong.append(
            law("certificate.validity").refuse("law.certificate-future", month=f"{certificate.produced:%Y-%m}")
        )
    elif on > last:
        wrong.append(
            law("certificate.validity").refuse(
                "law.certificate-expired", month=f"{certificate.produced:%Y-%m}", last=last
            )
        )
    elif certificate.produced.year > year or valid_until(certificate.produced).year < year:
        wrong.append(
            law("certificate.validity").refuse(
                "law.certificate-period", month=f"{certificate.produced:%Y-%m}", year=year
            )
        )
    if certificate.cancelled:
        wrong.append(law("certificate.used-once").refuse("law.certificate-used"))
    if certificate.credit != "none":
        wrong.append(law("certificate.not-with-credit").refuse("law.certificate-credit"))
    if use != "scope-2-market":
        wrong.append(law("certificate.scope-2-only").refuse("law.certificate-use", use=use))
    if entity_used_mwh is not None and entity_claimed_mwh + certificate.mwh > entity_used_mwh:
        wrong.append(
            law("certificate.quantity").refuse(
                "law.certificate-quantity", mwh=f"{entity_claimed_mwh + certificate.mwh:,}", used=f"{entity_used_mwh:,}"
            )
        )
    return wrong


def trade_refusals(certificate: Certificate, on: date) -> list[Problem]:
    """Why a certificate cannot be bought or sold on a day; empty where it can."""
    wrong: list[Problem] = []
    if not certificate.tradable:
        wrong.append(law("certificate.non-tradable").refuse("law.certificate-proof-only"))
    if certificate.traded >= 1:
        wrong.append(law("certificate.tradable-once").refuse("law.certificate-traded"))
    if certificate.bundled:
        wrong.append(law("certificate.bundled").refuse("law.certificate-bundled"))
    if certificate.credit != "none":
        wrong.append(law("certificate.not-with-credit").refuse("law.certificate-credit"))
    if certificate.cancelled:
        wrong.append(law("certificate.used-once").refuse("law.certificate-used"))
    if on > valid_until(certificate.produced):
        wrong.append(
            law("certificate.validity").refuse(
                "law.certificate-expired", month=f"{certificate.produced:%Y-%m}", last=valid_until(certificate.produced)
            )
        )
    return wrong
