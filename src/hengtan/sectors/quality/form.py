"""What a data quality control plan holds, as values; and a first draft of it from the guideline and a statement.

Contents as the verification guideline names them (环办气候函〔2021〕130号: versions, enterprise, boundary and facilities, how data are obtained,
internal quality control); the single fields as the forms of the power guideline have them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from hengtan.sectors.method import Parameter, SectorMethod

OBTAINED = ("measured", "calculated", "design", "default")
METERS = ("belt_scale", "liquid", "gas", "electricity", "heat", "weighbridge", "laboratory", "other")
SAMPLING = ("own", "commissioned")
ACCREDITATION = ("CMA", "CNAS", "CMA+CNAS", "none")
LONG, SHORT = 1500, 300
MOST_LINES, MOST_FACILITIES = 2000, 500

ENTITY = (
    "name", "credit_code", "registry", "legal_representative", "industry", "address", "contact", "products", "technology",
)  # fmt: skip
MANAGEMENT = ("making", "people", "assessment", "archiving")
FIELDS = (
    "description", "obtained", "how", "meter", "instrument", "model", "serial", "location", "accuracy", "interval_months", "calibrated_on",
    "sampling", "laboratory", "standard", "accreditation", "measured_every", "recorded_every", "department", "missing",
)  # fmt: skip
REASONS: Mapping[str, tuple[str, str]] = {  # why a plan is revised
    "facility": ("facilities changed, or new fuels or materials bring new emissions", "排放设施发生变化，或使用新燃料、物料产生了新排放"),
    "instrument": ("new instruments or methods of measuring make data more accurate", "采用新的测量仪器和测量方法，提高了数据的准确度"),
    "wrong": ("data by the method of the former plan turned out to be wrong", "发现按照原数据质量控制计划的监测方法核算的数据不正确"),
    "better": ("a revision makes the reported data more accurate", "发现修订数据质量控制计划可提高报告数据的准确度"),
    "guideline": ("the plan does not meet the guideline", "发现数据质量控制计划不符合核算指南要求"),
    "year": ("the plan of the next year", "制订下一年度数据质量控制计划"),
    "other": ("another reason", "其他"),
}  # fmt: skip
TITLES: Mapping[str, tuple[str, str]] = {  # English, Chinese; pages, papers and workbooks say the same
    "name": ("Enterprise", "单位名称"),
    "credit_code": ("Unified social credit code", "统一社会信用代码"),
    "registry": ("Registry account", "注册登记账户"),
    "legal_representative": ("Legal representative", "法定代表人"),
    "industry": ("Industry and code", "行业分类及代码"),
    "address": ("Address", "地址"),
    "contact": ("Contact", "联系人及电话"),
    "products": ("Main products", "主营产品"),
    "technology": ("Production processes", "生产工艺"),
    "boundary": ("Accounting boundary", "核算边界"),
    "facilities": ("Main facilities", "主要排放设施"),
    "facility": ("Facility", "设施"),
    "process": ("Process or line", "工序或生产线"),
    "unit_name": ("Generating unit or facility", "机组或设施名称"),
    "kind": ("Kind", "类别"),
    "number": ("Number", "编号"),
    "place": ("Location", "位置"),
    "note": ("Remark", "备注"),
    "parameter": ("Parameter", "参数名称"),
    "unit": ("Unit of measure", "单位"),
    "description": ("What it is", "参数描述"),
    "obtained": ("How obtained", "获取方式"),
    "how": ("Method of determination and source", "计算方法及数据来源"),
    "meter": ("Kind of instrument", "测量设备类别"),
    "instrument": ("Measuring instrument", "测量设备名称"),
    "model": ("Model", "型号"),
    "serial": ("Serial number", "设备编号"),
    "location": ("Where it is installed", "安装位置"),
    "accuracy": ("Accuracy class", "精度等级"),
    "interval_months": ("Calibration interval, months", "校准周期（月）"),
    "calibrated_on": ("Last calibration", "上次校准日期"),
    "next_on": ("Next calibration", "下次校准日期"),
    "sampling": ("Sampled and tested by", "采样与检测"),
    "laboratory": ("Laboratory", "检测实验室"),
    "standard": ("Standard of the test", "检测方法标准"),
    "accreditation": ("Accreditation", "资质认定"),
    "measured_every": ("Measured", "测量频次"),
    "recorded_every": ("Recorded", "记录频次"),
    "department": ("Responsible department", "负责部门"),
    "missing": ("Where data are missing", "数据缺失时的处理"),
    "making": ("Making, revising and carrying out the plan", "计划的制订、修订与执行程序"),
    "people": ("Who is responsible", "人员指定情况"),
    "assessment": ("Internal assessment", "内部评估管理"),
    "archiving": ("Records and archive", "数据文件归档管理"),
    "measured": ("measured", "实测值"),
    "calculated": ("calculated", "计算值"),
    "design": ("design", "设计值"),
    "default": ("default", "缺省值"),
    "belt_scale": ("belt scale", "皮带秤"),
    "liquid": ("liquid meter", "液体流量计"),
    "gas": ("gas meter", "气体流量计"),
    "electricity": ("electricity meter", "电能表"),
    "heat": ("heat meter", "热量表"),
    "weighbridge": ("weighbridge", "汽车衡或轨道衡"),
    "laboratory_meter": ("laboratory instrument", "实验室仪器"),
    "other": ("other", "其他"),
    "own": ("own laboratory", "自有实验室"),
    "commissioned": ("commissioned", "委托检测"),
    "CMA": ("CMA", "CMA"),
    "CNAS": ("CNAS", "CNAS"),
    "CMA+CNAS": ("CMA and CNAS", "CMA、CNAS"),
    "none": ("none", "无"),
}  # fmt: skip
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Facility:
    """A facility within the boundary; process and unit_name as statements write them, both empty for the enterprise as a whole."""

    process: str = ""
    unit_name: str = ""
    kind: str = ""
    number: str = ""
    place: str = ""
    note: str = ""

    @property
    def name(self) -> str:
        """Process and unit."""
        return " / ".join(part for part in (self.process, self.unit_name) if part)


@dataclass(frozen=True, slots=True)
class Line:
    """How one parameter of one facility comes about. Texts; ``interval_months`` digits, ``calibrated_on`` an ISO day, else empty."""

    process: str = ""
    unit_name: str = ""
    parameter: str = ""
    description: str = ""
    obtained: str = ""
    how: str = ""
    meter: str = ""
    instrument: str = ""
    model: str = ""
    serial: str = ""
    location: str = ""
    accuracy: str = ""
    interval_months: str = ""
    calibrated_on: str = ""
    sampling: str = ""
    laboratory: str = ""
    standard: str = ""
    accreditation: str = ""
    measured_every: str = ""
    recorded_every: str = ""
    department: str = ""
    missing: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """(process, unit, parameter)."""
        return self.process, self.unit_name, self.parameter

    @property
    def where(self) -> str:
        """Process and unit."""
        return " / ".join(part for part in (self.process, self.unit_name) if part)


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole plan. entity by ``ENTITY``, management by ``MANAGEMENT``."""

    method: str
    entity: Mapping[str, str] = field(default_factory=dict)
    boundary: str = ""
    facilities: tuple[Facility, ...] = ()
    lines: tuple[Line, ...] = ()
    management: Mapping[str, str] = field(default_factory=dict)

    def line(self, process: str, unit_name: str, parameter: str) -> Line | None:
        """How a parameter comes about at a place; where nothing is said of the place, what is said of the enterprise."""
        found = {each.key: each for each in self.lines}
        return found.get((process, unit_name, parameter)) or found.get(("", "", parameter))


def title_of(name: str, lang: str) -> str:
    """What a field or one of its values is called; itself where nobody named it."""
    return TITLES[name][lang == "zh"] if name in TITLES else name


def _text(value: object, most: int = SHORT) -> str:
    text = "" if value is None else str(value).replace("\x00", "").replace("\r\n", "\n").strip()
    return "".join(each for each in text if each == "\n" or each.isprintable())[:most]


def _one(kind: Any, given: Mapping[str, Any]) -> Any:
    long = ("description", "how", "missing", "note")
    texts = {each.name: _text(given.get(each.name), LONG if each.name in long else SHORT) for each in fields(kind)}
    for name in ("process", "unit_name", "parameter"):
        if name in texts:
            texts[name] = " ".join(texts[name].split())[:120]
    return kind(**texts)


def read_plan(given: Mapping[str, Any]) -> Plan:
    """A plan from JSON: unknown keys are left out, everything is text of bounded length. ValueError for another shape or too many lines."""
    texts: dict[str, Mapping[str, Any]] = {}
    for name in ("entity", "management"):
        part = {} if given.get(name) is None else given[name]
        if not isinstance(part, Mapping):
            raise ValueError(name)
        texts[name] = part
    rows: dict[str, Sequence[Any]] = {}
    for name, most in (("facilities", MOST_FACILITIES), ("lines", MOST_LINES)):
        found = () if given.get(name) is None else given[name]
        if (
            not isinstance(found, list | tuple)
            or len(found) > most
            or not all(isinstance(one, Mapping) for one in found)
        ):
            raise ValueError(name)
        rows[name] = found
    return Plan(
        _text(given.get("method"), 60),
        {name: text for name in ENTITY if (text := _text(texts["entity"].get(name)))},
        _text(given.get("boundary"), LONG),
        tuple(_one(Facility, each) for each in rows["facilities"]),
        tuple(_one(Line, each) for each in rows["lines"]),
        {name: text for name in MANAGEMENT if (text := _text(texts["management"].get(name), LONG))},
    )


def body(plan: Plan) -> dict[str, Any]:
    """As JSON keeps it; what is empty is left out of the lines."""
    return {
        "method": plan.method, "entity": dict(plan.entity), "boundary": plan.boundary,
        "facilities": [_filled(each) for each in plan.facilities], "lines": [_filled(each) for each in plan.lines],
        "management": dict(plan.management),
    }  # fmt: skip


def _filled(each: Any) -> dict[str, str]:
    return {name: text for name, text in asdict(each).items() if text}


def suggested(
    method: SectorMethod, given: Iterable[tuple[str, str, str, str]] = (), year: int | None = None
) -> tuple[tuple[Facility, ...], tuple[Line, ...]]:
    """Facilities and lines to begin with: what a statement gives, (process, unit, parameter, how obtained); without one, what the
    guideline asks of every enterprise. Values that the guideline alone gives are said to be its defaults."""
    found: dict[tuple[str, str, str], str] = {}
    for process, unit_name, parameter, obtained in given:
        if method.find(parameter) is not None and not found.get((process, unit_name, parameter)):
            found[process, unit_name, parameter] = obtained
    if not found:
        equations = [part.equation for source in method.sources for part in source.parts if not part.group]
        named = {
            name for equation in (*equations, *(each.equation for each in method.ratios)) for name in equation.names
        }
        for name, shape in method.parameters.items():
            if name in named:
                found["", "", name] = "default" if _given(shape, year) else "calculated" if shape.ways else ""
    for process, unit_name, parameter in list(found):
        place = method.find(parameter)
        if place and place[0]:
            group, item, _parameter = place
            known = method.groups[group].items.get(item)
            for name, shape in (known.parameters if known else method.groups[group].own).items():
                full = f"{group}.{item}.{name}"
                if _given(shape, year) and (process, unit_name, full) not in found:
                    found[process, unit_name, full] = "default"
    facilities = dict.fromkeys((process, unit_name) for process, unit_name, _parameter in found)
    order = {name: at for at, (name, _title, _shape) in enumerate(method.inputs())}
    keys = sorted(found, key=lambda key: (list(facilities).index(key[:2]), order.get(key[2], len(order)), key[2]))
    return (
        tuple(Facility(process, unit_name) for process, unit_name in facilities if process or unit_name),
        tuple(Line(*key, obtained=found[key] if found[key] in OBTAINED else "") for key in keys),
    )


def _given(parameter: Parameter, year: int | None) -> bool:
    """Whether the guideline gives the value, for the year or at any time."""
    return bool(parameter.default(year) or parameter.defaults)


def parameter_title(method: SectorMethod, name: str, lang: str) -> tuple[str, str]:
    """(title, unit) of a parameter of the guideline; its name and "" of one that it does not know."""
    place = method.find(name)
    if place is None:
        return name, ""
    group, item, parameter = place
    if not group:
        return parameter.title[lang], parameter.unit
    known = method.groups[group].items.get(item)
    return f"{known.title[lang] if known else item} · {parameter.title[lang]}", parameter.unit


def place_title(method: SectorMethod, process: str, unit_name: str, lang: str) -> str:
    """Process, by its title where the guideline has one, and unit; "" for the enterprise as a whole."""
    known = method.processes.get(process)
    return " / ".join(part for part in (known[lang] if known else process, unit_name) if part)
