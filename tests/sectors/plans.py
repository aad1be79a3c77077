"""A whole data quality control plan of an invented power company."""

SCALE = {
    "description": "coal as fired", "obtained": "measured", "how": "sum of the shifts of the belt scale", "meter": "belt_scale",
    "instrument": "belt scale", "model": "ICS-17A", "serial": "P1-001", "location": "belt 6A", "accuracy": "0.5", "interval_months": "12",
    "calibrated_on": "2026-01-10", "measured_every": "continuous", "recorded_every": "each shift", "department": "fuel department",
    "missing": "the larger of feeder and stock balance",
}  # fmt: skip
TEST = {
    "description": "of the composite sample of the month", "obtained": "measured", "how": "composite sample by GB/T 474", "sampling": "commissioned",
    "laboratory": "Sample Testing", "standard": "GB/T 476", "accreditation": "CMA", "measured_every": "monthly",
    "recorded_every": "monthly", "department": "laboratory", "missing": "the value where nothing is measured",
}  # fmt: skip
METER = {**SCALE, "meter": "electricity", "instrument": "electricity meter", "model": "DSZ", "serial": "E-1", "accuracy": "0.2S",
         "description": "of the generator", "how": "meter at the terminals"}  # fmt: skip
ENTITY = {"name": "甬江电力", "credit_code": "91350100M000100Y43", "registry": "0001"}
MANAGEMENT = {"making": "yearly", "people": "one", "assessment": "half-yearly", "archiving": "five years"}
UNIT = {"unit_name": "Unit 1"}
POWER = {
    "method": "cn-power-2022",
    "entity": ENTITY,
    "boundary": "Unit 1",
    "facilities": [{"unit_name": "Unit 1", "kind": "boiler and turbine", "number": "1", "place": "main building"}],
    "lines": [
        {**UNIT, "parameter": "coal.conventional.amount", **SCALE},
        {**UNIT, "parameter": "coal.conventional.c_ad", **TEST},
        {**UNIT, "parameter": "coal.conventional.m_ar", **TEST},
        {**UNIT, "parameter": "coal.conventional.m_ad", **TEST},
        {**UNIT, "parameter": "coal.conventional.of", "obtained": "default", "description": "oxidation", "how": "guideline", "department": "office"},
        {**UNIT, "parameter": "generation", **METER},
    ],
    "management": MANAGEMENT,
}  # fmt: skip


def power(line=None, /, **more):
    """The plan with one line, or one part, altered: ``power(0, serial="")``, ``power(boundary="")``."""
    if line is None:
        return {**POWER, **more}
    lines = [dict(each) for each in POWER["lines"]]
    lines[line] |= more
    return {**POWER, "lines": lines}
