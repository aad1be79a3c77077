"""The sentences of an inventory that shows itself."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title": "Inventory {first} to {last}, GWP {gwp}",
        "scope1_kg": "Scope 1                 ",
        "scope2_location_kg": "Scope 2, location-based ",
        "scope2_market_kg": "Scope 2, market-based   ",
        "scope3_kg": "Scope 3                 ",
        "counts": "{rows} rows: {posted} posted, {rejected} rejected",
        "problem": "{count} x {code}",
        "scope": "Scope {scope}",
        "by": "t CO2e by {name}",
        "by_month": "month",
        "no_matplotlib": "matplotlib is not installed, so this is hengtan's own SVG; "
        "pip install 'hengtan[notebook]' gives a Figure.",
    },
    "zh": {
        "title": "清单 {first} 至 {last}，GWP {gwp}",
        "scope1_kg": "范围一        ",
        "scope2_location_kg": "范围二 位置法 ",
        "scope2_market_kg": "范围二 市场法 ",
        "scope3_kg": "范围三        ",
        "counts": "{rows} 行：计入 {posted}，拒绝 {rejected}",
        "problem": "{code} {count} 次",
        "scope": "范围 {scope}",
        "by": "按{name}（t CO2e）",
        "by_scope": "范围",
        "by_category": "类别",
        "by_month": "月份",
        "by_facility": "设施",
        "by_org_unit": "组织单元",
        "by_activity_type": "活动类型",
        "by_region": "地区",
        "by_factor_id": "因子",
        "by_match": "匹配等级",
        "by_method": "方法",
        "no_matplotlib": "未安装 matplotlib，此处为 hengtan 自绘的 SVG；pip install 'hengtan[notebook]' 后可得到 Figure。",
    },
}


def most_told(counts: Mapping[str, int], lang: str) -> str:
    """The three most frequent problems in one line; "" without any."""
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:3]
    told = [WORDS[lang]["problem"].format(code=code, count=f"{count:,}") for code, count in ranked]
    return ("; " if lang == "en" else "；") + ", ".join(told) if told else ""
