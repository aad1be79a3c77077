"""The organisation file: where a facility lies, whose it is, and which share of it counts, with dates.

Consolidation follows the GHG Protocol Corporate Standard, chapter 3: with operational or financial control a
controlled facility counts in full; with equity share it counts by its percentage on each day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from hengtan.problems import HengtanError, Problem

CONTROL = ("operational_control", "financial_control")
EQUITY = "equity_share"
_APPROACHES = {
    "": "operational_control",
    "operational_control": "operational_control",
    "operational control": "operational_control",
    "operational": "operational_control",
    "运营控制": "operational_control",
    "运营控制权": "operational_control",
    "financial_control": "financial_control",
    "financial control": "financial_control",
    "financial": "financial_control",
    "财务控制": "financial_control",
    "财务控制权": "financial_control",
    "equity_share": "equity_share",
    "equity share": "equity_share",
    "equity": "equity_share",
    "股权比例": "equity_share",
    "股权份额": "equity_share",
    "权益份额": "equity_share",
}


@dataclass(frozen=True, slots=True)
class Membership:
    """One line of the file. share: 0 to 1; first and last day inclusive, None is open."""

    facility: str
    org_unit: str
    region: str
    approach: str
    share: Fraction
    first: date | None
    last: date | None

    def days(self, start: date, end: date) -> int:
        """How many days of [start, end] this line covers."""
        first = max(start, self.first) if self.first else start
        last = min(end, self.last) if self.last else end
        return max(0, (last - first).days + 1)


@dataclass(frozen=True, slots=True)
class Organisation:
    """The facilities by name; empty when no file was given: then everything counts in full."""

    lines: Mapping[str, tuple[Membership, ...]]

    @property
    def dated(self) -> bool:
        """Whether the share of a facility depends on the day."""
        return any(line.first or line.last for lines in self.lines.values() for line in lines)

    @property
    def approaches(self) -> tuple[str, ...]:
        """The consolidation approaches that stand in the file."""
        return tuple(sorted({line.approach for lines in self.lines.values() for line in lines}))

    @property
    def units(self) -> tuple[Membership, ...]:
        """The lines that say to which unit a facility belongs."""
        return tuple(line for lines in self.lines.values() for line in lines if line.org_unit)

    def line(self, facility: str, day: date | None) -> Membership | None:
        """The line that holds on ``day`` (any line if the day is not known)."""
        lines = self.lines.get(facility, ())
        if day is None:
            return lines[0] if lines else None
        return next((line for line in lines if line.days(day, day)), None)

    def share(self, facility: str, start: date | None, end: date | None) -> Fraction | None:
        """The part of an activity that counts; None: the facility stands in the file, but not on all of these days.

        An activity over a change of the share counts by days.
        """
        lines = self.lines.get(facility)
        if not lines:
            return Fraction(1)
        if start is None or end is None:
            return lines[0].share
        covered = sum(line.days(start, end) for line in lines)
        total = (end - start).days + 1
        if covered != total:
            return None
        return sum((line.share * line.days(start, end) for line in lines), Fraction(0)) / total


NO_ORGANISATION = Organisation({})


def parse_organisation(rows: Sequence[Mapping[str, str]], file: str, numbers: Sequence[int] = ()) -> Organisation:
    """The organisation from the rows of its file (texts by header); HengtanError with every problem of the file.

    numbers   the rows as the person sees them; without it they follow a header in row 1
    """
    problems: list[Problem] = []
    lines: dict[str, list[Membership]] = {}
    for number, row in zip(numbers or range(2, len(rows) + 2), rows, strict=True):

        def wrong(code: str, column: str, value: str, at: int = number) -> None:
            problems.append(Problem(code, file=file, row=at, column=column, values={"value": value, "column": column}))

        facility = row.get("facility", "").strip()
        if not facility:
            wrong("organisation.facility-empty", "facility", "")
            continue
        approach = _APPROACHES.get(row.get("approach", "").strip().lower())
        if approach is None:
            wrong("organisation.approach-unknown", "approach", row.get("approach", ""))
            continue
        share = _share(row.get("share_pct", ""), approach)
        if share is None:
            wrong("organisation.share-wrong", "share_pct", row.get("share_pct", ""))
            continue
        dates: list[date | None] = []
        for column in ("valid_from", "valid_to"):
            text = row.get(column, "").strip()
            try:
                dates.append(date.fromisoformat(text) if text else None)
            except ValueError:
                wrong("organisation.date-wrong", column, text)
        if len(dates) < 2:
            continue
        member = Membership(
            facility, row.get("org_unit", "").strip(), row.get("region", "").strip(), approach, share, *dates
        )
        if any(_overlap(member, other) for other in lines.get(facility, ())):
            wrong("organisation.overlap", "valid_from", facility)
            continue
        lines.setdefault(facility, []).append(member)
    if problems:
        raise HengtanError(problems)
    return Organisation(
        {name: tuple(sorted(found, key=lambda m: m.first or date.min)) for name, found in lines.items()}
    )


def _share(text: str, approach: str) -> Fraction | None:
    text = text.strip().rstrip("%").strip()
    if not text:
        return None if approach == EQUITY else Fraction(1)  # an equity share is never assumed
    try:
        percent = Decimal(text)
    except InvalidOperation:
        return None
    if not percent.is_finite() or not 0 <= percent <= 100:
        return None
    if approach in CONTROL:
        return Fraction(1) if percent > 0 else Fraction(0)
    return Fraction(percent) / 100


def _overlap(one: Membership, other: Membership) -> bool:
    first = max(one.first or date.min, other.first or date.min)
    last = min(one.last or date.max, other.last or date.max)
    return last - first >= timedelta(0)
