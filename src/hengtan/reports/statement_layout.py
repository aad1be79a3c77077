"""Which tables the annual report of a guideline has, in its order and with its numbers.

Power: C.1 to C.7 of huanban qihou han [2022] No.485 with its technical updates (C.4, purchased power, was taken out). Steel: C.1 to C.8 of
CETS-AG-03.01-V01-2024. NDRC guidelines: the parts that their reports have in common, and the appendix tables. Cement and aluminium have
the order of steel; the numbers of their tables were not read and are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """One section. key: what stands in it (a method of the form); clause: its number in the guideline."""

    key: str
    clause: str
    title: tuple[str, str]


_ENTITY = ("The reporting entity", "重点排放单位基本信息")
_LAST = (
    Part("equations", "", ("How each emission was calculated", "排放量计算过程")),
    Part("identified", "", ("Sources identified", "排放源识别")),
    Part("remarks", "", ("Remarks of the checks", "校核提示")),
    Part("signature", "", ("Statement and signature", "真实性声明")),
)
_POWER = (
    Part("facts", "C.1", _ENTITY),
    Part("units", "C.2", ("Units and production facilities", "机组及生产设施信息")),
    Part("fuels", "C.3", ("Combustion of fossil fuels by unit and month", "化石燃料燃烧排放表（分机组、分月）")),
    Part("removed", "C.4", ("Purchased power (no longer counted)", "购入使用电力排放表（已取消）")),
    Part("production", "C.5", ("Production data", "生产数据及排放强度")),
    Part("summary", "C.6", ("Summary of emissions", "温室气体排放量汇总表")),
    Part("auxiliary", "C.7", ("Auxiliary parameters", "辅助参数报告项（含购入使用电量）")),
)
_STEEL = (
    Part("facts", "C.1", _ENTITY),
    Part("units", "C.2", ("Processes and capacity", "工序及产能信息")),
    Part("enterprise", "C.3", ("Emissions of the enterprise", "企业层级碳排放核算")),
    Part("processes", "C.4", ("Emissions of the processes", "工序层级碳排放核算")),
    Part("summary", "C.5", ("Summary of emissions", "碳排放量汇总表")),
    Part("auxiliary", "C.6", ("Auxiliary parameters", "辅助参数报告项（电力、热力、产量等）")),
    Part("calibration", "C.7", ("Calibration of meters and training", "计量器具检定校准与人员培训")),
    Part("continuous", "C.8", ("Continuous monitoring", "连续监测情况")),
)
_MARKET = (
    Part("facts", "", _ENTITY),
    Part("units", "", ("Lines and capacity", "生产线及产能信息")),
    Part("enterprise", "", ("Activity data and parameters", "活动数据与参数")),
    Part("summary", "", ("Summary of emissions", "碳排放量汇总表")),
    Part("auxiliary", "", ("Auxiliary parameters", "辅助参数报告项（电力、热力、产量等）")),
    Part("calibration", "", ("Calibration of meters and training", "计量器具检定校准与人员培训")),
)
_NDRC = (
    Part("facts", "", ("The enterprise", "企业基本情况")),
    Part("gases", "附表 1", ("Emissions by source and gas", "温室气体排放量汇总表（分排放源、分气体）")),
    Part("activity", "附表 2", ("Activity data and their sources", "活动水平数据及来源说明")),
    Part("factors", "附表 3", ("Factors and parameters and their sources", "排放因子、计算参数及来源说明")),
    Part("beside", "", ("Supplementary data: output and intensity", "补充数据表（产量与排放强度）")),
)
_LAYOUTS: Mapping[str, tuple[Part, ...]] = {
    "cn-power-2022": _POWER, "cn-steel-2024": _STEEL, "cn-cement-2024": _MARKET, "cn-aluminium-2024": _MARKET,
}  # fmt: skip


def layout(method_id: str) -> tuple[Part, ...]:
    """The sections of a guideline's report; those of its own first."""
    return (*_LAYOUTS.get(method_id, _NDRC), *_LAST)
