"""Certificates that the book of carbon assets has claimed, into market-based scope 2 of a run. Nothing is taken that nobody asked for.

A claim is for one beneficiary and one year. It may cover the consumption of that beneficiary alone: the organisation, a unit with
all below it, or a facility, by its name, or because a person says so, which the ledger keeps. Runs whose days overlap are the same
inventory again and take the same claims; what a run of other days of the year used of a claim is not used twice.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q

from hengtan.market.book.claims import CERTIFICATES, COLUMNS, Use
from hengtan.problems import HengtanError, Problem
from hengtan.web.accounts.models import User
from hengtan.web.assets.models import Batch, Claim, Logged, Lot, Posting
from hengtan.web.boundaries.models import Facility, FacilityPlace, Unit, UnitPlace
from hengtan.web.jobs.models import State
from hengtan.web.organisations.models import Organisation
from hengtan.web.vault.services import keep_file, record

from .models import Run, RunClaim
from .services import Source, start

FILE = "book-claims.csv"
WHOLE = ""
MOST_TEXT = 100_000  # characters of names of facilities in a line of the file


@dataclass(slots=True)
class Offered:
    """A claim of the book. free_mwh: what runs of other days of its year left of it; proved: the ledger has its posting."""

    use: Use
    region: str
    produced: date | None
    free_mwh: Decimal
    proved: bool


@dataclass(slots=True)
class Group:
    """The claims of one beneficiary for one year. counted_for: the unit or facility of that name, "" the whole, None unknown."""

    beneficiary: str
    year: int
    counted_for: str | None
    claims: list[Offered] = field(default_factory=list)

    @property
    def key(self) -> str:
        """What a form calls it."""
        return f"{self.year}:{self.beneficiary}"

    @property
    def mwh(self) -> int:
        """Claimed."""
        return sum(each.use.mwh for each in self.claims)

    @property
    def free_mwh(self) -> Decimal:
        """Not used by runs of other days."""
        return sum((each.free_mwh for each in self.claims), Decimal(0))

    @property
    def last(self) -> int:
        """The newest posting."""
        return max(each.use.posting for each in self.claims)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person ticked: a beneficiary's year, whose consumption it is, and the newest posting that was shown (0: whatever is there)."""

    beneficiary: str
    year: int
    counted_for: str | None = None
    last: int = 0


def offered(organisation: Organisation, period: str | None = None) -> list[Group]:
    """What the book has claimed for market-based scope 2, by year and beneficiary.

    period  of the run that would take it (``FROM/TO``), so that what runs of other days used is left out
    """
    claims = {
        each.posting: each for each in Claim.objects.of(organisation).filter(purpose="scope2").order_by("posting")
    }
    lots = Lot.objects.of(organisation).filter(place="retired", spent_by=None, posting__in=list(claims))
    batches = {
        each.number: each
        for each in Batch.objects.of(organisation).filter(
            kind__in=CERTIFICATES, number__in=lots.order_by().values("batch")
        )
    }
    held: dict[int, list[Lot]] = {}
    for lot in lots.order_by("batch", "first_number"):
        if lot.batch in batches:
            held.setdefault(lot.posting, []).append(lot)
    spent = _spent(organisation, period)
    logged = set(Logged.objects.of(organisation).filter(posting__in=list(held)).values_list("posting", flat=True))
    names = places(organisation)
    groups: dict[str, Group] = {}
    for number, parts in held.items():
        claim, batch = claims[number], batches[parts[0].batch]
        use = Use(
            number, batch.code, batch.kind, claim.beneficiary, claim.year,
            sum(lot.last_number - lot.first_number + 1 for lot in parts),
            tuple(f"{lot.series.partition('|')[2]}:{lot.first_number}-{lot.last_number}" for lot in parts),
        )  # fmt: skip
        group = Group(claim.beneficiary, claim.year, names.get(_same(claim.beneficiary)))
        free = max(Decimal(0), use.mwh - spent.get(number, Decimal(0)))
        groups.setdefault(group.key, group).claims.append(
            Offered(use, batch.region, batch.produced_on, free, number in logged)
        )
    return sorted(groups.values(), key=lambda each: (-each.year, each.beneficiary))


def places(organisation: Organisation) -> dict[str, str]:
    """Whose consumption a name means: facilities, before them units, before them the organisation itself (``WHOLE``)."""
    found = {_same(name): name for name in Facility.objects.of(organisation).values_list("name", flat=True)}
    found |= {_same(name): name for name in Unit.objects.of(organisation).values_list("name", flat=True)}
    return found | {_same(organisation.name): WHOLE}


def _same(name: str) -> str:
    return " ".join(name.split()).casefold()


@transaction.atomic
def start_with(
    organisation: Organisation, by: User, name: str, sources: Sequence[Source], options: Mapping[str, Any],
    wanted: Sequence[Wanted],
) -> Run:  # fmt: skip
    """A run that takes these claims. Raises HengtanError ``run.claim-*`` for each that it cannot take."""
    Organisation.objects.select_for_update().get(
        pk=organisation.pk
    )  # two at once do not take the same MWh for two sets of days
    if not wanted:
        return start(organisation, by, name, sources, options)
    taken = _taken(organisation, wanted, options.get("period"))
    lines = [
        each.use.line(
            facilities=facilities, mwh="" if each.free_mwh == each.use.mwh else f"{each.free_mwh.normalize():f}"
        )
        for _, facilities, each in taken
    ]
    text = io.StringIO()
    rows = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    rows.writeheader()
    rows.writerows(lines)
    kept = Source(FILE, keep_file(organisation, text.getvalue().encode()), "instruments")
    run = start(organisation, by, name, [*sources, kept], options)
    made = [
        RunClaim(
            organisation=organisation, run=run, posting=each.use.posting, code=each.use.code, kind=each.use.kind,
            numbers="; ".join(each.use.numbers), year=each.use.year, beneficiary=each.use.beneficiary, counted_for=counted,
            claimed_mwh=each.use.mwh, mwh=each.free_mwh,
        )
        for counted, _, each in taken
    ]  # fmt: skip
    RunClaim.objects.bulk_create(made)
    told = [
        {
            "posting": str(each.posting), "instrument": each.code, "numbers": each.numbers, "year": str(each.year),
            "beneficiary": each.beneficiary, "counted_for": each.counted_for, "claimed_mwh": str(each.claimed_mwh),
            "mwh": f"{each.mwh.normalize():f}",
        }
        for each in made
    ]  # fmt: skip
    record(organisation, "run.claims", {"run": run.code, "file_sha256": kept.sha256, "claims": told}, by)
    return run


def _taken(
    organisation: Organisation, wanted: Sequence[Wanted], period: str | None
) -> list[tuple[str, tuple[str, ...], Offered]]:
    """(whose consumption, its facilities or none for all, the claim) of everything that is wanted."""
    groups = {each.key: each for each in offered(organisation, period)}
    names = set(places(organisation).values())
    first, last = _days(period)
    wrong: list[Problem] = []
    taken: list[tuple[str, tuple[str, ...], Offered]] = []
    for one in wanted:
        group = groups.get(f"{one.year}:{one.beneficiary}")
        told = {"beneficiary": one.beneficiary, "year": str(one.year)}
        counted = group.counted_for if group is not None and one.counted_for is None else one.counted_for
        claims = [each for each in group.claims if not one.last or each.use.posting <= one.last] if group else []
        if not claims:
            wrong.append(Problem("run.claim-none", column="claims", values=told))
        elif not (first.year <= one.year <= last.year):
            wrong.append(Problem("run.claim-year", column="claims", values={**told, "period": period or "-"}))
        elif counted is None or counted not in names:
            wrong.append(Problem("run.claim-entity", column="claims", values={**told, "named": counted or "-"}))
        else:
            facilities = _facilities(
                organisation, counted, max(first, date(one.year, 1, 1)), min(last, date(one.year, 12, 31))
            )
            if counted != WHOLE and not 0 < len(";".join(facilities)) <= MOST_TEXT:
                wrong.append(Problem("run.claim-facilities", column="claims", values={**told, "named": counted}))
            taken += [(counted, facilities, each) for each in claims if each.free_mwh > 0]
            if not any(each.free_mwh > 0 for each in claims):
                wrong.append(Problem("run.claim-used", column="claims", values=told))
    if wrong:
        raise HengtanError(wrong)
    return taken


def _facilities(organisation: Organisation, counted: str, first: date, last: date) -> tuple[str, ...]:
    """The facilities of a unit on all days on which they belonged to anything; of a facility itself; none for the whole."""
    if counted == WHOLE:
        return ()
    unit = Unit.objects.of(organisation).filter(name=counted).first()
    if unit is None:
        return (counted,)
    meanwhile = (Q(valid_from=None) | Q(valid_from__lte=last)) & (Q(valid_to=None) | Q(valid_to__gte=first))
    below: dict[int | None, set[int]] = {}
    for child, parent in UnitPlace.objects.of(organisation).filter(meanwhile).values_list("unit_id", "parent_id"):
        below.setdefault(parent, set()).add(child)
    inside, todo = {unit.pk}, [unit.pk]
    while todo:
        new = below.get(todo.pop(), set()) - inside
        inside |= new
        todo += new
    belongs: dict[str, bool] = {}
    rows = FacilityPlace.objects.of(organisation).filter(meanwhile).values_list("facility__name", "unit_id")
    for name, of in rows:
        belongs[name] = belongs.get(name, True) and of in inside
    return tuple(sorted(name for name, all_days in belongs.items() if all_days))


def _days(period: str | None) -> tuple[date, date]:
    first, _, last = (period or "/").partition("/")
    return (date.fromisoformat(first) if first else date.min, date.fromisoformat(last) if last else date.max)


def _spent(organisation: Organisation, period: str | None) -> dict[int, Decimal]:
    """By posting, what runs of other days of its year used: of runs whose days overlap the newest counts, and none that overlaps ours.

    A run that is not done yet counts with all that it may use; one that failed with nothing.
    """
    rows = RunClaim.objects.of(organisation).select_related("run", "run__job").order_by("posting", "-run__number")
    rows = rows.defer("run__figures", "run__summary", "run__sources", "numbers")
    spent: dict[int, Decimal] = {}
    known: dict[int, list[tuple[date, date]]] = {}
    for row in rows:
        job = row.run.job
        if not row.run.is_done and (job is None or job.state in (State.FAILED, State.CANCELLED)):
            continue
        days = _within(row.run.options.get("period"), row.year)
        mine = known.setdefault(row.posting, [_within(period, row.year)])
        if not any(days[0] <= other[1] and other[0] <= days[1] for other in mine):
            mine.append(days)
            spent[row.posting] = spent.get(row.posting, Decimal(0)) + (
                row.mwh if row.used_mwh is None else row.used_mwh
            )
    return spent


def _within(period: str | None, year: int) -> tuple[date, date]:
    first, last = _days(period)
    return max(first, date(year, 1, 1)), min(last, date(year, 12, 31))


def note_used(run: Run, told: Mapping[str, Mapping[str, str]]) -> None:
    """What the calculation used of each claim, from its summary."""
    rows = list(RunClaim.objects.filter(run=run))
    for row in rows:
        row.used_mwh = Decimal(told[f"{row.code}:{row.posting}"]["used"])
    RunClaim.objects.bulk_update(rows, ["used_mwh"])


@dataclass(frozen=True, slots=True)
class Stale:
    """Where the book is no longer what a run took. gone: claims that it has no more or otherwise; newer_mwh: claimed since, for its years."""

    gone: tuple[RunClaim, ...]
    newer_mwh: int
    newer: int


def stale(run: Run, rows: Iterable[RunClaim]) -> Stale:
    """The run's claims against the book as it is now. A claim is final in the book, so that ``gone`` means a book that was replaced."""
    rows, years = list(rows), _years(run)
    mine = {row.posting for row in rows}
    claims = {
        each.posting: each
        for each in Claim.objects.of(run.organisation).filter(
            Q(posting__in=mine) | Q(purpose="scope2", year__range=years)
        )
    }
    if not claims and not rows:
        return Stale((), 0, 0)
    since = Posting.objects.of(run.organisation).filter(number__in=set(claims) - mine, posted_at__gt=run.created_at)
    later = set(since.values_list("number", flat=True))
    lots = Lot.objects.of(run.organisation).filter(place="retired", spent_by=None, posting__in=later | mine)
    mwh: dict[int, int] = {}
    for posting, first, last in lots.values_list("posting", "first_number", "last_number"):
        mwh[posting] = mwh.get(posting, 0) + last - first + 1
    gone = [
        row
        for row in rows
        if (claim := claims.get(row.posting)) is None
        or (claim.purpose, claim.beneficiary, claim.year) != ("scope2", row.beneficiary, row.year)
        or mwh.get(row.posting, 0) != row.claimed_mwh
    ]
    return Stale(tuple(gone), sum(mwh.get(number, 0) for number in later), len(later))


def _years(run: Run) -> tuple[int, int]:
    first, last = _days(run.options.get("period"))
    return (run.first or first).year, (run.last or last).year
