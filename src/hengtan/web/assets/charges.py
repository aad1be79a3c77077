"""The internal carbon price: what each entity is charged for its emissions, year by year. Notional money, which nobody outside is owed.

Charges come from a run: its units, the scopes that somebody chooses, whole tonnes, a price. They are proposed and approved as every
event is. What an entity was charged for a year before, or waits for approval, is taken off, so that a run that is calculated again
charges the difference alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from hengtan.inventory.totals import EXACT
from hengtan.market.book import fen, read_event, read_record
from hengtan.market.book.event import as_fen
from hengtan.problems import HengtanError
from hengtan.web.organisations.door import TenantRequest, within
from hengtan.web.organisations.models import Organisation
from hengtan.web.organisations.roles import Act
from hengtan.web.runs.models import Run
from hengtan.web.runs.services import current, every
from hengtan.web.shell.tables import as_table, form_of

from . import services, words
from .models import Decision, Posting, Proposal
from .views import context_of

SCOPES = {
    "1": (gettext_lazy("Scope 1"), ("scope1_kg",)),
    "2": (gettext_lazy("Scope 2, location-based"), ("scope2_location_kg",)),
    "12": (gettext_lazy("Scopes 1 and 2, location-based"), ("scope1_kg", "scope2_location_kg")),
    "12m": (gettext_lazy("Scopes 1 and 2, market-based"), ("scope1_kg", "scope2_market_kg")),
    "123": (gettext_lazy("Scopes 1 to 3, location-based"), ("scope1_kg", "scope2_location_kg", "scope3_kg")),
    "123m": (gettext_lazy("Scopes 1 to 3, market-based"), ("scope1_kg", "scope2_market_kg", "scope3_kg")),
}
COLUMNS = ("year", "entity", "charged_t", "price_cny_t", "amount_cny", "state", "posting", "day", "note")
SHOWN = 300
RUNS = 50


class ChargeForm(forms.Form):
    """Which run, which scopes, which price."""

    run = forms.ChoiceField(label=gettext_lazy("Run of the inventory"))
    scopes = forms.ChoiceField(
        label=gettext_lazy("Emissions that are charged"),
        choices=[(name, title) for name, (title, _sums) in SCOPES.items()],
    )
    price = forms.CharField(label=gettext_lazy("Internal price, CNY per tonne"), max_length=20)
    day = forms.DateField(
        label=gettext_lazy("Day of the charge"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, runs: Iterable[Run], *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.runs = {each.key: each for each in runs}
        choices = [(key, f"{each.code} {each.name} · {each.first:%Y}") for key, each in self.runs.items()]
        self.fields["run"] = forms.ChoiceField(label=self.fields["run"].label, choices=choices)

    def clean_price(self) -> int:
        """In fen."""
        found = as_fen(str(self.cleaned_data["price"]))
        if not found:
            raise forms.ValidationError(_("A price above 0 with at most two decimals, such as 100 or 85.50."))
        return found


def runs_of(organisation: Organisation) -> list[Run]:
    """Runs that lie in one calendar year, the one that counts first: a charge is for one year."""
    rows = (
        Run.objects.of(organisation)
        .filter(done_at__isnull=False, first__isnull=False)
        .defer("figures", "summary", "sources")
    )
    found = [each for each in rows[: RUNS * 2] if each.first and each.last and each.first.year == each.last.year][:RUNS]
    chosen = current(organisation)
    return sorted(found, key=lambda each: chosen is None or each.pk != chosen.pk)


def charged(organisation: Organisation) -> list[dict[str, Any]]:
    """Every charge that stands or waits, the newest first. price, amount: fen."""
    posted = list(Posting.objects.of(organisation).filter(kind="charge").select_related("proposal"))
    taken_back = set(
        Posting.objects.of(organisation)
        .filter(reverses__in=[row.number for row in posted])
        .values_list("reverses", flat=True)
    )
    decided = Decision.objects.of(organisation).values("proposal_id")
    waits = Proposal.objects.of(organisation).filter(kind="charge").exclude(pk__in=decided)
    rows = [_line(dict(read_record(row.record).event), posting=row) for row in posted if row.number not in taken_back]
    rows += [_line(json.loads(row.event), proposal=row) for row in waits]
    return sorted(rows, key=lambda each: (-each["year"], each["entity"], each["number"] or 10**12))


def _line(event: dict[str, Any], posting: Posting | None = None, proposal: Proposal | None = None) -> dict[str, Any]:
    tonnes, price = int(str(event["quantity"]).replace(",", "")), as_fen(str(event["price"])) or 0
    amount = as_fen(str(event.get("amount", ""))) or price * tonnes
    return {
        "year": int(event["year"]), "entity": str(event["entity"]), "t": tonnes, "price": price, "amount": amount, "day": str(event["day"]),
        "note": str(event.get("note", "")), "number": posting.number if posting else None, "pk": posting.pk if posting else None,
        "proposal": proposal.pk if proposal else None,
    }  # fmt: skip


def lines(organisation: Organisation, run: Run, scopes: str, price: int) -> list[dict[str, Any]]:
    """What each unit of the run would be charged: whole tonnes (half to even), less what it was charged for the year already."""
    assert run.first is not None
    before: dict[str, int] = {}
    for each in charged(organisation):
        if each["year"] == run.first.year:
            before[each["entity"]] = before.get(each["entity"], 0) + each["t"]
    found = []
    for row in every(run, None, "org_unit"):
        kg = Decimal(0)
        for name in SCOPES[scopes][1]:
            kg = EXACT.add(kg, Decimal(row[name]))
        tonnes = int((kg / 1000).quantize(Decimal(1), ROUND_HALF_EVEN))
        entity = str(row["org_unit"]) or organisation.name
        rest = tonnes - before.get(entity, 0)
        found.append(
            {
                "entity": entity,
                "kg": kg,
                "t": tonnes,
                "before": before.get(entity, 0),
                "rest": rest,
                "amount": max(0, rest) * price,
            }
        )
    return found


def _undone(organisation: Organisation) -> int:
    """How many charges were turned down or taken back: what was is not the same as what is proposed anew."""
    posted = Posting.objects.of(organisation).filter(kind="charge").values("number")
    back = Posting.objects.of(organisation).filter(reverses__in=posted).count()
    return back + Decision.objects.of(organisation).filter(proposal__kind="charge").exclude(verdict="approved").count()


@within(Act.WHOLE)
def charges(request: TenantRequest) -> HttpResponse:
    """Charges by entity and year, and the form that makes them of a run."""
    of = request.organisation
    rows = charged(of)
    if form_ := form_of(request):
        told = (
            (each["year"], each["entity"], each["t"], fen(each["price"]), fen(each["amount"]), "posted" if each["number"] else "waits",
             each["number"] or "", each["day"], each["note"]) for each in rows
        )  # fmt: skip
        return as_table(form_, "internal-carbon-price", COLUMNS, told)
    may = request.membership.may(Act.ASSETS)
    form = ChargeForm(
        runs_of(of) if may else [],
        request.GET if "run" in request.GET else None,
        initial={"scopes": "12m", "day": timezone.localdate()},
    )
    asked, preview = None, list[dict[str, Any]]()
    if may and form.is_bound and form.is_valid():
        asked = form.cleaned_data | {"of": form.runs[form.cleaned_data["run"]]}
        preview = lines(of, asked["of"], asked["scopes"], asked["price"])
    return _page(request, rows, form, asked, preview)


def _page(
    request: TenantRequest, rows: list[dict[str, Any]], form: ChargeForm, asked: dict[str, Any] | None, preview: list[dict[str, Any]],
    wrong: list[dict[str, str]] | None = None,
) -> HttpResponse:  # fmt: skip
    years: dict[int, dict[str, int]] = {}
    for each in rows:
        year = years.setdefault(each["year"], {"year": each["year"], "t": 0, "posted": 0, "waits": 0, "entities": 0})
        year["t"] += each["t"]
        year["posted" if each["number"] else "waits"] += each["amount"]
        year["entities"] += 1
    context = context_of(
        request, "assets-charges", rows=rows[:SHOWN], more=max(0, len(rows) - SHOWN), years=list(years.values()), form=form, asked=asked,
        preview=preview, sum_t=sum(max(0, each["rest"]) for each in preview), sum_amount=sum(each["amount"] for each in preview),
        scopes=SCOPES[asked["scopes"]][0] if asked else "", wrong=wrong or [],
    )  # fmt: skip
    return render(request, "assets/charges.html", context, status=422 if wrong or form.errors else 200)


@within(Act.WHOLE, change=Act.ASSETS)
def propose(request: TenantRequest) -> HttpResponse:
    """Puts the charges of a run before somebody else; those that are there already are not made again."""
    of = request.organisation
    if request.method != "POST":
        return redirect("assets-charges", key=of.key)
    form = ChargeForm(runs_of(of), request.POST)
    if not form.is_valid():
        return _page(request, charged(of), form, None, [])
    asked = form.cleaned_data | {"of": form.runs[form.cleaned_data["run"]]}
    run, price = asked["of"], asked["price"]
    found, undone = lines(of, run, asked["scopes"], price), _undone(of)
    events = [
        (number, f"charge:{run.key}:{asked['scopes']}:{price}:{undone}:{each['before']}:{each['entity']}", read_event({
            "kind": "charge", "day": asked["day"].isoformat(), "entity": each["entity"], "quantity": str(each["rest"]), "price": fen(price),
            "year": str(run.first.year), "note": f"{run.code} {SCOPES[asked['scopes']][0]}"[:300],
        }))
        for number, each in enumerate(found, 1)
        if each["rest"] > 0
    ]  # fmt: skip
    try:
        new, _known = services.propose_all(request.membership, events, run.code)
    except HengtanError as fault:
        return _page(request, charged(of), form, asked, found, words.said(fault.problems))
    told = ngettext(
        "%(number)s charge is proposed; somebody else approves it.",
        "%(number)s charges are proposed; somebody else approves them.",
        new,
    )
    messages.success(request, told % {"number": new} if new else _("Nothing is left to be charged for this year."))
    return redirect("assets-queue" if new else "assets-charges", key=of.key)
