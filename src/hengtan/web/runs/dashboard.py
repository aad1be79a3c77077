"""What the dashboard draws: figures of a run on one basis, with an address behind every mark."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from functools import reduce
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hengtan.gases import gwp
from hengtan.inventory.posted import GASES
from hengtan.inventory.totals import EXACT
from hengtan.web.boundaries.models import Denominator

from . import words
from .models import Run
from .templatetags.masses import shown, tonnes

BARS = 11
Figures = Mapping[str, Any]


class Dashboard:
    """The figures of one run as one person sees them, on one basis of scope 2."""

    def __init__(self, run: Run, figures: Figures, basis: str, before: Run | None = None) -> None:
        """before: the run whose months are drawn beside, for who sees all of both."""
        self.run, self.figures, self.basis, self.before = run, figures, basis, before
        self.gwp_set = str((run.summary or {}).get("gwp_set") or "AR5")
        self.scope2 = f"scope2_{basis}_kg"
        totals = figures["totals"]
        self.scope1, self.scope3 = Decimal(totals["scope1_kg"]), Decimal(totals["scope3_kg"])
        self.location, self.market = Decimal(totals["scope2_location_kg"]), Decimal(totals["scope2_market_kg"])
        self.second = self.location if basis == "location" else self.market
        self.total = EXACT.add(EXACT.add(self.scope1, self.second), self.scope3)
        self.biogenic = Decimal(totals["biogenic_co2_kg"])

    def rows_at(self, **asked: Any) -> str:
        """The address of the rows behind a mark."""
        address = reverse("run-rows", kwargs={"key": self.run.organisation.key, "pk": self.run.pk})
        return f"{address}?{urlencode({'basis': self.basis, **asked})}"

    # --- the charts
    @property
    def months(self) -> dict[str, Any]:
        """Lines of the scopes and of their sum; a month without rows is a gap."""
        rows = {row["month"]: row for row in self.figures["months"]}
        labels = _between(min(rows), max(rows)) if rows else []
        names = [
            ("scope1_kg", _("Scope 1"), "s1"),
            (self.scope2, _("Scope 2"), "s2"),
            ("scope3_kg", _("Scope 3"), "s3"),
        ]
        series = [
            self._line(name, colour, [rows[each][column] if each in rows else None for each in labels])
            for column, name, colour in names
            if any(Decimal(row[column]) for row in rows.values())
        ]
        total = f"{self.basis}_kg"
        earlier = self._earlier(labels)
        if earlier and self.before is not None:
            series.append(self._line(self.before.code, "ink-3", earlier) | {"dashed": True})
        if len(series) > 1:
            series.append(
                self._line(_("Total"), "ink", [rows[each][total] if each in rows else None for each in labels])
            )
        return {
            "kind": "months", "labels": labels, "series": series, "unit": "tCO₂e",
            "href": [self.rows_at(month=each) for each in labels], "band": self._band(labels),
            "shown": [_month(each) for each in labels] if labels and labels[0][:4] == labels[-1][:4] else labels,
        }  # fmt: skip

    @property
    def categories(self) -> dict[str, Any]:
        """Bars of the categories, the largest first."""
        rows = sorted(self.figures["categories"], key=lambda row: -Decimal(row[f"{self.basis}_kg"]))
        found = [
            self._bar(str(words.category(row["category"])), row, scope=row["scope"], category=row["category"])
            for row in rows[:BARS]
        ]
        return self._bars(found)

    @property
    def units(self) -> dict[str, Any]:
        """Bars of the organisation's units, the largest first."""
        rows = sorted(self.figures["units"], key=lambda row: -Decimal(row[f"{self.basis}_kg"]))[:BARS]
        found = [self._bar(row["org_unit"] or _("no unit"), row, org_unit=row["org_unit"]) for row in rows]
        return self._bars(found)

    @property
    def facilities(self) -> dict[str, Any]:
        """Bars of the largest facilities."""
        rows = sorted(self.figures["facilities"], key=lambda row: -Decimal(row[f"{self.basis}_kg"]))[:BARS]
        bars = self._bars([self._bar(row["facility"], row, facility=row["facility"]) for row in rows])
        if self.rest is not None:
            count, kg = self.rest
            name = ngettext("%(number)s more facility", "%(number)s more facilities", count) % {"number": f"{count:,}"}
            at = reverse("run-facilities", kwargs={"key": self.run.organisation.key, "pk": self.run.pk})
            bars["rest"] = {
                "name": name,
                "value": float(tonnes(kg)),
                "total": shown(tonnes(kg, 0), 0),
                "href": f"{at}?basis={self.basis}",
            }
        return bars

    @property
    def rest(self) -> tuple[int, Decimal] | None:
        """How many facilities have no bar, and what they emit."""
        rows = sorted((Decimal(row[f"{self.basis}_kg"]) for row in self.figures["facilities"]), reverse=True)[:BARS]
        count = self.figures["facility_count"] - len(rows)
        return (count, EXACT.subtract(self.total, reduce(EXACT.add, rows, Decimal(0)))) if count > 0 else None

    @property
    def matches(self) -> list[dict[str, Any]]:
        """The classes, best first, with their share of the total on the basis that is shown."""
        rows = {row["match"]: row for row in self.figures["matches"]}
        found, at = [], Decimal(0)
        for name in words.MATCHES:
            if name not in rows:
                continue
            kg = Decimal(rows[name][f"{self.basis}_kg"])
            part = kg * 100 / self.total if self.total else Decimal(0)
            found.append({
                "name": name, "kg": kg, "rows": rows[name]["rows"], "x": f"{at:.2f}%", "width": f"{max(part, Decimal(0)):.2f}%",
                "href": self.rows_at(match=name),
            })  # fmt: skip
            at += part
        return found

    @property
    def quality(self) -> list[dict[str, Any]]:
        """What the column data_quality says, with the rows behind it where the run keeps them (location-based)."""
        found = []
        for row in self.figures.get("quality") or ():
            name = next(value for key, value in row.items() if key not in ("rows", "co2e_kg"))
            asked = {"quality": name} if name else {"unlabelled": 1}
            href = self.rows_at(**asked, basis="location") if self.figures.get("labels") else ""
            found.append({"name": name, "rows": row["rows"], "co2e_kg": Decimal(row["co2e_kg"]), "href": href})
        return found

    def map(self, places: Mapping[str, tuple[float, float]]) -> dict[str, Any] | None:
        """Points of the largest facilities whose place is known; None without any."""
        rows = [row for row in self.figures["facilities"] if row["facility"] in places]
        if not rows:
            return None
        points = [
            {"name": row["facility"], "at": list(places[row["facility"]]), "value": float(tonnes(row[f"{self.basis}_kg"])),
             "told": shown(tonnes(row[f"{self.basis}_kg"])), "href": self.rows_at(facility=row["facility"])}
            for row in rows
        ]  # fmt: skip
        return {
            "kind": "map",
            "unit": "tCO₂e",
            "points": points,
            "without": len(self.figures["facilities"]) - len(rows),
        }

    @property
    def gases(self) -> list[dict[str, Any]]:
        """Mass of each gas and what it makes in CO2e; methane is what the others leave, so that they add up to the total."""
        if not self.figures.get("gases"):
            return []
        kg = dict.fromkeys(words.GASES, Decimal(0))
        co2e = dict(kg)
        for row in self.figures["gases"]:
            if row["scope"] not in (1, 2, 3) or row["basis"] not in ("-", self.basis):
                continue
            told = {name: Decimal(row.get(column) or 0) for name, column in GASES.items()}
            unsplit = Decimal(row.get("unsplit_co2e_kg") or 0)
            nitrous = EXACT.multiply(told["n2o"], gwp("N2O", self.gwp_set)) if told["n2o"] else Decimal(0)
            rest = Decimal(row["co2e_kg"] or 0)
            for each in (told["co2"], nitrous, told["other"], unsplit):
                rest = EXACT.subtract(rest, each)
            parts = {"co2": told["co2"], "n2o": nitrous, "other": told["other"], "unsplit": unsplit}
            parts["ch4" if told["ch4"] else "unsplit"] = EXACT.add(
                parts.get("ch4" if told["ch4"] else "unsplit", Decimal(0)), rest
            )
            for name, mass in told.items():
                kg[name] = EXACT.add(kg[name], mass)
            for name, mass in parts.items():
                co2e[name] = EXACT.add(co2e[name], mass)
        return [
            {"name": name, "kg": kg[name] if name in ("co2", "ch4", "n2o") else None, "co2e_kg": mass, "href": self.rows_at(gas=name),
             "width": f"{max(mass, Decimal(0)) * 100 / self.total:.1f}%" if self.total else "0%"}
            for name, mass in co2e.items() if mass
        ]  # fmt: skip

    @property
    def scope3_categories(self) -> list[dict[str, Any]]:
        """All fifteen: what is not collected is not zero."""
        rows = {row["category"]: row for row in self.figures["categories"] if row["scope"] == 3}
        numbers = dict.fromkeys([*map(str, range(1, 16)), *sorted(rows, key=str)])
        return [
            {"name": name, "kg": Decimal(rows[name]["scope3_kg"]) if name in rows else None, "rows": rows[name]["rows"] if name in rows else 0,
             "href": self.rows_at(scope=3, category=name)}
            for name in numbers
        ]  # fmt: skip

    @property
    def since_before(self) -> Decimal | None:
        """The change since the run before, of the months that are drawn beside."""
        if self.before is None or self.before.totals is None or not self._year_earlier():
            return None
        totals = self.before.totals
        told = reduce(EXACT.add, (Decimal(totals[name]) for name in ("scope1_kg", self.scope2, "scope3_kg")))
        return EXACT.divide(EXACT.subtract(self.total, told) * 100, told) if told else None

    def _year_earlier(self) -> bool:
        first, last = (self.before.first, self.before.last) if self.before is not None else (None, None)
        if not (first and last and self.run.first and self.run.last):
            return False
        return (self.run.first.year - first.year, self.run.last.year - last.year) == (1, 1)

    def intensities(self, denominators: Iterable[Denominator]) -> list[dict[str, Any]]:
        """By what is counted and its unit: emissions of the months it is known for, for one of it, and their part of the total."""
        months = {row["month"]: Decimal(row[f"{self.basis}_kg"]) for row in self.figures["months"]}
        groups: dict[tuple[str, str], list[Denominator]] = {}
        for each in denominators:
            groups.setdefault((each.kind, each.unit), []).append(each)
        found = []
        for (kind, unit), rows in groups.items():
            known: set[str] = set()
            whole = True
            for row in rows:
                touched = set(_between(f"{row.start:%Y-%m}", f"{row.end:%Y-%m}"))
                day_after = row.end + timedelta(days=1)
                whole = whole and row.start.day == 1 and day_after.day == 1 and not known & touched
                known |= touched
            if not whole or not known & set(months):
                continue
            kg = reduce(EXACT.add, (months[each] for each in known & set(months)))
            amount = reduce(EXACT.add, (row.value for row in rows))
            found.append({
                "name": kind, "kind": rows[0].get_kind_display(), "unit": unit, "amount": amount, "kg": kg, "per": EXACT.divide(kg, amount),
                "first": min(known), "last": max(known), "part": kg * 100 / self.total if self.total else Decimal(0),
                "href": self.rows_at(month=min(known), until=max(known)),
            })  # fmt: skip
        return found

    @property
    def hot(self) -> list[dict[str, Any]]:
        """The rows that emit most, with their running share."""
        found, running = [], Decimal(0)
        rows = (self.figures.get("hot") or {}).get(self.basis, [])
        most = max((Decimal(row["co2e_kg"]) for row in rows), default=Decimal(0))
        for row in rows[:5]:
            kg = Decimal(row["co2e_kg"])
            running += kg
            found.append({
                **row, "running": running, "width": f"{kg * 100 / most:.1f}%" if most else "0%",
                "href": f"{reverse('run-explain', kwargs={'key': self.run.organisation.key, 'pk': self.run.pk})}?{urlencode({'id': row['activity_id'], 'basis': self.basis})}",
            })  # fmt: skip
        return found

    @property
    def interval(self) -> tuple[Decimal, Decimal] | None:
        """The 95 % interval of the total, where there is one."""
        told = (self.figures.get("uncertainty") or {}).get("total")
        band = told if self.basis == "location" else None
        return (Decimal(band["p2_5_kg"]), Decimal(band["p97_5_kg"])) if band else None

    @property
    def band_told(self) -> str:
        """Why there is no interval by month; empty where there is one, and for who sees a part of the run."""
        if "month_bands" not in self.figures or (self.basis == "location" and self.figures["month_bands"]):
            return ""
        if self.figures["month_bands"] is None:
            return _("Without an interval by month: this run is older than it. A new run of the same data shows it.")
        if not self.figures["month_bands"]:
            return _("Without an interval: neither factors nor quantities state an uncertainty.")
        return _("The interval is known of the location-based total.")

    def _band(self, labels: Sequence[str]) -> dict[str, Any] | None:
        """The 95 % interval of the total of each month; a month in which nothing is stated is a gap."""
        bands = self.figures.get("month_bands") if self.basis == "location" else None
        found = [((bands or {}).get(each) or {}).get("total") for each in labels]
        if not any(found):
            return None
        return {
            "name": _("95% interval"),
            "low": [float(tonnes(band["p2_5_kg"])) if band else None for band in found],
            "high": [float(tonnes(band["p97_5_kg"])) if band else None for band in found],
            "told": [f"{shown(tonnes(band['p2_5_kg']))} – {shown(tonnes(band['p97_5_kg']))}" if band else None for band in found],
        }  # fmt: skip

    def _earlier(self, labels: Sequence[str]) -> list[str | None]:
        """The totals of the run before: of the same months, or of the same months a year earlier; [] where none of these fits."""
        months = (self.before.figures or {}).get("months", []) if self.before is not None else []
        known = {row["month"]: row[f"{self.basis}_kg"] for row in months}
        for years in (0, 1):
            found = [known.get(f"{int(each[:4]) - years:04d}{each[4:]}") for each in labels]
            if any(found):
                return found
        return []

    def _line(self, name: str, colour: str, masses: Sequence[str | None]) -> dict[str, Any]:
        return {
            "name": name, "color": colour,
            "values": [None if kg is None else float(tonnes(kg)) for kg in masses],
            "told": [None if kg is None else shown(tonnes(kg)) for kg in masses],
        }  # fmt: skip

    def _bar(self, name: str, row: Mapping[str, Any], **asked: Any) -> dict[str, Any]:
        masses = [row["scope1_kg"], row[self.scope2], row["scope3_kg"]]
        return {
            "name": name, "parts": [float(tonnes(kg)) for kg in masses], "told": [shown(tonnes(kg)) for kg in masses],
            "total": shown(tonnes(row[f"{self.basis}_kg"], 0), 0), "href": self.rows_at(**asked),
        }  # fmt: skip

    def _bars(self, rows: list[dict[str, Any]]) -> dict[str, Any]:
        used = [at for at in range(3) if any(row["parts"][at] for row in rows)]
        names = [str(words.SCOPES[at + 1]) for at in range(3)]
        return {
            "kind": "bars", "rows": rows, "used": used, "names": names, "colors": ["s1", "s2", "s3"], "unit": "tCO₂e",
        }  # fmt: skip


def _month(label: str) -> str:
    number = int(label[5:])
    return f"{number} 月" if words.lang() == "zh" else _MONTHS[number - 1]


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _between(first: str, last: str) -> list[str]:
    """Every month from one to another; at most ten years."""
    year, month = int(first[:4]), int(first[5:])
    found: list[str] = []
    while (label := f"{year:04d}-{month:02d}") <= last and len(found) < 120:
        found.append(label)
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return found
