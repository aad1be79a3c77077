"""Forms of events: one for each kind, its fields in the order in which a confirmation has them. What is wrong stands at its field."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hengtan.market.book.event import NEEDS
from hengtan.market.book.instrument import KINDS
from hengtan.problems import Problem
from hengtan.web.runs.words import lang

from . import words

NEW = (
    "instrument_kind",
    "project",
    "methodology",
    "registered_on",
    "produced_on",
    "region",
    "market",
    "vintage",
    "inside_market",
)
_UNITS = ("account", "instrument", "quantity", "serials")
OF: dict[str, tuple[str, ...]] = {
    "allocate": ("day", *_UNITS, *NEW, "reference", "note"),
    "preallocate": ("day", *_UNITS, *NEW, "reference", "note"),
    "clawback": ("day", *_UNITS, "reason", "reference", "note"),
    "buy": ("day", "account", "instrument", "way", "quantity", "price", "amount", "fee", "vat", "previous_close", "serials", *NEW, "counterparty", "contract", "reference", "note"),
    "sell": ("day", "account", "instrument", "way", "quantity", "price", "amount", "fee", "vat", "previous_close", "serials", "counterparty", "reference", "note"),
    "transfer": ("day", "account", "to_account", "instrument", "quantity", "serials", "amount", "fee", "reference", "note"),
    "pledge": ("day", *_UNITS, "contract", "counterparty", "principal", "fee", "due", "note"),
    "repo": ("day", *_UNITS, "contract", "counterparty", "principal", "fee", "due", "note"),
    "lend": ("day", *_UNITS, "contract", "counterparty", "interest", "due", "note"),
    "release": ("day", "contract", "quantity", "principal", "interest", "note"),
    "foreclose": ("day", "contract", "quantity", "amount", "fee", "reason", "note"),
    "borrow": ("day", *_UNITS, "price", "amount", *NEW, "contract", "counterparty", "due", "note"),
    "give_back": ("day", *_UNITS, "contract", "interest", "note"),
    "surrender": ("day", "account", "instrument", "quantity", "serials", "year", "due_t", "inside_market", "reference", "note"),
    "retire": ("day", "account", "instrument", "quantity", "serials", "purpose", "beneficiary", "year", "consumption_mwh", "reference", "note"),
    "carry_over": ("day", "account", "instrument", "quantity", "sold_t", "bought_t", "holding_t", "on_time", "reference", "note"),
    "expire": ("day", *_UNITS, "reason", "note"),
    "charge": ("day", "entity", "quantity", "price", "year", "note"),
}  # fmt: skip
GROUPS = (
    (_("Coming in"), ("allocate", "preallocate", "buy", "borrow")),
    (_("Going out"), ("sell", "transfer", "give_back", "clawback", "expire")),
    (_("Financing"), ("pledge", "repo", "lend", "release", "foreclose")),
    (_("Use"), ("surrender", "retire", "carry_over", "charge")),
)
HELP = {
    "instrument": _("CEA25 for the allowance of 2025; credits and certificates have a code of your own."),
    "serials": _(
        "SERIES:FIRST-LAST, both ends included; several are parted by a semicolon. Empty: the oldest that are there."
    ),
    "amount": _("Left empty, it is price times quantity."),
    "fee": _(
        "Of the exchange and the registry, without VAT; of a purchase it is part of the cost, of a sale it lowers the proceeds."
    ),
    "vat": _("As on the invoice; it is kept apart and is neither cost nor proceeds."),
    "previous_close": _("With it the price band of the exchange is checked."),
    "on_time": _("For example 2023, 2024."),
    "due_t": _("Verified emissions of the entity for the year."),
    "inside_market": _("Credits of projects inside the allocation do not offset."),
    "quantity": _("Whole tonnes or MWh."),
    "produced_on": _("For example 2026-03."),
    "consumption_mwh": _("No more certificates than power used."),
}
MOST_PICKED = 200
MOST_TYPED = 10_000


class EventForm(forms.Form):
    """One event. Nothing but its form is checked here; the book says what speaks against it."""

    def __init__(
        self, kind: str, *args: Any, accounts: Sequence[Any] = (), codes: Iterable[str] = (), contracts: Iterable[str] = (), entities: Iterable[str] = (),
        **more: Any,
    ) -> None:  # fmt: skip
        super().__init__(*args, **more)
        self.kind = kind
        self.picked: tuple[str, ...] = (
            tuple(each for each in self.data.getlist("pick")[:MOST_PICKED] if each.isprintable())
            if hasattr(self.data, "getlist")
            else ()
        )
        self.accounts = list(accounts)
        self.known = sorted(codes)
        self.contracts = sorted(contracts)
        choices = [("", "—"), *((each.key, f"{each.key} · {each.entity}") for each in accounts)]
        for name in OF[kind]:
            needed = name == "day" or name in NEEDS[kind]
            field: forms.Field
            if name in ("account", "to_account"):
                field = forms.ChoiceField(choices=choices)
            elif name == "entity":
                field = forms.ChoiceField(choices=[("", "—"), *((each, each) for each in entities)])
            elif name == "way":
                field = forms.ChoiceField(choices=[("", "—"), *words.WAYS.items()])
            elif name == "purpose":
                field = forms.ChoiceField(
                    choices=[
                        ("", "—"),
                        *((each, title) for each, title in words.PURPOSES.items() if each != "compliance"),
                    ]
                )
            elif name == "instrument_kind":
                field = forms.ChoiceField(
                    choices=[("", "—"), *((each, words.instrument(each)) for each in KINDS if each != "cea")]
                )
            elif name == "inside_market":
                field = forms.ChoiceField(choices=[("", "—"), ("no", _("no")), ("yes", _("yes"))])
            elif name in ("reason", "note"):
                field = forms.CharField(max_length=300, widget=forms.Textarea(attrs={"rows": 2}))
            else:
                field = forms.CharField(max_length=300)
            if name in ("day", "due", "registered_on"):
                field.widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
            elif name == "instrument":
                field.widget.attrs |= {"list": "codes", "autocomplete": "off"}
            elif name == "contract":
                field.widget.attrs |= {"list": "contracts", "autocomplete": "off"}
            elif name in (
                "quantity",
                "price",
                "amount",
                "fee",
                "vat",
                "year",
                "due_t",
                "principal",
                "interest",
                "previous_close",
            ):
                field.widget.attrs |= {"inputmode": "decimal", "autocomplete": "off"}
            field.label, field.required = str(words.FIELDS[name]), needed
            if kind == "charge" and name == "price":
                field.label = _("Internal price, CNY/t")
            field.help_text = "" if name == "amount" and "price" not in OF[kind] else HELP.get(name, "")
            self.fields[name] = field
        if "quantity" in self.fields:  # serial ranges say it too
            self.fields["quantity"].required = kind == "charge"
        if "amount" in self.fields and "price" in self.fields:
            self.fields["amount"].required = False
        self.fields["day"].initial = timezone.localdate().isoformat()

    @property
    def ordinary(self) -> list[forms.BoundField]:
        """All but what describes a new instrument."""
        return [each for each in self if not self._describes(each.name)]

    @property
    def new(self) -> list[forms.BoundField]:
        """What describes an instrument that comes in for the first time."""
        return [each for each in self if self._describes(each.name)]

    def _describes(self, name: str) -> bool:
        return name in NEW and self.kind != "surrender"  # which asks of the project, whatever came in

    @property
    def is_new_open(self) -> bool:
        """Whether something of it was typed or is wrong."""
        return any(each.data or each.errors for each in self.new)

    def told(self) -> dict[str, Any]:
        """The record of the event."""
        given: dict[str, Any] = {name: value for name, value in self.cleaned_data.items() if value}
        return self._record(given)

    def typed(self) -> dict[str, Any]:
        """The record of what was typed so far, whether it is whole or not."""
        source = self.data if self.is_bound else self.initial
        given = {name: str(source.get(name, "") or "").strip()[:MOST_TYPED] for name in self.fields}
        if not self.is_bound:
            given["day"] = given["day"] or str(self.fields["day"].initial)
        return self._record(
            {name: value for name, value in given.items() if value and " ".join(value.split()).isprintable()}
        )

    def _record(self, given: dict[str, Any]) -> dict[str, Any]:
        """Serial ranges typed and ticked are one list."""
        if "serials" in self.fields:
            typed = str(given.get("serials", "")).replace("；", ";").split(";")
            ranges = [each.strip() for each in (*typed, *self.picked) if each.strip()]
            given.pop("serials", None)
            if ranges:
                given["serials"] = list(dict.fromkeys(ranges))
        return {"kind": self.kind, **given}

    def refuse(self, problems: Sequence[Problem]) -> list[dict[str, str]]:
        """Puts each problem at its field; what has none is returned."""
        here = lang()
        rest = []
        for each in problems:
            if each.column in self.fields:
                told = f"{words.titled(each, each.reason(here))} {words.titled(each, each.mend(here))}"
                self.add_error(each.column, told)
            else:
                rest.append(each)
        return words.said(rest)


class AccountForm(forms.Form):
    """A registry account."""

    key = forms.CharField(
        label=_("Name in the book"), max_length=60, help_text=_("Short; it never changes, for example A1.")
    )
    entity = forms.CharField(label=_("Entity that holds it"), max_length=200)
    registry = forms.CharField(label=_("Registry"), max_length=120, required=False)
    number = forms.CharField(label=_("Account number"), max_length=120, required=False)


class ImportForm(forms.Form):
    """A file and what it is."""

    WHAT = (
        ("trades", _("Trade confirmations")), ("events", _("Events of every kind")), ("green-power", _("Green power delivered")), ("statement", _("Statement of a registry account")),
        ("quotes", _("Daily quotes")),
    )  # fmt: skip
    what = forms.ChoiceField(label=_("What the file holds"), choices=WHAT)
    file = forms.FileField(label=_("File (XLSX, XLS, ODS, CSV)"))
    account = forms.ChoiceField(label=_("Registry account"), required=False, help_text=_("Of a statement."))
    day = forms.DateField(
        label=_("Day of the statement"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("It is compared with the book after the events of that day."),
    )  # fmt: skip
    correct = forms.BooleanField(
        label=_("Other prices for known days are a correction"),
        required=False,
        help_text=_("The former ones stay on record."),
    )

    def __init__(self, *args: Any, accounts: Sequence[Any] = (), **more: Any) -> None:
        super().__init__(*args, **more)
        choices = [("", "—"), *((each.key, f"{each.key} · {each.entity}") for each in accounts)]
        self.fields["account"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField

    def clean(self) -> dict[str, Any] | None:
        """A statement is of an account and a day."""
        given = super().clean() or self.cleaned_data
        if given.get("what") == "statement":
            for name in ("account", "day"):
                if not given.get(name):
                    self.add_error(name, _("A statement needs it."))
        return given


class DecideForm(forms.Form):
    """Approve, or turn down with a reason."""

    verdict = forms.ChoiceField(choices=[("approve", ""), ("reject", "")])
    reason = forms.CharField(
        label=_("Reason"), max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
