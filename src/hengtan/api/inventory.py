"""An inventory in memory: asked, explained, drawn, and kept when one wants to."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from decimal import Decimal, localcontext
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from hengtan.connectors import Intake
from hengtan.inventory.folder import MANIFEST, new_folder, write_json
from hengtan.inventory.rules import Rules
from hengtan.inventory.run import Run
from hengtan.inventory.totals import EXACT, SUMS
from hengtan.problems import HengtanError, Problem

from .chart import Svg, bars
from .explained import Explained, explained
from .given import NAME
from .keeping import open_keeper, user
from .sums import DIMENSIONS, by
from .table import Table, html_table, shown
from .words import WORDS, most_told

if TYPE_CHECKING:
    from hengtan.evidence import Given, Keeper

CUBE = "cube.parquet"
_NAMES = {"scope1_kg": "scope1", "scope2_location_kg": "scope2_location", "scope2_market_kg": "scope2_market",
          "scope3_kg": "scope3"}  # fmt: skip


class Inventory:
    """What ``hengtan.calculate`` returns. Masses are exact Decimals in kg; CO2e in the GWP set of the run.

    summary    summary.json of the contract
    manifest   run.json: what went in, by hash, the options, what came out
    """

    def __init__(
        self,
        run: Run,
        intake: Intake,
        rules: Rules,
        work: tempfile.TemporaryDirectory[str],
        lang: str,
        given: Sequence[Given],
        keeper: Keeper | None = None,
    ) -> None:
        self._run, self._intake, self._rules, self._work, self._lang = run, intake, rules, work, lang
        self._given, self._keeper = given, keeper
        self.summary: Mapping[str, Any] = run.summary
        self.manifest: Mapping[str, Any] = run.manifest

    @property
    def _folder(self) -> Path:
        return Path(self._work.name) / "run"

    @cached_property
    def totals(self) -> dict[str, Decimal]:
        """scope1_kg, scope2_location_kg, scope2_market_kg, scope3_kg, biogenic_co2_kg."""
        return dict(self._run.totals.sums)

    @cached_property
    def problems(self) -> list[Problem]:
        """Every problem, in the order of the rows; at most 10,000 of a code."""
        return self._run.problems.sorted([(source.file, source.sheet) for source in self._intake.sources])

    @cached_property
    def emissions(self) -> pa.Table:
        """One row per posted activity and basis, with the columns of emissions.parquet."""
        return pq.read_table(self._folder / "emissions.parquet")

    def by(self, *names: str, basis: str = "location") -> Table:
        """Sums of scopes 1 to 3 in kg CO2e, exact, by one or more of:

        scope, category, gas, month, facility, org_unit, activity_type, region, factor_id, match, method.
        Months add up to the whole. With "gas": kg of the gas itself, and CO2e where a source does not split it.
        ``basis`` of scope 2: location or market. Raises HengtanError for another name.
        """
        return by(self._run.lines, self._cube, names or ("scope",), basis)

    @cached_property
    def _cube(self) -> pa.Table:
        return pq.read_table(self._folder / CUBE)

    def explain(self, activity_id: object) -> Explained:
        """How the numbers of one activity came about; a rejected one is explained too.

        Raises HengtanError for an id that the inventory does not hold.
        """
        return explained(self._folder, self._intake, self._rules, str(activity_id), self._lang)

    def uncertainty(self) -> Table:
        """The 95 % interval of each scope and of the total, kg CO2e, and the percent of it that nobody states.

        Empty bounds: nothing is stated. ``docs/uncertainty.md`` says what is in the interval.
        """
        said, stated = self.summary["uncertainty"], self.manifest["uncertainty"]["stated"]
        with localcontext(EXACT):
            sums = {scope: self.totals[name] for name, scope in _NAMES.items()}
            sums["total"] = sums["scope1"] + sums["scope2_location"] + sums["scope3"]
        rows = []
        for scope, share in stated.items():
            bounds = said.get(scope, {})
            low, high = (Decimal(bounds[name]) if name in bounds else None for name in ("p2_5_kg", "p97_5_kg"))
            rows.append((scope, sums[scope], low, high, share["unstated_pct"]))
        return Table(("scope", "co2e_kg", "p2_5_kg", "p97_5_kg", "unstated_pct"), tuple(rows), "95 %")

    def plot(self, by: str = "month", basis: str = "location") -> Any:
        """Bars of t CO2e by month, facility or any name of :meth:`by` but gas, stacked by scope.

        A matplotlib Figure where matplotlib is installed (extra [notebook]); else, with a word about it, our own SVG.
        """
        from .drawing import figure, told_once

        sums, parts, title = self._stack(by, basis)
        drawn = figure(sums, parts, title)
        if drawn is None:
            told_once(WORDS[self._lang]["no_matplotlib"])
            return bars(sums, parts, title)
        return drawn

    def _stack(self, name: str, basis: str) -> tuple[dict[str, dict[str, Decimal]], list[str], str]:
        words = WORDS[self._lang]
        found: dict[str, dict[str, Decimal]] = {}
        if name == "gas":  # masses of different gases have no common axis
            values = {"name": name, "known": ", ".join(one for one in DIMENSIONS if one != "gas")}
            raise HengtanError(Problem("api.dimension", values=values))
        parts: dict[str, None] = {}
        for row in self.by(*dict.fromkeys((name, "scope")), basis=basis).rows:
            part = words["scope"].format(scope=row[-2])
            into = found.setdefault(row[0] or "-", {})
            into[part] = into.get(part, Decimal(0)) + row[-1]
            parts[part] = None
        return found, sorted(parts), words["by"].format(name=words.get(f"by_{name}", name))

    def save(
        self,
        folder: str | os.PathLike[str],
        *,
        reports: bool = False,
        ledger: str | os.PathLike[str] | None = None,
        facts: str | None = None,
    ) -> Path:
        """Keep the inventory as the folder that ``hengtan calculate --out`` writes; the table that went in lies beside.

        reports   write the report in every form that is installed
        ledger    enter it into this ledger, with proofs in the folder; without it the one that ``calculate`` was given
        facts     root of the facts, where it is not the ledger's own
        Raises HengtanError when the folder is neither empty nor an earlier run, or the ledger cannot be written to.
        """
        target = Path(folder)
        keeper = open_keeper(ledger, facts) or self._keeper
        with new_folder(target) as fresh:
            for path in self._folder.iterdir():
                if path.name != CUBE:
                    shutil.copy2(path, fresh / path.name)
            manifest = json.loads((fresh / MANIFEST).read_text("utf-8"))
            table = Path(self._work.name) / NAME
            if table.exists():
                shutil.copy2(table, fresh / NAME)
                _beside(manifest, target)
            else:
                manifest["base"] = os.path.relpath(Path.cwd(), target)
            if keeper is not None:
                manifest["ledger"] = keeper.described(target)
                manifest["outputs"]["canonical_digest"] = _canonical(fresh / "emissions.parquet")
            write_json(fresh / MANIFEST, manifest)
            if reports:
                _report(fresh, self._lang)
            if keeper is not None:
                from hengtan.evidence import Bundle

                keeper.keep(Bundle(fresh, self._given, user()))
        return target

    def __repr__(self) -> str:
        words, sums = WORDS[self._lang], self.totals
        lines = [words["title"].format(gwp=self.summary["gwp_set"], **self._period)]
        width = max(len(shown(sums[name])) for name in SUMS)
        for name in SUMS:
            lines.append(f"  {words[name]}  {shown(sums[name]):>{width}} kg CO2e")
        return "\n".join([*lines, "  " + self._counts])

    @property
    def _period(self) -> dict[str, str]:
        first, _, last = str(self.manifest["organisation"]["period"]).partition("/")
        return {"first": first or "-", "last": last or "-"}

    @property
    def _counts(self) -> str:
        said = self.summary
        counts = WORDS[self._lang]["counts"].format(
            rows=f"{said['rows_in']:,}", posted=f"{said['rows_posted']:,}", rejected=f"{said['rows_rejected']:,}"
        )
        told = most_told(self._run.problems.counts, self._lang)
        return f"{counts}{told}"

    def _repr_html_(self) -> str:
        words, said = WORDS[self._lang], self.summary["uncertainty"]
        rows = []
        for name, scope in _NAMES.items():
            bounds = said.get(scope)
            band = f"{shown(Decimal(bounds['p2_5_kg']))} – {shown(Decimal(bounds['p97_5_kg']))}" if bounds else ""
            rows.append([words[name].strip(), shown(self.totals[name]), band])
        table = html_table(("", "kg CO2e", "95 %"), rows, [False, True, True])
        title = escape(words["title"].format(gwp=self.summary["gwp_set"], **self._period))
        return (
            f"<div style='color:inherit'><p><b>{title}</b></p>{table}"
            f"<p style='opacity:.8'>{escape(self._counts)}</p>{self._chart().text}</div>"
        )

    def _chart(self) -> Svg:
        months = len(self.summary["by_month"])
        return bars(*self._stack("month" if 1 < months <= 24 else "category", "location"))


def _beside(manifest: dict[str, Any], folder: Path) -> None:
    """Name the table that lies in the folder, and the other files as seen from there, so that replay finds them."""

    def seen(name: Any) -> Any:
        return os.path.relpath(name, folder) if isinstance(name, str) and Path(name).is_file() else name

    options = manifest["options"]
    for name, value in options.items():
        options[name] = [seen(one) for one in value] if isinstance(value, list) else seen(value)
    options["inputs"] = [NAME]
    for file in manifest.get("files", ()):
        file["file"] = seen(file["file"])
    manifest["base"] = "."


def _canonical(emissions: Path) -> str:
    from hengtan.engine import Engine
    from hengtan.inventory.digest import emission_sums

    with Engine().session() as con:
        return emission_sums(con.read_parquet(str(emissions))).digest()


def _report(folder: Path, lang: str) -> None:
    from importlib.util import find_spec

    from hengtan.engine import Engine
    from hengtan.inventory.report_data import read_manifest, report_data
    from hengtan.reports import render

    forms = ("pdf", "xlsx", "html") if find_spec("typst") else ("xlsx", "html")
    with Engine().session() as con:
        render(report_data(folder, con, read_manifest(folder)), folder, forms, lang)


__all__ = ["HengtanError", "Inventory"]
