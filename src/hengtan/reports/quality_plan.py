"""The data quality control plan as a paper: versions, enterprise, boundary and facilities, how each parameter is determined, internal control."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from hengtan.sectors.method import SectorMethod
from hengtan.sectors.quality import Line, Plan, title_of
from hengtan.sectors.quality.check import day_of, months_after
from hengtan.sectors.quality.form import ENTITY, MANAGEMENT, parameter_title, place_title

from .blocks import Block, Cell, Column, Document, Facts, Figure, Heading, Note, Section, Table, Text

_W: Mapping[str, tuple[str, str]] = {
    "title": ("Data quality control plan", "数据质量控制计划"),
    "versions": ("Versions and revisions", "数据质量控制计划的版本及修订"),
    "enterprise": ("The reporting entity", "重点排放单位情况"),
    "boundary": ("Boundary and main facilities", "核算边界和主要排放设施"),
    "lines": ("How each parameter is determined", "数据的确定方式"),
    "management": ("Internal quality control", "数据内部质量控制和质量保证相关规定"),
    "open": ("What is still missing", "待完善事项"),
    "sign": ("Signature of the legal representative, seal, date:", "法定代表人（签字）：　　　　　　单位（盖章）：　　　　　　日期："),
    "signature": ("Signature", "签章"),
    "version": ("Version", "版本号"),
    "year": ("Year", "适用年度"),
    "state": ("State", "状态"),
    "valid_from": ("Valid from", "生效日期"),
    "why": ("Reason of the revision", "修订原因"),
    "made_by": ("Made by", "编制人"),
    "decided_by": ("Approved by", "审批人"),
    "first": ("first version", "首次制订"),
    "guideline": ("Guideline", "核算指南"),
    "whole": ("The enterprise as a whole", "企业整体"),
    "none": ("none", "无"),
    "not_given": ("not given", "未填写"),
    "how": ("Determination", "参数与获取方式"),
    "instruments": ("Measuring instruments", "测量设备"),
    "frequency": ("Frequency, responsibility, missing data", "频次、负责部门与数据缺失处理"),
    "test": ("Sampling and test", "采样与检测"),
    "digest": ("SHA-256", "SHA-256"),
    "page": ("Page {n} of {m}", "第 {n} 页，共 {m} 页"),
    "contents": ("Contents", "目录"),
    "period": ("Year", "适用年度"),
    "sample.short": ("sample", "示例"),
    "sample": ("An invented enterprise: nothing here is of a real one.", "虚构企业示例，不对应任何真实单位。"),
    "skip": ("Skip to the content", "跳到正文"),
    "rest.more": ("more", "其余"),
    "n_facilities": ("Facilities", "排放设施"),
    "n_lines": ("Parameters", "参数"),
    "n_measured": ("of these measured", "其中实测"),
}  # fmt: skip
_WIDE = (
    "facility", "parameter", "unit", "description", "obtained", "how", "meter", "instrument", "model", "serial", "location", "accuracy",
    "interval_months", "calibrated_on", "next_on", "sampling", "laboratory", "standard", "accreditation", "measured_every", "recorded_every",
    "department", "missing",
)  # fmt: skip
Words = Mapping[str, Mapping[str, str]]


class _Paper:
    """One version in one language."""

    def __init__(self, plan: Plan, method: SectorMethod, words: Words, lang: str) -> None:
        self.plan, self.method, self.words, self.lang = plan, method, words, lang

    def w(self, key: str) -> str:
        return _W[key][self.lang == "zh"]

    def t(self, key: str) -> str:
        return title_of(key, self.lang)

    def cell(self, text: str) -> Cell:
        return Cell(text) if text else Cell("—", "gap")

    def value(self, line: Line, name: str) -> str:
        """A field of a line as people read it."""
        if name == "facility":
            return place_title(self.method, line.process, line.unit_name, self.lang) or self.w("whole")
        if name == "parameter":
            return parameter_title(self.method, line.parameter, self.lang)[0]
        if name == "unit":
            return parameter_title(self.method, line.parameter, self.lang)[1]
        if name == "next_on":
            last = day_of(line.calibrated_on)
            months = line.interval_months
            return (
                months_after(last, int(months)).isoformat() if last and months.isdigit() and int(months) <= 120 else ""
            )
        text: str = getattr(line, name)
        return self.words.get(name, {}).get(text, text)

    def history(self, rows: Sequence[Mapping[str, str]]) -> Table:
        columns = (
            Column(self.w("version"), "short"), Column(self.w("year"), "short"), Column(self.w("valid_from"), "short"),
            Column(self.w("why"), width=4), Column(self.w("made_by"), "short"), Column(self.w("decided_by"), "short"), Column(self.w("state"), "short"),
        )  # fmt: skip
        return Table(columns, tuple(
            (Cell(row["version"]), Cell(row["year"]), Cell(row["valid_from"]), Cell(row["why"] or self.w("first"), note=row["reason"]),
             Cell(row["made_by"]), Cell(row["decided_by"] or "—", note=row["decided_on"]), Cell(row["state"]))
            for row in rows
        ))  # fmt: skip

    def enterprise(self) -> Facts:
        return Facts(tuple((self.t(name), self.fact(self.plan.entity.get(name, ""))) for name in ENTITY))

    def fact(self, text: str) -> Cell:
        return Cell(text) if text else Cell(self.w("not_given"), "gap")

    def boundary(self) -> Iterable[Block]:
        yield Facts(((self.t("boundary"), self.fact(self.plan.boundary)),))
        names = ("process", "unit_name", "kind", "number", "place", "note")
        if self.plan.facilities:
            rows = tuple(tuple(self.cell(getattr(each, name)) for name in names) for each in self.plan.facilities)
            yield Table(tuple(Column(self.t(name), width=2) for name in names), rows)

    def lines(self, *, wide: bool) -> Iterable[Block]:
        """Of each facility; on paper in parts that fit its width, in a workbook as one table."""
        if wide:
            columns = tuple(Column(self.t(name)) for name in _WIDE)
            yield Table(
                columns, tuple(tuple(self.cell(self.value(each, name)) for name in _WIDE) for each in self.plan.lines)
            )
            return
        places: dict[str, list[Line]] = {}
        for each in self.plan.lines:
            places.setdefault(place_title(self.method, each.process, each.unit_name, self.lang), []).append(each)
        for place, lines in places.items():
            yield Heading(place or self.w("whole"))
            yield self.part("how", lines, ("unit", "obtained", "description", "how"), short=("unit", "obtained"))
            metered = [each for each in lines if each.instrument]
            if metered:
                yield self.part(
                    "instruments",
                    metered,
                    (
                        "instrument",
                        "model",
                        "serial",
                        "location",
                        "accuracy",
                        "interval_months",
                        "calibrated_on",
                        "next_on",
                    ),
                )
            tested = [each for each in lines if each.sampling or each.laboratory]
            if tested:
                yield self.part("test", tested, ("sampling", "laboratory", "standard", "accreditation"))
            yield self.part("frequency", lines, ("measured_every", "recorded_every", "department", "missing"))

    def part(self, title: str, lines: Sequence[Line], names: tuple[str, ...], short: tuple[str, ...] = ()) -> Table:
        columns = (
            Column(self.t("parameter"), width=3),
            *(Column(self.t(name), "short" if name in short else "text", 0 if name in short else 2) for name in names),
        )
        rows = tuple(
            (Cell(self.value(each, "parameter")), *(self.cell(self.value(each, name)) for name in names))
            for each in lines
        )
        return Table(columns, rows, note=self.w(title))

    def management(self) -> Iterable[Block]:
        for name in MANAGEMENT:
            yield Heading(self.t(name))
            text = self.plan.management.get(name, "")
            yield Text(text) if text else Note("gap", self.w("not_given"))


def plan_document(
    plan: Plan,
    method: SectorMethod,
    version: str,
    year: int,
    valid_from: date,
    history: Sequence[Mapping[str, str]],
    problems: Sequence[tuple[str, str]],
    words: Words,
    digest: str,
    sample: bool,
    lang: str,
    *,
    wide: bool = False,
) -> Document:
    """The paper of a version. history: rows of its versions as text; problems: (severity, sentence); words: of the choices, by field."""
    here = _Paper(plan, method, words, lang)
    open_points = tuple(Note("bad" if severity == "error" else "warn", text) for severity, text in problems[:200])
    sections = [
        Section(here.w("versions"), "1", (here.history(history),)),
        Section(here.w("enterprise"), "2", (here.enterprise(),)),
        Section(here.w("boundary"), "3", tuple(here.boundary())),
        Section(here.w("lines"), "4", tuple(here.lines(wide=wide))),
        Section(here.w("management"), "5", tuple(here.management())),
        Section(here.w("open"), "", open_points),
        Section(here.w("signature"), "", (Text(here.w("sign")),)),
    ]
    measured = sum(each.obtained == "measured" for each in plan.lines)
    figures = tuple(
        Figure(label, str(number)) for label, number in (
            (here.w("n_facilities"), len(plan.facilities)), (here.w("n_lines"), len(plan.lines)), (here.w("n_measured"), measured),
        )
    )  # fmt: skip
    labels = {name: here.w(name) for name in ("contents", "period", "sample.short", "page", "skip", "rest.more")}
    return Document(
        lang=lang, title=f"{here.w('title')} {version}", organisation=plan.entity.get("name", ""), period=str(year), standard=method.standard,
        sample=here.w("sample") if sample else "", created="", digest=digest, figures=figures,
        cover=((here.w("guideline"), Cell(f"[{method.mark}] {method.standard}")), (here.w("version"), Cell(version)),
               (here.w("valid_from"), Cell(valid_from.isoformat())), (here.w("digest"), Cell(digest or "—", "mono"))),
        sections=tuple(each for each in sections if each.blocks), labels={**labels, "digest-short": here.w("digest")},
    )  # fmt: skip
