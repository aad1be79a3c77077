"""The run as a report reads it: exact sums, what was collected, what is known of the organisation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from hengtan.gases import GROUPS
from hengtan.inventory.view import ReportData, Row

from .numbers import add, exact, grouped, minus, percent, ratio, tonnes
from .sentences import Words

SUMS = ("scope1_kg", "scope2_location_kg", "scope2_market_kg", "scope3_kg")
MATCHES = ("pinned", "exact", "earlier-year", "parent-region", "proxy")
CategoryKey = tuple[str, str, str]


@dataclass(frozen=True)
class Reading:
    """Values that several parts of a report need; masses in kg, None where nothing was collected."""

    data: ReportData
    words: Words
    spec: Mapping[str, Any] = field(default_factory=dict)

    @property
    def org(self) -> Mapping[str, Any]:
        """What the manifest says of the organisation."""
        return self.data.manifest.get("organisation") or {}

    @property
    def options(self) -> Mapping[str, Any]:
        """The options of the run."""
        return self.data.manifest.get("options") or {}

    def organisation(self) -> str:
        """Its name, or that there is none."""
        return str(self.org.get("name") or self.words("organisation.unnamed"))

    def period(self) -> str:
        """``2018-01-01 – 2018-12-31`` from text, a pair or {from, to}; empty if it is not known."""
        value = self.org.get("period") or self.options.get("period") or ""
        if isinstance(value, Mapping):
            value = [value.get("from") or value.get("start"), value.get("to") or value.get("end")]
        if isinstance(value, str):
            value = value.split("/")
        return self.words("to").join(str(part) for part in value if part)

    def approach(self) -> str:
        """How facilities are consolidated, in words; empty if the run does not say. The organisation file may name several."""
        given = self.options.get("approach") or ()
        names = [str(name) for name in ([given] if isinstance(given, str) else given)]
        return self.words("comma").join(self.words.get("approach." + n.replace("-", "_"), n) for n in names)

    def policy(self) -> str:
        """The policy by which factors were chosen."""
        name = str(self.options.get("policy") or "default")
        return self.words("policy.by-region") if name == "default" else name

    def files(self) -> list[tuple[str, Row]]:
        """Every file that went in, with what it was for (empty for the activity data)."""
        found: list[tuple[str, Row]] = [("", row) for row in self.data.manifest.get("inputs") or ()]
        for row in self.data.manifest.get("files") or ():
            role = str(row.get("role") or "")
            found.append((self.words.get("role." + role, role), row))
        return found

    def created(self) -> str:
        """When the run was made, in UTC: ``2026-11-20 08:30 UTC``; as written where it is no time."""
        text = str(self.data.manifest.get("created") or "—")
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return text
        return f"{moment.astimezone(UTC) if moment.tzinfo else moment:%Y-%m-%d %H:%M}" + (
            " UTC" if moment.tzinfo else ""
        )

    def gwp(self) -> str:
        """The GWP set of every CO2e here."""
        return str(self.data.summary.get("gwp_set") or self.options.get("gwp") or "—")

    def count(self, key: str) -> int:
        """``rows_in``, ``rows_posted`` or ``rows_rejected``."""
        return int(self.data.summary.get(key) or 0)

    def categories(self) -> dict[CategoryKey, Decimal]:
        """Emissions by (scope, category, basis), largest first within a scope; scope "" is outside the scopes."""
        return self._categories

    @cached_property
    def _categories(self) -> dict[CategoryKey, Decimal]:
        sums: dict[CategoryKey, Decimal] = defaultdict(Decimal)
        for row in self.data.gases:
            scope = row.get("scope")
            key = ("" if scope is None else str(scope), str(row.get("category") or ""), str(row.get("basis") or "-"))
            sums[key] = add(sums[key], exact(row.get("co2e_kg")))
        if not self.data.gases:
            for name, kg in (self.data.summary.get("by_category") or {}).items():
                scope, _, category = str(name).partition(".")
                sums[scope, category, "location" if scope == "2" else "-"] = exact(kg) or Decimal(0)
        return dict(sorted(sums.items(), key=lambda item: (item[0][0] or "9", item[0][2], -item[1], item[0][1])))

    def collected(self, scope: str) -> bool:
        """Whether any posted row belongs to the scope: a sum of 0 without rows is a gap."""
        if any(key[0] == scope for key in self.categories()):
            return True
        return any(self._total(name) for name in SUMS if name.startswith(f"scope{scope}"))

    def _total(self, name: str) -> Decimal | None:
        return exact((self.data.summary.get("totals") or {}).get(name))

    def total(self, name: str) -> Decimal | None:
        """A sum of ``summary["totals"]``; None where the scope was not collected."""
        return self._total(name) or Decimal(0) if self.collected(name[5]) else None

    def headline(self) -> Decimal:
        """Scope 1 + scope 2 location-based + scope 3, as far as collected."""
        return add(self.total("scope1_kg"), self.total("scope2_location_kg"), self.total("scope3_kg"))

    def headline_market(self) -> Decimal:
        """The same with the market-based scope 2."""
        return add(self.total("scope1_kg"), self.total("scope2_market_kg"), self.total("scope3_kg"))

    def headline_label(self) -> str:
        """What the headline adds up."""
        return self.words("headline." + ("".join(filter(self.collected, "123")) or "0"))

    def biogenic(self) -> Decimal | None:
        """Biogenic CO2 in kg; None where no row carries any."""
        kg = exact((self.data.summary.get("totals") or {}).get("biogenic_co2_kg"))
        if kg:
            return kg
        stated = [exact(row.get("biogenic_co2_kg")) for row in self.data.gases]
        return kg if any(value is not None and value != 0 for value in stated) else None

    def refused(self, scope: str, category: str | None = None) -> int:
        """Rows that were given for a scope (or one category of it) but not posted; scope "" counts those that tell none."""
        return sum(
            int(row["rows"])
            for row in (self.data.manifest.get("unposted") or {}).get("categories") or ()
            if str(row.get("scope") or "") == scope and category in (None, str(row.get("category") or ""))
        )

    def refused_categories(self) -> list[tuple[str, str]]:
        """Scope and category of which rows were given and none was posted."""
        have = {key[:2] for key in self.categories()}
        rows = (self.data.manifest.get("unposted") or {}).get("categories") or ()
        places = ((str(row.get("scope") or ""), str(row.get("category") or "")) for row in rows)
        return [place for place in places if place[0] and place not in have]

    def missing(self, rows: int = 0) -> str:
        """What stands where there is no sum: not collected, or so many rows given but not posted."""
        if not rows:
            return self.words("not-collected")
        return self.words("not-posted.row" if rows == 1 else "not-posted.rows", count=grouped(rows))

    def missing_month(self, month: str) -> str:
        """The same for a month without a posted row."""
        return self.missing(int(((self.data.manifest.get("unposted") or {}).get("months") or {}).get(month, 0)))

    def shown(self, kg: Decimal | None, refused: int = 0) -> str:
        """A mass in t, or why there is none."""
        return self.missing(refused) if kg is None else tonnes(kg)

    def share(self, kg: Decimal | None) -> str:
        """Percent of the headline."""
        return "—" if kg is None else percent(ratio(kg, self.headline()))

    def category_name(self, scope: str, category: str) -> str:
        """The name of a category in the language of the report."""
        if not category:
            return self.words("category.unknown")
        return self.words.get(f"category.{scope}.{category}", category.replace("_", " "))

    def interval(self, name: str) -> tuple[Decimal, Decimal] | None:
        """2.5 and 97.5 percentiles of one sum (``scope1``, ``scope2_location``, ..., ``total``)."""
        entry = (self.data.summary.get("uncertainty") or {}).get(name) or {}
        low, high = exact(entry.get("p2_5_kg")), exact(entry.get("p97_5_kg"))
        return None if low is None or high is None else (low, high)

    def unsplit(self) -> Decimal:
        """CO2e of factors that state no gases (kg, location-based for scope 2)."""
        rows = (r for r in self.data.gases if r.get("basis") != "market" and r.get("scope") is not None)
        return add(*map(unsplit_kg, rows))

    def groups(self) -> list[str]:
        """Gas groups beside CO2, CH4 and N2O that some row of the scopes releases, in the order of the standards."""
        found = {g for row in self.data.gases if row.get("scope") is not None for g in group_masses(row)}
        return [name for name in GROUPS if name in found and name != "other"]

    def known(self, need: str) -> bool:
        """Whether the report can state what an item of a standard needs."""
        if need.startswith("org."):
            return bool(self.org.get(need[4:]))
        direct = [row for row in self.data.gases if str(row.get("scope")) == "1"]
        split = any(row.get("co2_kg") is not None or group_masses(row) for row in direct)
        facts = {
            "period": bool(self.period()),
            "approach": bool(self.approach()),
            "posted": self.count("rows_posted") > 0,
            "scope1": self.collected("1"),
            "scope2": self.collected("2"),
            "scope3": self.collected("3"),
            "gas_split": split and not self.unsplit(),
            "methods": bool(self.data.methods),
            "factors": bool(self.data.factors),
            "uncertainty": bool(self.data.summary.get("uncertainty")),
            "previous": self.data.previous is not None,
            "gwp": self.gwp() != "—",
        }
        return facts[need]

    def facility_rows(self) -> list[Row]:
        """Facilities, largest first; from the summary where the run gave no list."""
        rows = list(self.data.facilities)
        if not rows:
            rows = [{"facility": name, **sums} for name, sums in (self.data.summary.get("by_facility") or {}).items()]

        def order(row: Row) -> tuple[bool, Decimal, str]:
            return row.get("facility") == "(other)", -located(row), str(row.get("facility") or "")

        return sorted(rows, key=order)


def group_masses(row: Row) -> dict[str, Decimal]:
    """CO2e by gas group beside CO2, CH4 and N2O, where it is known (kg)."""
    found = ((name, exact(kg)) for name, kg in (row.get("groups") or {}).items())
    return {name: kg for name, kg in found if kg is not None}


def other_kg(row: Row) -> Decimal | None:
    """CO2e of other gases than the groups with a name of their own (kg); None where the row states none."""
    left, grouped = exact(row.get("ungrouped_co2e_kg", row.get("other_co2e_kg"))), group_masses(row).get("other")
    return left if grouped is None else add(left, grouped)


def unsplit_kg(row: Row) -> Decimal:
    """CO2e of the part of a row whose factors state no gases; where the run does not say, all of a row without gases (kg)."""
    stated = exact(row.get("unsplit_co2e_kg"))
    if stated is not None:
        return stated
    bare = all(row.get(gas) is None for gas in ("co2_kg", "ch4_kg", "n2o_kg", "other_co2e_kg"))
    return add(exact(row.get("co2e_kg"))) if bare else Decimal(0)


def located(row: Row) -> Decimal:
    """Scope 1 + scope 2 location-based + scope 3 of one row of sums (kg)."""
    return add(exact(row.get("scope1_kg")), exact(row.get("scope2_location_kg")), exact(row.get("scope3_kg")))


def remainder(whole: Decimal | None, rows: list[Row], name: str) -> Decimal | None:
    """What the rows leave of the whole (kg)."""
    return None if whole is None else minus(whole, add(*(exact(row.get(name)) for row in rows)))
