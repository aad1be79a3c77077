"""The annual report of a sector statement: what the guidelines ask for, as a document for paper and screen and as a workbook.

Entity, emissions by source and process, every parameter with its twelve months, how it was obtained and where it stands, the equations
in numbers, figures beside the emissions, and the remarks of the checks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from io import BytesIO
from typing import Any

from xlsxwriter import Workbook

from .blocks import Block, Cell, Column, Document, Facts, Figure, Heading, Note, Section, Table, Text
from .glyphs import visible

MONTHS = tuple(str(month) for month in range(1, 13))
_W: Mapping[str, tuple[str, str]] = {
    "entity": ("The reporting entity", "重点排放单位基本信息"),
    "summary": ("Emissions", "排放量汇总"),
    "process": ("Processes and units", "工序与机组"),
    "values": ("Activity data and parameters by month", "活动数据与参数（按月）"),
    "equations": ("How each emission was calculated", "排放量计算过程"),
    "beside": ("Production and auxiliary parameters", "生产数据与辅助参数"),
    "remarks": ("Remarks of the checks", "校核提示"),
    "signature": ("Statement and signature", "真实性声明"),
    "source": ("Source", "排放源"),
    "kind": ("Kind", "类别"),
    "place": ("Process / unit", "工序 / 机组"),
    "parameter": ("Parameter", "参数"),
    "unit": ("Unit", "单位"),
    "year": ("Year", "全年"),
    "how": ("How obtained", "获取方式"),
    "from": ("Data source", "数据来源"),
    "value": ("Value", "数值"),
    "equation": ("Equation", "公式"),
    "total": ("Total", "合计"),
    "guideline": ("Guideline", "核算指南"),
    "gwp": ("GWP set", "GWP 版本"),
    "mark": ("Mark", "标记"),
    "report_year": ("Reporting year", "报告年度"),
    "name": ("Name", "单位名称"),
    "credit_code": ("Unified social credit code", "统一社会信用代码"),
    "registry": ("Registry account", "注册登记账户"),
    "legal_representative": ("Legal representative", "法定代表人"),
    "address": ("Address", "地址"),
    "industry": ("Industry", "行业"),
    "contact": ("Contact", "联系人"),
    "responsible": ("Responsible", "填报负责人"),
    "boundary": ("Boundary", "核算边界"),
    "processes": ("Processes", "生产工艺"),
    "title": ("Annual emissions report", "温室气体排放报告"),
    "not_given": ("not given", "未填写"),
    "direct": ("direct", "直接排放"),
    "indirect": ("indirect", "间接排放"),
    "removed": ("subtracted", "扣减"),
    "note": ("beside the total", "不计入合计"),
    "beside_total": ("balance of its own, not in the total", "工序平衡，不计入合计"),
    "measured": ("measured", "实测值"),
    "calculated": ("calculated", "计算值"),
    "design": ("design", "设计值"),
    "default": ("default", "缺省值"),
    "months": ("January to June", "1—6 月"),
    "months2": ("July to December, year", "7—12 月与全年"),
    "none": ("The checks found nothing.", "校核未发现问题。"),
    "declare": ("The figures of this report are true and complete; the records are kept for at least five years.",
                "本单位对本报告所填数据的真实性、完整性负责，原始记录至少保存五年。"),
    "sign": ("Signature of the legal representative, seal, date:", "法定代表人（签字）：　　　　　　单位（盖章）：　　　　　　日期："),
    "marks": ("[R] read in the source; [K] known from it and to be checked before it is relied on.",
              "[R] 已核对原文；[K] 据文件已知，使用前须核对。"),
    "page": ("Page {n} of {m}", "第 {n} 页，共 {m} 页"),
    "contents": ("Contents", "目录"),
    "period": ("Period", "期间"),
    "sample.short": ("sample", "示例"),
    "skip": ("Skip to the content", "跳到正文"),
    "digest": ("Input SHA-256", "填报表 SHA-256"),
    "rest": ("more", "其余"),
    "item": ("Item", "项目"),
}  # fmt: skip
ENTITY_FIELDS = ("name", "credit_code", "registry", "legal_representative", "industry", "address", "contact", "responsible", "boundary",
                 "processes")  # fmt: skip


class _Form:
    """One record in one language."""

    def __init__(
        self, record: Mapping[str, Any], about: Mapping[str, str], problems: Sequence[Mapping[str, str]], lang: str
    ) -> None:
        self.record, self.about, self.problems, self.lang = record, about, problems, lang

    def w(self, key: str) -> str:
        return _W[key][self.lang == "zh"]

    def entity(self) -> str:
        names = dict.fromkeys(each["entity"] for each in self.record["by_entity"])
        return self.about.get("name") or "、".join(names)

    def obtained(self, text: str) -> str:
        return "; ".join(self.w(part) if part in _W else part for part in text.split("; ") if part)

    def sections(self) -> list[Section]:
        found = [
            Section(self.w("entity"), "C.1", (self.facts(),)),
            Section(self.w("summary"), "C.5", tuple(self.summary())),
            Section(self.w("process"), "C.2", tuple(self.processes())),
            Section(self.w("values"), "C.3", tuple(self.values(used=True))),
            Section(self.w("beside"), "C.6", (*self.values(used=False), *self.ratios())),
            Section(self.w("equations"), "C.4", tuple(self.equations())),
            Section(self.w("remarks"), "", tuple(self.remarks())),
            Section(self.w("signature"), "", (Text(self.w("declare")), Text(self.w("sign")))),
        ]
        return [each for each in found if each.blocks]

    def facts(self) -> Facts:
        pairs = [
            (self.w(name), self.about.get(name, "") or (self.entity() if name == "name" else ""))
            for name in ENTITY_FIELDS
        ]
        return Facts(tuple((name, Cell(text) if text else Cell(self.w("not_given"), "gap")) for name, text in pairs))

    def summary(self) -> Iterable[Block]:
        for entity in self.record["by_entity"]:
            rows = [
                (
                    Cell(each["title"][self.lang], note=_place(each)),
                    Cell(self.w(each["kind"])),
                    Cell(_two(each["t_co2"])),
                    Cell(_two(each["t_co2e"])),
                )
                for each in self.record["by_source"]
                if each["entity"] == entity["entity"] and each["counts"]
            ]
            total = (Cell(self.w("total")), Cell(""), Cell(_two(entity["t_co2"])), Cell(_two(entity["t_co2e"])))
            columns = (
                Column(self.w("source"), width=5),
                Column(self.w("kind"), "short"),
                Column("t CO2", "num"),
                Column("t CO2e", "num"),
            )
            yield Table(columns, tuple(rows), total, note=f"{entity['entity']} = {entity['equation']}")
            if "summary_t" in entity:
                yield Text(f"{self.w('total')}: {int(entity['summary_t']):,} t CO2e")
            if not entity["complete"]:
                yield Note("bad", f"{entity['entity']}: {self.w('remarks')}")

    def processes(self) -> Iterable[Block]:
        rows = [
            (Cell(_place(each) or each["entity"]), Cell(each["title"][self.lang], note="" if each["counts"] else self.w("beside_total")),
             Cell(_two(each["t_co2"])), Cell(_two(each["t_co2e"])))
            for each in self.record["by_source"]
            if each["process"] or each["unit_name"]
        ]  # fmt: skip
        if rows:
            columns = (
                Column(self.w("place"), width=3),
                Column(self.w("source"), width=4),
                Column("t CO2", "num"),
                Column("t CO2e", "num"),
            )
            yield Table(columns, tuple(rows))

    def _used(self) -> set[tuple[str, str, str, str]]:
        return {
            (each["entity"], each["process"], each["unit_name"], value["parameter"])
            for each in self.record["by_source"]
            for step in each["steps"]
            for value in step["values"]
        }

    def values(self, *, used: bool) -> Iterable[Block]:
        """Half a year a table, so that twelve months are read on paper."""
        known = self._used()
        groups: dict[str, list[Mapping[str, Any]]] = {}
        for each in self.record["values"]:
            key = (each["entity"], each["process"], each["unit_name"], each["parameter"])
            if (key in known or "." in each["parameter"]) == used:
                groups.setdefault(_place(each) or each["entity"], []).append(each)
        for place, found in groups.items():
            yield Heading(place)
            monthly = [each for each in found if each["months"]]
            name = Column(self.w("parameter"), width=4)
            for title, months in (("months", MONTHS[:6]), ("months2", MONTHS[6:])):
                if monthly:
                    columns = (name, Column(self.w("unit"), "short"), *(Column(month, "num") for month in months))
                    rows = [
                        (
                            Cell(each["title"][self.lang]),
                            Cell(each["unit"]),
                            *(self._month(each, month) for month in months),
                        )
                        for each in monthly
                    ]
                    yield Table(columns, tuple(rows), note=self.w(title))
            columns = (
                name,
                Column(self.w("unit"), "short"),
                Column(self.w("year"), "num"),
                Column(self.w("how"), "short"),
                Column(self.w("from"), width=3),
            )
            rows = [
                (Cell(each["title"][self.lang], note=each["parameter"]), Cell(each["unit"]), Cell(self._year(each)),
                 Cell(self.obtained(each["obtained"])) if each["obtained"] else Cell(self.w("not_given"), "gap"),
                 Cell(each["source"]) if each["source"] else Cell(self.w("not_given"), "gap"))
                for each in found
            ]  # fmt: skip
            yield Table(columns, tuple(rows))

    def _month(self, each: Mapping[str, Any], month: str) -> Cell:
        text = each["months"].get(month)
        return Cell(_grouped(text)) if text is not None else Cell("—", "gap")

    def _year(self, each: Mapping[str, Any]) -> str:
        for source in self.record["by_source"]:
            if all(source[name] == each[name] for name in ("entity", "process", "unit_name")):
                for step in source["steps"]:
                    for value in step["values"]:
                        if value["parameter"] == each["parameter"]:
                            return _grouped(value["value"])
        if each["year"] is not None:
            return _grouped(each["year"])
        return _grouped(_sum(each["months"].values())) if each["adds_up"] else "—"

    def ratios(self) -> Iterable[Block]:
        rows = [
            (
                Cell(_place(each) or each["entity"]),
                Cell(each["ratio"], note=each["equation"]),
                Cell(_grouped(each["value"], 6)),
                Cell(each["unit"]),
            )
            for each in self.record["ratios"]
        ]
        if rows:
            columns = (
                Column(self.w("place"), width=2),
                Column(self.w("equation"), width=4),
                Column(self.w("value"), "num"),
                Column(self.w("unit"), "short"),
            )
            yield Table(columns, tuple(rows))

    def equations(self) -> Iterable[Block]:
        for each in self.record["by_source"]:
            yield Heading(
                " · ".join(part for part in (_place(each) or each["entity"], each["title"][self.lang]) if part)
            )
            yield Text(f"{each['equation']}  [{each['mark']}] {each['stated_in']}")
            rows = []
            for step in each["steps"]:
                rows.append((Cell(step["item"] or each["source"], "strong"), Cell(step["worked"], "mono"), Cell("")))
                for value in step["values"]:
                    if value["obtained"] == "default":
                        stated = f"[{value['mark']}] {value['source']}"
                        rows.append((Cell(value["parameter"]), Cell(f"{value['value']} {value['unit']}"), Cell(stated)))
            columns = (
                Column(self.w("item"), width=2),
                Column(self.w("value"), width=4),
                Column(self.w("from"), width=3),
            )
            yield Table(columns, tuple(rows))
        yield Text(self.w("marks"))

    def remarks(self) -> Iterable[Block]:
        if not self.problems:
            yield Note("ok", self.w("none"))
        for each in self.problems:
            yield Note("bad" if each["severity"] == "error" else "warn", f"{each['reason']} {each['mend']}")


def _place(each: Mapping[str, Any]) -> str:
    return " / ".join(part for part in (each["process"], each["unit_name"]) if part)


def _sum(values: Iterable[str]) -> str:
    return f"{sum((Decimal(value) for value in values), Decimal(0)):f}"


def _grouped(text: str, most: int = 6) -> str:
    """As it is given, with thousands separators; at most so many decimals."""
    number = Decimal(text)
    if -int(number.as_tuple().exponent) > most:
        number = number.quantize(Decimal(1).scaleb(-most))
    whole = f"{number:,f}"
    return whole.rstrip("0").rstrip(".") if "." in whole else whole


def _two(text: str) -> str:
    return f"{Decimal(text):,.2f}"


def statement_document(
    record: Mapping[str, Any], about: Mapping[str, str], problems: Sequence[Mapping[str, str]], digest: str, lang: str
) -> Document:
    """The report as blocks; ``record`` as statement.json, ``problems`` as rows of problems.csv."""
    form = _Form(record, about, problems, lang)
    method = record["method"]
    figures = tuple(
        Figure(each["entity"], _two(each["t_co2e"]), "t CO2e", tone="" if each["complete"] else "gap")
        for each in record["by_entity"][:4]
    )
    year = str(record["year"] or "—")
    cover = (
        (form.w("guideline"), Cell(f"[{method['mark']}] {method['standard']}")),
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


def statement_workbook(document: Document) -> bytes:
    """A sheet for each section; numbers are numbers, what people wrote is text and never a formula."""
    target = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(target, options) as book:
        bold, head = (
            book.add_format({"bold": True}),
            book.add_format({"bold": True, "bg_color": "#E6F0F0", "bottom": 1}),
        )
        number, wrap = (
            book.add_format({"num_format": "#,##0.00####"}),
            book.add_format({"text_wrap": True, "valign": "top"}),
        )
        book.set_properties({"title": visible(document.title), "author": "hengtan"})
        for at, section in enumerate(document.sections, 1):
            sheet = book.add_worksheet(
                visible(f"{at} {section.title}")[:31].translate(str.maketrans("[]:*?/\\", "       "))
            )
            sheet.set_column(0, 0, 44)
            sheet.set_column(1, 14, 16)
            sheet.write_string(0, 0, visible(f"{section.clause} {section.title}".strip()), bold)
            row = 2
            for block in section.blocks:
                row = _block(sheet, block, row, head, bold, number, wrap) + 1
    return target.getvalue()


def _block(sheet: Any, block: Block, row: int, head: Any, bold: Any, number: Any, wrap: Any) -> int:
    match block:
        case Facts():
            for name, cell in block.pairs:
                sheet.write_string(row, 0, visible(name), bold)
                sheet.write_string(row, 1, visible(cell.text))
                row += 1
        case Table():
            for column, each in enumerate(block.columns):
                sheet.write_string(row, column, visible(each.title), head)
            for line in (*block.rows, *((block.total,) if block.total else ())):
                row += 1
                for column, cell in enumerate(line):
                    _cell(sheet, row, column, cell, block.columns[column].kind, number, wrap)
            row += 1
            if block.note:
                sheet.write_string(row, 0, visible(block.note))
                row += 1
        case Heading() | Text():
            sheet.write_string(row, 0, visible(block.text), bold if isinstance(block, Heading) else wrap)
            row += 1
        case Note():
            sheet.write_string(row, 0, visible(block.text), wrap)
            row += 1
    return row


def _cell(sheet: Any, row: int, column: int, cell: Cell, kind: str, number: Any, wrap: Any) -> None:
    text = cell.text.replace(",", "")
    if kind == "num" and text.replace(".", "", 1).removeprefix("-").isdigit() and len(text) <= 15:
        sheet.write_number(row, column, float(text), number)
    else:
        sheet.write_string(row, column, visible(f"{cell.text} {cell.note}".strip()), wrap)
