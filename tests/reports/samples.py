"""Runs to draw: the real Toronto filing as recomputed, a made-up plant with everything, an empty run, hostile text."""

from __future__ import annotations

import calendar
import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from hengtan.inventory.view import ReportData

HERE = Path(__file__).parent
D = Decimal
DIGEST = "sha256:9c1f5d0a7b3e4c2f8d6a1b0e9f7c5d3b2a1908f7e6d5c4b3a29180f7e6d5c4b3"


def _manifest(name: str | None, period: str, **more: Any) -> dict[str, Any]:
    organisation = {"name": name, "period": period} if name else {"period": period}
    return {
        "hengtan": {"version": "0.1.0"},
        "created": "2026-11-20T08:30:00+00:00",
        "command": "hengtan calculate activities.xlsx --out out",
        "inputs": [
            {
                "file": "activities.xlsx",
                "sha256": "6ca3f06381ed97120b0f3f5aa1f0d1f9d9c0c4d0b8c9a7b6c5d4e3f2065521ce",
                "bytes": 412_345,
                "rows": 2_962,
                "sheet": "Sheet1",
            }
        ],
        "options": {
            "gwp": "AR5",
            "as_of": None,
            "policy": None,
            "period": period,
            "template": None,
            "approach": ["operational_control"],
            "upstream": False,
            "draws": 0,
            "lang": "en",
            "engine": "duckdb",
        },
        "library": {
            "version": "2026.11",
            "digest": "sha256:0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9",
            "datasets": [],
        },
        "files": [],
        "outputs": {"digest": DIGEST, "emissions_sha256": "b" * 64},
        "counts": {},
        "control": {},
        "organisation": organisation,
        "phases": {"plan": 0.1},
        **more,
    }


def _months(year: int, sums: dict[str, Decimal]) -> dict[str, dict[str, str]]:
    days = 366 if calendar.isleap(year) else 365
    return {
        f"{year}-{m:02d}": {k: str(v * calendar.monthrange(year, m)[1] / days) for k, v in sums.items()}
        for m in range(1, 13)
    }


def toronto() -> ReportData:
    """The City of Toronto's filing of 2018, recomputed with the factors it implies."""
    real = json.loads((HERE / "data/toronto.json").read_text("utf-8"))
    s1, s2 = D(real["scope1_kg"]), D(real["scope2_kg"])
    total = s1 + s2
    sums = {"scope1_kg": s1, "scope2_location_kg": s2, "scope2_market_kg": s2, "scope3_kg": D(0)}
    facilities = [
        {
            "facility": n,
            "org_unit": "",
            "scope1_kg": D(a),
            "scope2_location_kg": D(b),
            "scope2_market_kg": D(b),
            "scope3_kg": D(0),
            "share_pct": (D(a) + D(b)) / total * 100,
        }
        for n, a, b in real["facilities"]
    ]
    other = {"facility": "(other)", "org_unit": ""} | {k: sum((f[k] for f in facilities[1000:]), D(0)) for k in sums}
    electricity = {
        "factor_id": "on-bps-2018-electricity",
        "name": "Grid electricity, Ontario, as implied by the 2018 filing",
        "name_zh": "",
        "dataset": "on_bps_2018",
        "activity_unit": "kWh",
        "region": "CA-ON",
        "valid_from": "2018-01-01",
        "valid_to": "2018-12-31",
        "published": "2019-07-01",
        "published_assumed": True,
        "source_title": "City of Toronto, Energy Consumption and Greenhouse Gas Emissions Reporting for 2018",
        "source_table": "implied: column AF / column J, 825 of 836 electricity-only rows",
        "source_url": "",
        "licence": "Open Government Licence - Toronto",
        "gwp_set": "",
        "match": "pinned",
        "basis": "location",
        "rows": real["rows_electricity"],
        "co2e_kg": s2,
        "unverified": False,
        "co2e_per_unit": D("0.04"),
        "quantity": s2 / D("0.04"),
    }
    gas = electricity | {
        "factor_id": "on-bps-2018-natural-gas",
        "name": "Natural gas, Ontario, as implied by the 2018 filing",
        "activity_unit": "m3",
        "basis": "-",
        "rows": real["activities"] - real["rows_electricity"],
        "co2e_kg": s1,
        "source_table": "implied: (column AF - 0.04 x column J) / column L, 643 of 645 rows with gas",
        "co2e_per_unit": D("1.89969"),
        "quantity": s1 / D("1.89969"),
    }
    none = {"co2_kg": None, "ch4_kg": None, "n2o_kg": None, "other_co2e_kg": None, "biogenic_co2_kg": None}
    reason = "This row has the same facility, type, period and quantity as row {row}: a suspected double entry."
    mend = "If it is the same bill, remove one of the two rows."
    pairs = [("15 Price St", 400, 398), ("Nashdene Yard", 711, 709), ("TTC Various Locations", 1302, 1300)]
    problems = [
        {
            "code": "activity.suspected-duplicate",
            "severity": "warning",
            "file": "toronto_2018_energy_ghg_report.xlsx",
            "sheet": "Sheet1",
            "row": r,
            "column": "Operation Name",
            "activity_id": f"TOR18-{r}-J",
            "reason": reason.format(row=q),
            "mend": mend,
        }
        for _, r, q in pairs
    ]
    rows_in = real["activities"]
    manifest = _manifest("City of Toronto", "2018-01-01/2018-12-31", counts={"facilities": len(facilities)})
    manifest["inputs"][0] |= {"file": "toronto_2018_energy_ghg_report.xlsx", "rows": rows_in}
    manifest["options"]["template"] = "ontario-bps"
    manifest["files"] = [
        {"role": "factors", "file": "ontario_2018_factors.csv", "sha256": "c" * 64, "bytes": 1234, "rows": 2}
    ]
    return ReportData(
        manifest=manifest,
        summary={
            "rows_in": rows_in,
            "rows_posted": rows_in,
            "rows_rejected": 0,
            "gwp_set": "AR5",
            "as_of": None,
            "totals": {k: str(v) for k, v in sums.items()} | {"biogenic_co2_kg": "0"},
            "by_category": {"1.stationary": str(s1), "2.electricity": str(s2)},
            "by_facility": {},
            "by_month": _months(2018, sums),
            "by_match": {"pinned": {"rows": rows_in, "co2e_kg": str(total)}},
            "uncertainty": {},
        },
        gases=[
            {"scope": 1, "category": "stationary", "basis": "-", "co2e_kg": s1} | none,
            {"scope": 2, "category": "electricity", "basis": "location", "co2e_kg": s2} | none,
            {"scope": 2, "category": "electricity", "basis": "market", "co2e_kg": s2} | none,
        ],
        factors=[gas, electricity, electricity | {"basis": "market"}],
        methods=[
            {
                "id": "factor",
                "title_en": "Activity data times emission factor",
                "title_zh": "活动数据乘以排放因子",
                "standard": "GHG Protocol Corporate Standard, ch. 6; ISO 14064-1:2018, 6.2",
                "equation": "E = A × EF",
                "rows": rows_in,
            }
        ],
        facilities=[*facilities[:1000], other],
        hot_spots=[h | {"co2e_kg": D(h["co2e_kg"]), "share": D(h["co2e_kg"]) / total} for h in real["hot_spots"]],
        problem_counts=[
            {
                "code": "activity.suspected-duplicate",
                "severity": "warning",
                "count": 3,
                "reason": "Rows with the same facility, type, period and quantity: suspected double entries.",
                "mend": mend,
            }
        ],
        problems=problems,
        reference={
            "title": "Emissions as published in column AF",
            "published_kg": D(real["published_kg"]),
            "recomputed_kg": D(real["recomputed_kg"]),
            "agree": real["agree"],
            "total": real["total"],
            "tolerance_pct": "0.01",
            "differing": real["differing"],
        },
    )


_CATEGORIES = [
    (1, "stationary", "-", "4210500.25", "4195000.1", "74.5", "7.9", "11000.2", "0"),
    (1, "mobile", "-", "812345.67", "802000", "31", "21.2", "3000", "15320.5"),
    (1, "process", "-", "2450000", "2450000", "0", "0", "0", None),
    (1, "fugitive", "-", "180300", None, None, None, "180300", None),
    (2, "electricity", "location", "9530600", None, None, None, None, None),
    (2, "electricity", "market", "7012000", None, None, None, None, None),
    (2, "steam", "location", "1100000", None, None, None, None, None),
    (2, "steam", "market", "1100000", None, None, None, None, None),
    (3, "1", "-", "22500000", None, None, None, None, None),
    (3, "4", "-", "3200000", "3150000", "110", "160", "0", None),
    (3, "6", "-", "455000.4", None, None, None, None, None),
    (3, "7", "-", "2.35", None, None, None, None, None),
    (None, "biogenic_outside_scopes", "-", "0", None, None, None, None, "120000"),
]


def plant() -> ReportData:
    """A made-up Chinese plant with every scope, gases, uncertainty, rejected rows, earlier run, unverified factors. A sample."""

    def num(text: str | None) -> Decimal | None:
        return None if text is None else D(text)

    gases = [
        {
            "scope": s,
            "category": c,
            "basis": b,
            "co2e_kg": D(t),
            "co2_kg": num(co2),
            "ch4_kg": num(ch4),
            "n2o_kg": num(n2o),
            "other_co2e_kg": num(o),
            "biogenic_co2_kg": num(bio),
        }
        for s, c, b, t, co2, ch4, n2o, o, bio in _CATEGORIES
    ]

    def total(scope: int, basis: str) -> Decimal:
        return sum((g["co2e_kg"] for g in gases if g["scope"] == scope and g["basis"] == basis), D(0))

    sums = {
        "scope1_kg": total(1, "-"),
        "scope2_location_kg": total(2, "location"),
        "scope2_market_kg": total(2, "market"),
        "scope3_kg": total(3, "-"),
    }
    months = {
        f"2023-{m:02d}": {k: str(v * w / 104) for k, v in sums.items()}
        for m, w in zip([1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12], [12, 10, 9, 8, 8, 10, 11, 9, 8, 9, 10], strict=True)
    }
    for row in months.values():
        whole = sum((D(row[k]) for k in ("scope1_kg", "scope2_location_kg", "scope3_kg")), D(0))
        row |= {"p2_5_kg": str(whole * D("0.93")), "p97_5_kg": str(whole * D("1.08"))}
    names = [
        "宁波一厂（镇海）",
        "宁波二厂",
        "上海研发中心",
        "深圳仓储",
        "Hamburg sales office",
        "㐂乐园区",
        "总部办公楼",
    ]
    weights = [D("0.55"), D("0.22"), D("0.11"), D("0.06"), D("0.04"), D("0.015"), D("0.005")]
    facilities = [
        {"facility": n, "org_unit": "华东" if i < 3 else "其他"} | {k: v * w for k, v in sums.items()}
        for i, (n, w) in enumerate(zip(names, weights, strict=True))
    ]
    base = {
        "dataset": "cn",
        "source_url": "https://www.mee.gov.cn/",
        "licence": "official document, citation permitted",
        "published_assumed": False,
        "published": "2025-12-31",
        "valid_from": "2023-01-01",
        "valid_to": "2023-12-31",
        "gwp_set": "",
        "unverified": False,
    }
    factors = [
        base
        | {
            "factor_id": "CN-EL-AVG-CN-33-2023",
            "name": "Electricity, Zhejiang, average 2023",
            "name_zh": "浙江省电力平均排放因子 2023",
            "activity_unit": "kWh",
            "region": "CN-33",
            "source_title": "MEE & NBS Announcement 47 of 2025",
            "source_table": "table 2",
            "match": "exact",
            "basis": "location",
            "rows": 24,
            "co2e_kg": D("9530600"),
            "co2e_per_unit": D("0.5153"),
            "quantity": D("18495245.48"),
        },
        base
        | {
            "factor_id": "CN-EL-RESID-CN-2023",
            "name": "Electricity, residual mix 2023",
            "name_zh": "全国电力剩余组合因子 2023",
            "activity_unit": "kWh",
            "region": "CN",
            "source_title": "MEE & NBS Announcement 47 of 2025",
            "source_table": "table 4",
            "match": "parent-region",
            "basis": "market",
            "rows": 24,
            "co2e_kg": D("7012000"),
            "co2e_per_unit": D("0.5703"),
            "quantity": D("12295283"),
        },
        base
        | {
            "factor_id": "CN-FUEL-CETS24-natural-gas",
            "name": "Natural gas",
            "name_zh": "天然气",
            "activity_unit": "万Nm3",
            "region": "CN",
            "valid_to": "",
            "source_title": "CETS-AG-02.01-V01-2024",
            "source_table": "table A.1",
            "match": "exact",
            "basis": "-",
            "rows": 120,
            "gwp_set": "AR5",
            "co2e_kg": D("4210500.25"),
            "co2e_per_unit": D("21622.4"),
            "quantity": D("194.73"),
            "unverified": True,
        },
        base
        | {
            "factor_id": "uk-2023-diesel-average-biofuel-blend",
            "name": "Diesel (average biofuel blend)",
            "name_zh": "柴油（平均生物燃料掺混）",
            "activity_unit": "L",
            "region": "GB",
            "source_title": "UK Government GHG conversion factors 2023, v1.1",
            "source_table": "flat file, row 1_100_1000_17",
            "licence": "OGL v3.0",
            "match": "proxy",
            "basis": "-",
            "rows": 11,
            "gwp_set": "AR5",
            "co2e_kg": D("812345.67"),
            "co2e_per_unit": D("2.51206"),
            "published": "2023-06-28",
        },
        base
        | {
            "factor_id": "us-sc13-331110",
            "name": "Iron and steel mills, without margins",
            "name_zh": "",
            "activity_unit": "USD_2022",
            "region": "US",
            "source_title": "US EPA Supply Chain GHG Emission Factors v1.3",
            "source_table": "NAICS 331110",
            "licence": "US public domain",
            "match": "earlier-year",
            "basis": "-",
            "rows": 310,
            "gwp_set": "AR5",
            "co2e_kg": D("22500000"),
            "co2e_per_unit": D("0.000000412"),
            "published": "2024-07-01",
        },
    ]
    organisation = {
        "name": "衡碳示例机械有限公司 Hengtan Sample Machinery",
        "period": "2023-01-01/2023-12-31",
        "description": "通用机械制造，三处工厂与两处仓储。",
        "responsible": "林未（能源与环境部）",
        "industry": "C34 通用设备制造业",
        "base_year": "2021：41,200.00 吨 CO₂e",
        "exclusions": "绿化养护用油，低于 0.1%。",
    }
    manifest = _manifest(
        None, "2023-01-01/2023-12-31", organisation=organisation, sample=True, counts={"facilities": 7}
    )
    manifest["options"] |= {"draws": 10_000, "policy": "cn"}
    manifest["inputs"] = [
        {"file": "活动数据 2023.xlsx", "sha256": "ab" * 32, "bytes": 88_123, "rows": 512, "sheet": "活动"},
        {"file": "采购.csv", "sha256": "cd" * 32, "bytes": 22_871, "rows": 310, "sheet": ""},
    ]
    total_kg = sums["scope1_kg"] + sums["scope2_location_kg"] + sums["scope3_kg"]
    codes = [
        (
            "activity.quantity-negative",
            "error",
            3,
            "数量 -12 小于零。",
            "请填写实际用量；退回或红字冲销请更正原单据后填报。",
        ),
        (
            "unit.calorific-basis",
            "error",
            2,
            "燃料用 kWh 计量，但未注明净热值或毛热值。",
            "请将单位写为 kWh_ncv 或 kWh_gcv。",
        ),
        ("gwp.unknown", "warning", 310, "因子只公布 CO2e，且未注明 GWP。", "可另选给出分气体值的因子。"),
    ]
    problems = [
        {
            "code": c,
            "severity": s,
            "file": "活动数据 2023.xlsx",
            "sheet": "活动",
            "row": 12 + i,
            "column": "数量",
            "activity_id": f"A-{i:04d}",
            "reason": r,
            "mend": m,
        }
        for c, s, n, r, m in codes
        for i in range(min(n, 60))
    ]
    return ReportData(
        manifest=manifest,
        summary={
            "rows_in": 822,
            "rows_posted": 817,
            "rows_rejected": 5,
            "gwp_set": "AR5",
            "as_of": "2026-06-30",
            "totals": {k: str(v) for k, v in sums.items()} | {"biogenic_co2_kg": "135320.5"},
            "by_category": {},
            "by_facility": {},
            "by_month": months,
            "by_match": {
                "exact": {"rows": 400, "co2e_kg": "16500000"},
                "earlier-year": {"rows": 310, "co2e_kg": "22500000"},
                "parent-region": {"rows": 24, "co2e_kg": "3100000"},
                "proxy": {"rows": 83, "co2e_kg": str(total_kg - D("42100000"))},
            },
            "uncertainty": {
                k[:-3]: {"p2_5_kg": str(v * D("0.92")), "p97_5_kg": str(v * D("1.09"))} for k, v in sums.items()
            }
            | {"total": {"p2_5_kg": str(total_kg * D("0.93")), "p97_5_kg": str(total_kg * D("1.08"))}},
        },
        gases=gases,
        factors=factors,
        methods=[
            {
                "id": "factor",
                "title_en": "Activity data times emission factor",
                "title_zh": "活动数据乘以排放因子",
                "standard": "GHG Protocol, ch. 6",
                "equation": "E = A × EF",
                "rows": 600,
            },
            {
                "id": "cn-fuel-ncv",
                "title_en": "Fuel combustion by net calorific value and carbon content",
                "title_zh": "按低位发热量与含碳量计算的化石燃料燃烧",
                "standard": "NDRC sector guidelines 2013-2015",
                "equation": "co2 = FC * NCV * CC * OF * 44/12",
                "rows": 217,
            },
        ],
        facilities=facilities,
        hot_spots=[
            {
                "activity_id": "A-0031",
                "facility": "宁波一厂（镇海）",
                "activity_type": "material.steel",
                "co2e_kg": D("9800000"),
                "share": D("0.22"),
            },
            {
                "activity_id": "A-0007",
                "facility": "宁波一厂（镇海）",
                "activity_type": "electricity",
                "co2e_kg": D("5241830"),
                "share": D("0.118"),
            },
        ],
        problem_counts=[{"code": c, "severity": s, "count": n, "reason": r, "mend": m} for c, s, n, r, m in codes],
        problems=problems,
        previous={
            "activity": D("214370"),
            "factor": D("-682100"),
            "method": D(0),
            "boundary": D("18420"),
            "gwp": D(0),
            "total": D("-449310"),
            "before_kg": total_kg + D("449310"),
            "after_kg": total_kg,
        },
        data_quality=[
            {"label": "实测", "rows": 300, "co2e_kg": D("20000000")},
            {"label": "账单", "rows": 400, "co2e_kg": D("15000000")},
            {"label": "", "rows": 117, "co2e_kg": D("9438748.67")},
        ],
    )


def empty() -> ReportData:
    """All rows were rejected; no facility, no organisation."""
    manifest = _manifest(None, "")
    manifest["options"]["approach"] = []
    zero = {
        "scope1_kg": "0",
        "scope2_location_kg": "0",
        "scope2_market_kg": "0",
        "scope3_kg": "0",
        "biogenic_co2_kg": "0",
    }
    counts = [
        {
            "code": "activity.quantity-negative",
            "severity": "error",
            "count": 4,
            "reason": "The quantity is below zero.",
            "mend": "Give the amount used.",
        }
    ]
    problems = [
        {
            "code": "activity.quantity-negative",
            "severity": "error",
            "file": "a.csv",
            "sheet": "",
            "row": i,
            "column": "quantity",
            "activity_id": str(i),
            "reason": f"The quantity -{i} is below zero.",
            "mend": "Give the amount used.",
        }
        for i in range(2, 6)
    ]
    return ReportData(
        manifest=manifest,
        summary={
            "rows_in": 4,
            "rows_posted": 0,
            "rows_rejected": 4,
            "gwp_set": "AR5",
            "as_of": None,
            "totals": zero,
            "by_category": {},
            "by_facility": {},
            "by_month": {},
            "by_match": {},
            "uncertainty": {},
        },
        problem_counts=counts,
        problems=problems,
    )


HOSTILE = [
    '=cmd|" /C calc"!A0',
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "<script>alert(1)</script>",
    '#import "/etc/passwd"',
    "[[$x^2$]] *bold* _it_ `raw`",
    "\\u{41} #panic()",
    "https://evil.example/x",
    "a&b<c>\"d'",
    "Depot\u202e7\u0000\u0007",
    "㐂 𠮷 ẞ ألف 한국",
    "{summary} {0} %s",
    "]]><!--",
    "x" * 400,
]


def hostile() -> ReportData:
    """Names that would like to be formulas, markup or scripts, in every place where people write."""
    data = plant()
    facilities = [
        dict(row) | {"facility": text, "org_unit": text}
        for row, text in zip(list(data.facilities) * 3, HOSTILE, strict=False)
    ]
    text = " ".join(HOSTILE)
    manifest = dict(data.manifest)
    manifest["organisation"] = {
        "name": HOSTILE[4] + HOSTILE[5],
        "period": HOSTILE[4],
        "description": text,
        "responsible": text,
    }
    manifest["inputs"] = [{"file": t, "sha256": t, "bytes": 1, "rows": 1, "sheet": t} for t in HOSTILE]
    manifest["outputs"] = {"digest": HOSTILE[4], "emissions_sha256": HOSTILE[0]}
    manifest["options"] = dict(data.manifest["options"]) | {
        "policy": HOSTILE[5],
        "template": HOSTILE[4],
        "approach": HOSTILE[4],
    }
    return replace(
        data,
        manifest=manifest,
        facilities=facilities,
        factors=[
            dict(row)
            | dict.fromkeys(
                (
                    "factor_id",
                    "name",
                    "name_zh",
                    "source_title",
                    "source_table",
                    "source_url",
                    "licence",
                    "activity_unit",
                    "region",
                    "match",
                ),
                t,
            )
            for row, t in zip(list(data.factors) * 3, HOSTILE, strict=True)
        ],
        methods=[{"id": t, "title_en": t, "title_zh": t, "standard": t, "equation": t, "rows": 1} for t in HOSTILE],
        hot_spots=[
            {"activity_id": t, "facility": t, "activity_type": t, "co2e_kg": D(1000), "share": D("0.1")}
            for t in HOSTILE
        ],
        problems=[
            {
                "code": t,
                "severity": "error",
                "file": t,
                "sheet": t,
                "row": 3,
                "column": t,
                "activity_id": t,
                "reason": t,
                "mend": t,
            }
            for t in HOSTILE
        ],
        problem_counts=[{"code": t, "severity": "warning", "count": 1, "reason": t, "mend": t} for t in HOSTILE],
        reference={
            "title": HOSTILE[4],
            "published_kg": D(2),
            "recomputed_kg": D(1),
            "agree": 0,
            "total": 15,
            "tolerance_pct": "0.01",
            "differing": [{"name": t, "row": 1, "published_kg": "2", "recomputed_kg": "1"} for t in HOSTILE],
        },
        data_quality=[{"label": t, "rows": 1, "co2e_kg": D(1)} for t in HOSTILE],
    )


def unnamed() -> ReportData:
    """Emissions without any facility name, and scope 1 alone: one activity of 3.5 kg."""
    data = empty()
    sums = {
        "scope1_kg": "3.5",
        "scope2_location_kg": "0",
        "scope2_market_kg": "0",
        "scope3_kg": "0",
        "biogenic_co2_kg": "0",
    }
    summary = dict(data.summary) | {
        "rows_in": 1,
        "rows_posted": 1,
        "rows_rejected": 0,
        "totals": sums,
        "by_category": {"1.mobile": "3.5"},
        "by_month": {"2024-03": sums},
    }
    return replace(
        data,
        summary=summary,
        facilities=[{"facility": "", "org_unit": "", **{k: D(v) for k, v in sums.items() if k != "biogenic_co2_kg"}}],
        problems=(),
        problem_counts=(),
    )
