"""Where an entity stands by what it holds today, without a plan: what serves a year, what is used already, what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from hengtan.market.rules import Credit, credit_refusals, offset_cap, vintage_refusal
from hengtan.problems import Problem


@dataclass(frozen=True, slots=True)
class Held:
    """Units of one kind in one place. kind: ``CEA`` or ``CCER``; frozen: pledged; inside: whether the project is inside the market, None: nobody said."""

    kind: str
    t: int
    vintage: int = 0
    origin: str = ""
    registered: date | None = None
    inside: bool | None = None
    frozen: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """Tonnes for one year.

    due_t          None where nobody said what is due; then cap_t and gap_t are None as well
    surrendered_t  allowances surrendered already; offset_t: credits used already
    allowances_t   that serve, carried over (carried_t) and pledged (pledged_t) ones among them; pledged ones may be both
    credits_t      that may offset, below what is left of the cap; eligible_t: without the cap
    gap_t          what is missing; spare_t: what is left of the allowances
    """

    due_t: int | None
    surrendered_t: int
    offset_t: int
    allowances_t: int
    carried_t: int
    pledged_t: int
    credits_t: int
    eligible_t: int
    cap_t: int | None
    gap_t: int | None
    spare_t: int

    @property
    def usable_t(self) -> int:
        """Allowances and credits that serve."""
        return self.allowances_t + self.credits_t


def refusals(held: Held, year: int, on: date) -> Sequence[Problem]:
    """Why units cannot be used for a year on a day; a credit of which nobody said whether its project is inside the market is taken for outside."""
    if held.kind == "CEA":
        refusal = vintage_refusal(held.vintage, year, on)
        return () if refusal is None else (refusal,)
    if held.registered is None:
        return ()
    return credit_refusals(Credit(held.registered, bool(held.inside)), year, on)


def standing(
    held: Iterable[Held], year: int, on: date, due_t: int | None, *, surrendered_t: int = 0, offset_t: int = 0
) -> Standing:
    """What one entity has for a year, by the rules known on a day.

    >>> on = date(2026, 11, 20)
    >>> own = [Held("CEA", 900, 2025), Held("CEA", 50, 2024), Held("CCER", 80, registered=date(2025, 5, 1))]
    >>> found = standing(own, 2025, on, 1000)
    >>> found.usable_t, found.cap_t, found.gap_t
    (950, 50, 50)
    """
    serving = [each for each in held if not refusals(each, year, on)]
    allowances = [each for each in serving if each.kind == "CEA"]
    own = sum(each.t for each in allowances)
    eligible = sum(each.t for each in serving if each.kind == "CCER" and not each.frozen)
    cap = None if due_t is None else offset_cap(due_t)
    left = None if due_t is None else max(due_t - surrendered_t - offset_t, 0)
    credits = eligible if cap is None or left is None else min(eligible, max(cap - offset_t, 0), left)
    return Standing(
        due_t,
        surrendered_t,
        offset_t,
        own,
        sum(each.t for each in allowances if each.origin == "carried-over"),
        sum(each.t for each in allowances if each.frozen),
        credits,
        eligible,
        cap,
        None if left is None else max(left - own - credits, 0),
        0 if left is None else max(own + credits - left, 0),
    )


def together(found: Sequence[Standing]) -> Standing:
    """Several entities: everything added up. What one of them owes is not known: neither is the sum."""

    def total(name: str) -> int:
        return sum(getattr(each, name) or 0 for each in found)

    whole = bool(found) and all(each.due_t is not None for each in found)
    return Standing(
        due_t=total("due_t") if whole else None, surrendered_t=total("surrendered_t"), offset_t=total("offset_t"), allowances_t=total("allowances_t"),
        carried_t=total("carried_t"), pledged_t=total("pledged_t"), credits_t=total("credits_t"), eligible_t=total("eligible_t"),
        cap_t=total("cap_t") if whole else None, gap_t=total("gap_t") if whole else None, spare_t=total("spare_t"),
    )  # fmt: skip
