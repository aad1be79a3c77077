"""An explanation as a tree of text: what was multiplied, where each number comes from, and who says so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from rich.text import Text
from rich.tree import Tree

from hengtan.factors import find_type
from hengtan.methods.trace import plain

from .explain import CHANGED, Explanation, Result, symbol
from .explain_words import words
from .run import text
from .source_row import SourceRow
from .steps import Steps, steps

CONSIDERED = 4


def tree(found: Explanation, lang: str = "en") -> Tree:
    """The whole explanation."""
    return _Drawing(found, lang).tree()


def grouped(value: Decimal | Fraction) -> str:
    """A number with its digits in groups of three and no zeros at its end."""
    shown = plain(value) if isinstance(value, Fraction) else text(value)
    whole, point, rest = shown.partition(".")
    return f"{int(whole):,}{point}{rest}" if whole not in ("-0",) else shown


class _Drawing:
    def __init__(self, found: Explanation, lang: str) -> None:
        self.found, self.lang, self.say = found, lang, words(lang)
        self.gwp = found.manifest["options"]["gwp"]

    def tree(self) -> Tree:
        found = self.found
        root = Tree(self._title(), guide_style="dim")
        if found.rejected:
            node = root.add(Text(self.say["rejected"], style="bold red"))
            self._problems(node)
            for row in found.rows:
                self._row(root, row)
        else:
            for result in found.results:
                self._equation(root, result)
            self._quantity(root)
            for results in self._alike():
                self._coefficient(root, results)
            if found.problems:
                self._problems(root.add(self._label(self.say["problems"])))
        self._run(root)
        return root

    # --- what it is
    def _title(self) -> Text:
        found = self.found
        row = found.rows[0] if found.rows else None
        facility = found.posted["facility"] if found.posted else (row.values.get("facility", "") if row else "")
        kind = self._kind(row.values.get("activity_type", "") if row else self._planned("activity_type"))
        first = Text(found.activity_id, style="bold")
        rest = ", ".join(part for part in (facility, kind) if part)
        return Text.assemble(first, "  " if rest else "", rest)

    def _planned(self, name: str) -> str:
        return str(self.found.results[0].plan[name] or "") if self.found.results else ""

    def _kind(self, name: str) -> str:
        known = find_type(name) if name else None
        return known.title[self.lang] if known else name

    def _label(self, name: str, value: str = "", note: str = "") -> Text:
        return Text.assemble((name, "cyan"), "  " if value else "", (value, "bold"), "  " if note else "", note)

    # --- the equation
    def _scope(self, result: Result) -> str:
        if not result.scope:
            return self.say["outside"]
        category = result.category
        category = self.say["category"].format(category=category) if category.isdigit() else category
        parts = [self.say["scope"].format(scope=result.scope), category]
        parts += [self.say[result.basis]] if result.basis in ("location", "market") else []
        return ", ".join(part for part in parts if part)

    def _equation(self, root: Tree, result: Result) -> None:
        kg = result.masses["co2e_kg"] or Decimal(0)
        tonnes = f"{(kg / 1000).quantize(Decimal('0.01')):,} t CO2e"
        node = root.add(Text.assemble((tonnes, "bold"), "  ", self._scope(result)))
        rate = result.coefficients["co2e_kg"] or Decimal(0)
        if self.found.quantity is not None:
            quantity = f"{grouped(self.found.quantity)} {self.found.unit}".strip()
            node.add(Text(f"{grouped(kg)} kg = {quantity} × {grouped(rate)} kg CO2e/{self._unit(result)}"))
        gases = [
            (gas, mass) for gas, mass in result.masses.items() if mass and gas not in ("co2e_kg", "biogenic_co2_kg")
        ]
        if len(gases) > 1:
            shown = ", ".join(f"{grouped(mass)} kg {self._gas(gas)}" for gas, mass in gases)
            node.add(self._label(self.say["gases"], "", shown))
        if result.masses["biogenic_co2_kg"]:
            node.add(self._label(self.say["biogenic"], "", f"{grouped(result.masses['biogenic_co2_kg'])} kg"))

    def _unit(self, result: Result) -> str:
        """Of the row; a 0 may stand without one, then the coefficient is per unit of its factor."""
        return self.found.unit or (result.factors[0].get("activity_unit", "") if result.factors else "") or "–"

    # --- the quantity
    def _quantity(self, root: Tree) -> None:
        found = self.found
        value = grouped(found.quantity) if found.quantity is not None else self.say["unknown_quantity"]
        node = root.add(self._label(self.say["quantity"], f"{value} {found.unit}".strip()))
        if found.rows:
            self._row(node, found.rows[0], quantity=True)
        else:
            node.add(Text(self.say["changed" if found.state == CHANGED else "gone"], style="yellow"))
            self._names(node, self._planned("activity_type"), None)
        if found.posted:
            self._period(node, found.posted["start"], found.posted["end"])

    def _row(self, into: Tree, row: SourceRow, *, quantity: bool = False) -> None:
        say = self.say
        cell = row.cells.get("quantity")
        node = into
        place = self._address(row, "quantity")
        given = row.quantity_given if row.quantity_given else "–"
        if not quantity:
            node = into.add(self._label(say["quantity"], f"{given} {row.values.get('unit', '')}".strip()))
        note = ""
        if self.found.amount is None and row.quantity is not None and Decimal(row.quantity_given) != row.quantity:
            note = say["given"].format(text=row.quantity_given)
        node.add(self._label(say["cell"] if place else say["line"], place or f"{row.row:,}", note))
        if cell and cell.header not in ("", "quantity"):
            node.add(self._label(say["column"].format(column=cell.header)))
        if self.found.amount is not None and quantity:
            amount = self.found.amount
            made = node.add(
                self._label(say["amount"], f"amount = {amount.amount_equation.text}" if amount.amount_equation else "")
            )
            for name in ("quantity", *amount.amount_inputs):
                made.add(
                    self._label(name, row.quantity_given if name == "quantity" else row.values.get(name, "") or "–")
                )
        self._unit_cell(node, row)
        self._names(node, row.values.get("activity_type", ""), row)
        node.add(self._label(say["file"], "", self._file(row.file)))

    def _unit_cell(self, node: Tree, row: SourceRow) -> None:
        say, text_read = self.say, row.values.get("unit", "")
        cell = row.cells.get("unit")
        given, read = (cell.given if cell else "") or text_read, symbol(text_read)
        if not text_read:
            node.add(self._label(say["unit"], "", say["unit_empty"]))
        elif given != read:
            where = self._address(row, "unit")
            told = say["read_as"].format(given=given, read=read)
            node.add(self._label(say["unit"], "", f"{where}  {told}" if where else told))

    def _names(self, node: Tree, named: str, row: SourceRow | None) -> None:
        cell = row.cells.get("activity_type") if row else None
        known = find_type(named) if named else None
        given = (cell.given if cell else "") or named
        read = f"{known.id}  {known.title[self.lang]}" if known else named or self.say["type_empty"]
        shown = self.say["read_as"].format(given=given, read=read) if known and given != known.id else read
        node.add(self._label(self.say["type"], "", shown))

    def _address(self, row: SourceRow, column: str) -> str:
        cell = row.cells.get(column)
        if cell is None or not cell.address:
            return ""
        return (
            f"{row.sheet}!{cell.address}"
            if row.sheet
            else cell.address + self.say["brackets"].format(self.say["row"].format(row=row.row))
        )

    def _file(self, name: str) -> str:
        known = next((one for one in self.found.manifest["inputs"] if one["file"] == name), None)
        return f"{name}  sha256 {known['sha256'][:12]}…" if known else name

    def _period(self, node: Tree, start: Any, end: Any) -> None:
        result = self.found.results[0]
        node.add(self._label(self.say["period"], "", f"{start} – {end}"))
        if result.months:
            months = list(result.months)
            node.add(Text(self.say["months"].format(count=len(months), first=months[0], last=months[-1])))

    # --- the coefficient
    def _alike(self) -> list[list[Result]]:
        """Results in their order; the two bases of scope 2 together where they are made of the same."""
        names = ("line_scope", "line_factor_id", "line_match", "line_method", "policy", "terms", "considered")
        groups: list[list[Result]] = []
        for result in self.found.results:
            last = groups[-1][0] if groups else None
            same = last is not None and last.coefficients == result.coefficients
            if same and last and all(last.plan[name] == result.plan[name] for name in names):
                groups[-1].append(result)
            else:
                groups.append([result])
        return groups

    def _coefficient(self, root: Tree, results: list[Result]) -> None:
        say, result = self.say, results[0]
        unit = self._unit(result)
        rate = result.coefficients["co2e_kg"] or Decimal(0)
        which = "both" if len(results) > 1 else result.basis
        named = say.get(which, "")
        if which == "-":
            named = say["scope"].format(scope=result.scope) if len(self.found.results) > 1 else ""
        name = say["coefficient"] + (say["brackets"].format(named) if named else "")
        node = root.add(self._label(name, f"{grouped(rate)} kg CO2e/{unit}"))
        found = steps(result.plan, result.factors[0], self.gwp) if len(result.factors) == 1 else None
        if found:
            self._steps(node, found, unit)
        else:
            self._terms(node, result)
        share = Fraction(result.plan["share"])
        if share != 1:
            node.add(self._label(say["share"], f"{plain(share * 100)} %"))
        instruments = {term["factor_id"] for term in result.plan["terms"] if term["name"] == "instrument"}
        for factor in result.factors:
            if factor["factor_id"] not in instruments:
                self._factor(node, factor)
        self._match(node, result)
        self._method(node, result)

    def _steps(self, node: Tree, found: Steps, unit: str) -> None:
        say, per = self.say, found.factor.activity_unit
        line = f"{grouped(found.total)} kg CO2e/{per}"
        if found.conversion != 1:
            line += f" × {grouped(found.conversion)} {per}/{unit}"
        if found.share != 1:
            line += f" × {plain(found.share)}"
        if found.conversion == found.share == 1 and not found.gases and not found.rounded:
            return  # the coefficient is the factor
        into = node.add(Text(f"= {line}" + (f", {say['rounded']}" if found.rounded else "")))
        for gas, rate, potential in found.gases:
            if gas == "other":
                into.add(Text(say["other"].format(rate=grouped(rate), unit=per)))
            else:
                weight = f"{potential} ({self.gwp})" if gas != "CO2" else "1"
                into.add(Text(say["gas"].format(rate=grouped(rate), gas=gas, unit=per, gwp=weight)))

    def _gas(self, name: str) -> str:
        return {"co2_kg": "CO2", "ch4_kg": "CH4", "n2o_kg": "N2O"}.get(name) or self.say["other_gases"]

    def _terms(self, node: Tree, result: Result) -> None:
        for term in result.plan["terms"]:
            name = self.say.get(term["name"], term["name"])
            title = result.method.titles.get(term["name"]) if result.method else None
            said = [title[self.lang]] if title else []
            said += [self._note(one) for one in term["note"].split()]
            note = self.say["comma"].join(part for part in (*said, term["source"]) if part)
            label = f"{name} {term['factor_id']}".strip()
            node.add(self._label(label, f"{_value(term['value'])} {term['unit']}".strip(), note))

    def _note(self, note: str) -> str:
        word, _, part = note.partition(":")
        if word == "type":
            kind = find_type(part)
            return kind.title[self.lang] if kind else part
        return self.say[f"note.{word}"].format(part=part)

    def _factor(self, node: Tree, factor: Mapping[str, Any]) -> None:
        say = self.say
        into = node.add(self._label(say["factor"], factor["factor_id"]))
        if "activity_unit" not in factor:
            return
        name = (factor["name_zh"] if self.lang == "zh" else "") or factor["name"] or factor["name_zh"]
        into.add(Text(", ".join(part for part in (name, factor["region"]) if part)))
        if not factor["co2_kg"] and not factor["ch4_kg"] and not factor["ch4_kgco2e"]:
            into.add(Text(say["alone_set"].format(set=factor["gwp_set"]) if factor["gwp_set"] else say["alone"]))
        elif not any(factor[gas] for gas in ("ch4_kg", "n2o_kg", "ch4_kgco2e", "n2o_kgco2e", "co2e_kg")):
            into.add(Text(say["co2_only"]))
        if factor["retrieved_from"].startswith("known:"):
            into.add(Text(say["unverified"], style="yellow"))
        for label, value in self._sources(factor):
            into.add(self._label(label, "", value))

    def _sources(self, factor: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        say = self.say
        yield say["source"], factor["source_title"]
        if factor["source_table"]:
            yield say["table"], factor["source_table"]
        if factor["source_url"]:
            yield "URL", factor["source_url"]
        yield say["valid"], f"{factor['valid_from'] or '…'} – {factor['valid_to'] or say['open']}"
        if factor.get("published"):
            assumed = say["brackets"].format(say["assumed"]) if factor.get("published_assumed") == "True" else ""
            yield say["published"], f"{factor['published']}{assumed}"
        if factor["licence"]:
            yield say["licence"], factor["licence"]
        if factor["uncertainty_pct"]:
            yield "±", say["uncertainty"].format(value=factor["uncertainty_pct"])

    def _match(self, node: Tree, result: Result) -> None:
        say, plan = self.say, result.plan
        match = plan["line_match"] or "none"
        policy = say["by_policy"].format(policy=plan["policy"]) if plan["policy"] else ""
        into = node.add(self._label(say["match"], match if match != "none" else "", say.get(match, "")))
        if policy:
            into.add(Text(policy))
        if plan["region_used"]:
            into.add(self._label(say["region"], "", plan["region_used"]))
        considered = plan["considered"]
        if considered:
            others = into.add(self._label(say["considered"]))
            for one in considered[:CONSIDERED]:
                others.add(Text(f"{one['factor_id']} ({one['match']}): {one['zh' if self.lang == 'zh' else 'why']}"))
            if len(considered) > CONSIDERED:
                others.add(Text(say["more"].format(count=len(considered) - CONSIDERED)))

    def _method(self, node: Tree, result: Result) -> None:
        method, name = result.method, result.plan["line_method"]
        into = node.add(self._label(self.say["method"], name, method.title[self.lang] if method else ""))
        if method:
            into.add(self._label(self.say["equation"], "", method.equation))
            into.add(self._label(self.say["standard"], "", method.standard))

    # --- what was told, and by whom it was computed
    def _problems(self, node: Tree) -> None:
        if not self.found.problems:
            node.add(Text(self.say["unlisted"]))
        for one in self.found.problems:
            parts = [self.say["row"].format(row=one["row"])] if one["row"] and len(self.found.rows) != 1 else []
            parts += [one["column"]] if one["column"] else []
            where = self.say["brackets"].format(", ".join(parts)) if parts else ""
            style = "red" if one["severity"] == "error" else "yellow"
            into = node.add(Text.assemble((one["code"], style), where, f"  {one['reason']}"))
            into.add(self._label(self.say["mend"], "", one["mend"]))

    def _run(self, root: Tree) -> None:
        manifest, say = self.found.manifest, self.say
        options, library = manifest["options"], manifest["library"]
        into = root.add(self._label(say["run"], f"hengtan {manifest['hengtan']['version']}", manifest["created"]))
        seen = say["as_of"].format(day=options["as_of"]) if options["as_of"] else say["no_as_of"]
        into.add(self._label(say["library"], "", f"{library['version']}, {seen}; GWP {self.gwp}"))
        into.add(self._label(say["digest"], "", manifest["outputs"]["digest"]))


def _value(given: str) -> str:
    """A term's value: plain decimals grouped, fractions as decimals, all else as it stands."""
    try:
        return grouped(Fraction(given))
    except (ValueError, ZeroDivisionError):
        return given
