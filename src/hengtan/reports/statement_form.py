"""The annual report of a sector statement: what the guidelines ask for, as a document for paper and screen and as a workbook.

Entity, emissions by source and process, every parameter with its twelve months, how it was obtained and where it stands, the equations
in numbers, figures beside the emissions, and the remarks of the checks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from hengtan.methods.said import said

from .blocks import Block, Cell, Column, Document, Facts, Figure, Heading, Note, Section, Table, Text
from .statement_layout import layout
from .statement_rows import (
    Row,
    grouped,
    is_bought,
    item_title,
    last_title,
    mass_text,
    month_cell,
    named,
    rows_of,
    share_text,
    two,
    worked_text,
)  # fmt: skip
from .statement_words import WORDS

MONTHS = tuple(str(month) for month in range(1, 13))
ENTITY_FIELDS = ("name", "credit_code", "registry", "legal_representative", "industry", "address", "contact", "responsible", "boundary",
                 "processes")  # fmt: skip


class _Form:
    """One record in one language. wide: one row for all twelve months, as a workbook has it."""

    def __init__(
        self, record: Mapping[str, Any], about: Mapping[str, str], problems: Sequence[Mapping[str, str]], lang: str, *, wide: bool
    ) -> None:  # fmt: skip
        self.record, self.about, self.problems, self.lang, self.wide = record, about, problems, lang, wide
        self.rows = list(rows_of(record))
        self.short = {each.name.rpartition(".")[2]: _short(each.title[lang], lang) for each in self.rows}

    def w(self, key: str) -> str:
        return WORDS[key][self.lang == "zh"]

    def entity(self) -> str:
        names = dict.fromkeys(each["entity"] for each in self.record["by_entity"])
        return self.about.get("name") or "、".join(names)

    def obtained(self, text: str) -> str:
        return "; ".join(self.w(part) if part in WORDS else part for part in text.split("; ") if part)

    def at(self, process: str, unit: str) -> str:
        """Process and unit in the language of the report."""
        named_process = self.record["method"].get("processes", {}).get(process, {}).get(self.lang, process)
        return " / ".join(part for part in (named_process, unit) if part)

    def place(self, each: Mapping[str, Any]) -> str:
        return self.at(each["process"], each["unit_name"]) or self.w("whole")

    def sections(self) -> list[Section]:
        found = []
        for part in layout(self.record["method"]["id"]):
            blocks = tuple(getattr(self, part.key)())
            title = part.title[self.lang == "zh"]
            found.append(Section(title, part.clause, blocks or (Note("gap", self.w("nothing")),)))
        return found

    # --- who, and what is summed up

    def facts(self) -> Iterable[Block]:
        pairs = [
            (self.w(name), self.about.get(name, "") or (self.entity() if name == "name" else ""))
            for name in ENTITY_FIELDS
        ]
        yield Facts(tuple((name, Cell(text) if text else Cell(self.w("not_given"), "gap")) for name, text in pairs))

    def units(self) -> Iterable[Block]:
        """Each unit or process with what it was built for and what it emitted."""
        rows = []
        for place in dict.fromkeys(
            (each["entity"], each["process"], each["unit_name"]) for each in self.record["by_source"]
        ):
            built = [
                each for each in self.rows if each.place == place and each.obtained == "design" and "." not in each.name
            ]
            said_of = "；".join(f"{each.title[self.lang]} {each.year} {each.unit}" for each in built)
            own = [
                each
                for each in self.record["by_source"]
                if (each["entity"], each["process"], each["unit_name"]) == place
            ]
            signs = {"removed": -1, "note": 0}
            total = sum((signs.get(each["kind"], 1) * Decimal(each["t_co2e"]) for each in own), Decimal(0))
            rows.append((Cell(self.place(own[0])), Cell(said_of) if said_of else Cell(self.w("not_given"), "gap"), Cell(two(str(total)))))  # fmt: skip
        columns = (Column(self.w("place"), width=3), Column(self.w("design"), width=4), Column("t CO2e", "num"))
        if rows:
            yield Table(columns, tuple(rows))

    def summary(self) -> Iterable[Block]:
        for entity in self.record["by_entity"]:
            own = [each for each in self.record["by_source"] if each["entity"] == entity["entity"]]
            rows = [
                (
                    Cell(each["title"][self.lang], note=self.at(each["process"], each["unit_name"])),
                    Cell(self.w(each["kind"])),
                    Cell(two(each["t_co2"])),
                    Cell(two(each["t_co2e"])),
                )
                for each in own
                if each["counts"] and each["kind"] != "note"
            ]
            total = (Cell(self.w("total")), Cell(""), Cell(two(entity["t_co2"])), Cell(two(entity["t_co2e"])))
            columns = (
                Column(self.w("source"), width=5),
                Column(self.w("kind"), "short"),
                Column("t CO2", "num"),
                Column("t CO2e", "num"),
            )
            names = {each["source"]: each["title"][self.lang] for each in own}
            note = f"{entity['entity']} = {named(entity['equation'], names)}"
            signs = {"removed": -1}
            printed = sum(
                signs.get(each["kind"], 1) * Decimal(two(each["t_co2e"]).replace(",", ""))
                for each in own
                if each["counts"] and each["kind"] != "note"
            )
            if printed != Decimal(two(entity["t_co2e"]).replace(",", "")):
                note = f"{note}；{self.w('rounding')}" if self.lang == "zh" else f"{note}; {self.w('rounding')}"
            yield Table(columns, tuple(rows), total, note=note)
            yield from self._beside(entity["entity"])
            if "summary_t" in entity:
                yield Text(f"{self.w('total')}: {int(entity['summary_t']):,} t CO2e")
            if not entity["complete"]:
                yield Note("bad", f"{entity['entity']}: {self.w('remarks')}")

    def _beside(self, entity: str) -> Iterable[Block]:
        """Balances of processes, what is left beside them, and what is reported beside the total."""
        apart = [each for each in self.record["by_source"] if each["entity"] == entity and not (each["counts"] and each["kind"] != "note")]  # fmt: skip
        rows = [
            (Cell(f"{self.place(each)} · {each['title'][self.lang]}"), Cell(self.w("beside_total" if not each["counts"] else "note")),
             Cell(two(each["t_co2e"])))
            for each in apart
        ]  # fmt: skip
        rows += [
            (Cell(self.w("other")), Cell(self._rest(each["equation"]), "mono"), Cell(two(each["t_co2e"])))
            for each in self.record["by_process"]
            if each["process"] == "other" and each["entity"] == entity
        ]
        if rows:
            columns = (
                Column(self.w("process_source"), width=4),
                Column(self.w("kind"), width=3),
                Column("t CO2e", "num"),
            )
            yield Table(columns, tuple(rows))

    def _rest(self, equation: str) -> str:
        names = {name: title[self.lang] for name, title in self.record["method"].get("processes", {}).items()}
        return named(equation, names).replace(" - ", " − ")

    def gases(self) -> Iterable[Block]:
        """By source and gas, in t and t CO2e; the total without and with purchased power and heat."""
        for entity in self.record["by_entity"]:
            rows, direct = [], Decimal(0)
            for each in self.record["by_source"]:
                if each["entity"] != entity["entity"]:
                    continue
                sign = {"removed": -1, "note": 0}.get(each["kind"], 1)
                direct += sign * Decimal(each["t_co2e"]) if each["kind"] != "indirect" else 0
                for gas, mass, co2e in self._by_gas(each):
                    rows.append((Cell(each["title"][self.lang], note=self.at(each["process"], each["unit_name"])), Cell(self.w(each["kind"])), Cell(gas), Cell(mass_text(mass)), Cell(co2e)))  # fmt: skip
            total = (Cell(self.w("with")), Cell(""), Cell(""), Cell(""), Cell(two(entity["t_co2e"])))
            rows.append((Cell(self.w("without"), "strong"), Cell(""), Cell(""), Cell(""), Cell(two(str(direct)))))
            columns = (Column(self.w("source"), width=5), Column(self.w("kind"), "short"), Column(self.w("gas"), "short"),
                       Column(self.w("mass"), "num"), Column("t CO2e", "num"))  # fmt: skip
            yield Table(columns, tuple(rows), total, note=f"GWP: {self.record['gwp_set']}")
            if not entity["complete"]:
                yield Note("bad", f"{entity['entity']}: {self.w('remarks')}")

    def _by_gas(self, each: Mapping[str, Any]) -> Iterable[tuple[str, str, str]]:
        """(gas, t, t CO2e) of a source. Parts that are subtracted are of CO2, whose sum the source states."""
        sums: dict[str, list[Decimal]] = {}
        for step in each["steps"]:
            both = sums.setdefault(step["gas"], [Decimal(0), Decimal(0)])
            both[0] += Decimal(step["t_gas"])
            both[1] += Decimal(step.get("t_co2e", step["t_gas"]))
        if "CO2" in sums:
            sums["CO2"] = [Decimal(each["t_co2"])] * 2
        for gas, (mass, weighed) in sums.items():
            yield gas, f"{mass:f}", two(f"{weighed:f}")

    def identified(self) -> Iterable[Block]:
        """Every source that the guideline knows, and whether the statement speaks of it."""
        for entity in self.record.get("identified", ()):
            rows = [
                (Cell(each["category_title"][self.lang]), Cell(each["title"][self.lang]), Cell(self.w("yes" if each["id"] in entity["stated"] else "no"), "" if each["id"] in entity["stated"] else "na"))
                for each in self.record["method"].get("sources", ())
            ]  # fmt: skip
            if rows:
                columns = (
                    Column(self.w("category"), width=3),
                    Column(self.w("source"), width=4),
                    Column(self.w("is_stated"), "short"),
                )
                yield Table(columns, tuple(rows), note=entity["entity"])

    # --- values

    def fuels(self) -> Iterable[Block]:
        yield from self._values([each for each in self.rows if "." in each.name])

    def enterprise(self) -> Iterable[Block]:
        yield from self._values([each for each in self.rows if each.process in ("", "enterprise") and (each.in_total or "." in each.name)])  # fmt: skip

    def processes(self) -> Iterable[Block]:
        yield from self._values([each for each in self.rows if each.process not in ("", "enterprise") and "." in each.name])  # fmt: skip

    def production(self) -> Iterable[Block]:
        chosen = [each for each in self.rows if "." not in each.name and not is_bought(each.name)]
        yield from self._values(chosen)
        yield from self.ratios()

    def auxiliary(self) -> Iterable[Block]:
        power = self.record["method"]["id"] == "cn-power-2022"
        chosen = [
            each for each in self.rows
            if "." not in each.name and (is_bought(each.name) if power else not each.in_total)
        ]  # fmt: skip
        yield from self._values(chosen)
        if not power:
            yield from self.ratios()

    def _counts(self, each: Row) -> bool:
        """Whether an equation of emissions reads it, itself or through what follows from it (steam becomes heat)."""
        return each.used or is_bought(each.name)

    def activity(self) -> Iterable[Block]:
        yield from self._values([each for each in self.rows if each.adds_up and self._counts(each)])

    def factors(self) -> Iterable[Block]:
        yield from self._values([each for each in self.rows if not each.adds_up and self._counts(each)])

    def beside(self) -> Iterable[Block]:
        yield from self._values([each for each in self.rows if not self._counts(each)])
        yield from self.ratios()

    def removed(self) -> Iterable[Block]:
        yield Text(self.w("no_power"))

    def calibration(self) -> Iterable[Block]:
        meters = [(each.title[self.lang], each.meter) for each in self.rows if each.meter]
        if meters:
            rows = tuple((Cell(name), Cell(meter)) for name, meter in dict.fromkeys(meters))
            yield Table((Column(self.w("parameter"), width=3), Column(self.w("meter"), width=3)), rows)
        yield Note("gap", self.w("in_plan"))

    def continuous(self) -> Iterable[Block]:
        yield Note("gap", self.w("no_cems"))

    def _values(self, chosen: Sequence[Row]) -> Iterable[Block]:
        """By place; a zero that nobody stated is left out. On paper half a year a table, so that twelve months are read; wide all in one row."""
        places: dict[tuple[str, str, str], list[Row]] = {}
        for each in chosen:
            if not each.given and each.obtained == "default" and each.year == "0":
                continue
            places.setdefault(each.place, []).append(each)
        for (entity, process, unit), found in places.items():
            yield Heading(self.at(process, unit) or entity)
            name, unit_column = Column(self.w("parameter"), width=4), Column(self.w("unit"), "short")
            monthly = [each for each in found if each.months]
            if self.wide:
                columns = (
                    name,
                    unit_column,
                    *(Column(self.w("month").format(month=month), "num") for month in MONTHS),
                    Column(self.w("year"), "num"),
                    *self._last(),
                )
                yield Table(columns, tuple((self._name(each), Cell(each.unit), *(month_cell(each, month) for month in MONTHS), Cell(each.year), *self._how(each)) for each in found))  # fmt: skip
                continue
            for title, months in (("months", MONTHS[:6]), ("months2", MONTHS[6:])) if monthly else ():
                columns = (name, unit_column, *(Column(month, "num") for month in months))
                rows = tuple(
                    (self._name(each, short=True), Cell(each.unit), *(month_cell(each, month) for month in months))
                    for each in monthly
                )
                yield Table(columns, rows, note=self.w(title))
            columns = (name, unit_column, Column(self.w("year"), "num"), *self._last())
            yield Table(
                columns, tuple((self._name(each), Cell(each.unit), Cell(each.year), *self._how(each)) for each in found)
            )

    def _name(self, each: Row, *, short: bool = False) -> Cell:
        return Cell(each.title[self.lang], note="" if short or self.wide else each.name)

    def _last(self) -> tuple[Column, ...]:
        """How obtained, source; in the workbook meter and evidence too, which the guidelines ask for and paper has no room for."""
        found = (Column(self.w("how"), "short"), Column(self.w("from"), width=3))
        return (*found, Column(self.w("meter")), Column(self.w("evidence"))) if self.wide else found

    def _how(self, each: Row) -> tuple[Cell, ...]:
        mark = f"[{each.mark}] " if each.mark else ""
        source = f"{mark}{said(each.source, self.lang)}".strip()
        cells = [self.obtained(each.obtained), source, *((each.meter, each.evidence) if self.wide else ())]
        if each.obtained == "calculated" and not each.given:
            cells[1] = named(each.source, self.short)  # the equation that gave it
        return tuple(Cell(text) if text else Cell(self.w("not_given"), "gap") for text in cells)

    def ratios(self) -> Iterable[Block]:
        rows = [
            (
                Cell(self.place(each)),
                Cell(each.get("title", {}).get(self.lang, each["ratio"]), note=each["equation"]),
                Cell(share_text(each["value"]) if each["unit"] == "1" else grouped(each["value"], 6)),
                Cell("%" if each["unit"] == "1" else each["unit"]),
            )
            for each in self.record["ratios"]
        ]
        if rows:
            columns = (
                Column(self.w("place"), width=2),
                Column(self.w("figure"), width=4),
                Column(self.w("value"), "num"),
                Column(self.w("unit"), "short"),
            )
            yield Table(columns, tuple(rows))

    # --- how, and what is to be said

    def equations(self) -> Iterable[Block]:
        for each in self.record["by_source"]:
            yield Heading(
                " · ".join(
                    part
                    for part in (
                        self.at(each["process"], each["unit_name"]) or each["entity"],
                        each["title"][self.lang],
                    )
                    if part
                )
            )
            text = self._equation(each)
            yield Text(f"{each['title'][self.lang]} = {text}  [{each['mark']}] {said(each['stated_in'], self.lang)}")
            rows = []
            for step in each["steps"]:
                title = item_title(step, self.lang) or each["title"][self.lang]
                rows.append(
                    (Cell(title, "strong", note=step["item"]), Cell(worked_text(step["worked"]), "mono"), Cell(""))
                )
                for value in step["values"]:
                    if value["obtained"] == "default" and Decimal(value["value"]):
                        number = (
                            f"{share_text(value['value'])} %"
                            if value.get("share")
                            else f"{value['value']} {value['unit']}"
                        )
                        stated = f"[{value['mark']}] {said(value['source'], self.lang)}"
                        rows.append((Cell(last_title(value, self.lang)), Cell(number), Cell(stated)))
            columns = (
                Column(self.w("item"), width=2),
                Column(self.w("value"), width=4),
                Column(self.w("from"), width=3),
            )
            yield Table(columns, tuple(rows))
        yield Text(self.w("marks"))

    def _equation(self, each: Mapping[str, Any]) -> str:
        """Of the parts that the statement speaks of, each with the names of its own parameters."""
        parts: dict[tuple[str, str], str] = {}
        for step in each["steps"]:
            group, minus = step["item"].partition(".")[0], step.get("minus", False)
            names = {value["parameter"].rpartition(".")[2]: last_title(value, self.lang) for value in step["values"]}
            text = named(step["equation"], names)
            sign = "− " if minus else "+ " if parts else ""
            parts.setdefault((group, step["equation"]), f"{sign}Σ({text})" if "." in step["item"] else f"{sign}{text}")
        return " ".join(parts.values())

    def remarks(self) -> Iterable[Block]:
        if not self.problems:
            yield Note("ok", self.w("none"))
        for each in self.problems:
            yield Note("bad" if each["severity"] == "error" else "warn", f"{each['reason']} {each['mend']}")

    def signature(self) -> Iterable[Block]:
        years = "10" if "GB/T" in self.record["method"]["standard"] else "5"
        yield Text(self.w("declare").format(years=years))
        yield Text(self.w("sign"))


def _short(title: str, lang: str) -> str:
    return title.rpartition("：" if lang == "zh" else ", ")[2]


def statement_document(
    record: Mapping[str, Any], about: Mapping[str, str], problems: Sequence[Mapping[str, str]], digest: str, lang: str,
    *, wide: bool = False,
) -> Document:  # fmt: skip
    """The report as blocks; ``record`` as statement.json, ``problems`` as rows of problems.csv; ``wide`` for a workbook."""
    form = _Form(record, about, problems, lang, wide=wide)
    method = record["method"]
    figures = tuple(
        Figure(each["entity"], two(each["t_co2e"]), "t CO2e", tone="" if each["complete"] else "gap")
        for each in record["by_entity"][:4]
    )
    year = str(record["year"] or "—")
    cover = (
        (form.w("guideline"), Cell(f"[{method['mark']}] {said(method['standard'], lang)}")),
        (form.w("gwp"), Cell(record["gwp_set"])),
        (form.w("report_year"), Cell(year)),
        (form.w("digest"), Cell(digest, "mono")),
    )
    labels = {name: form.w(name) for name in ("contents", "period", "sample.short", "page", "skip")}
    return Document(
        lang=lang, title=f"{form.w('title')}: {method['title'][lang]}", organisation=form.entity(), period=year,
        standard=method["standard"], sample="", created="", digest=digest, figures=figures, cover=cover,
        sections=tuple(form.sections()), labels={**labels, "digest-short": form.w("digest"), "rest.more": form.w("rest")},
    )  # fmt: skip
