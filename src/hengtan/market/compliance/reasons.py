"""What a line of a plan is called, and why it is there, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from .supply import Lot

_TITLES = {
    "surrender:carried-over": ("Surrender {unit} carried over from 2019-2024", "清缴 {unit}（由 2019—2024 年度结转）"),
    "surrender:allocated": ("Surrender own {unit}", "清缴 {unit} 自有配额"),
    "surrender:coming": ("Surrender own {unit} (still to come)", "清缴 {unit} 自有配额（待发放）"),
    "surrender:pre-allocated": ("Surrender own {unit} (pre-allocated)", "清缴 {unit} 自有配额（预分配）"),
    "surrender:bought": ("Surrender {unit} bought before", "清缴此前买入的 {unit}"),
    "surrender:released": ("Release the pledge and surrender {unit}", "解除质押后清缴 {unit}"),
    "surrender:handed": ("Surrender {unit} handed over in the group", "清缴集团内划转的 {unit}"),
    "surrender:offer": ("Buy {unit} now and surrender it", "现买入 {unit} 并清缴"),
    "surrender:forward": (
        "Contract {unit} forward now, delivered on {by}, and surrender it",
        "现签远期买入 {unit}，{by} 交割后清缴",
    ),
    "surrender:later": ("Buy {unit} at the deadline and surrender it", "期限前买入 {unit} 并清缴"),
    "offset:bought": ("Offset with CCER held", "抵销：已持有 CCER"),
    "offset:released": ("Release the pledge and offset with CCER", "解除质押后以 CCER 抵销"),
    "offset:handed": ("Offset with CCER handed over in the group", "以集团内划转的 CCER 抵销"),
    "offset:offer": ("Buy CCER now and offset", "现买入 CCER 并抵销"),
    "offset:forward": (
        "Contract CCER forward now, delivered on {by}, and offset",
        "现签远期买入 CCER，{by} 交割后抵销",
    ),
    "offset:later": ("Buy CCER at the deadline and offset", "期限前买入 CCER 并抵销"),
    "keep": ("Buy {unit} and keep it", "买入 {unit} 留存"),
    "keep:forward": (
        "Contract {unit} forward now, delivered on {by}, and keep it",
        "现签远期买入 {unit}，{by} 交割后留存",
    ),
    "hand-over": ("Hand {unit} over to {to}", "向{to}划转 {unit}"),
    "convert": ("Apply for the carry-over into {unit}", "申请结转为 {unit}"),
    "sell": ("Sell {unit}", "卖出 {unit}"),
    "release": ("Pay for the release of the pledge", "支付解除质押费用"),
}
_REASONS = {
    "surrender:carried-over": ("Limit {limit}; the oldest allowed vintage goes first.", "结转上限 {limit_zh}；先用最早可用年度。"),
    "surrender:allocated": ("On the account and allowed for {year}; nothing to pay.", "已到账且可用于 {year} 年度，无需另行支出。"),
    "surrender:coming": (
        "Comes to the account on {coming} and is allowed for {year}; nothing to pay.", "预计 {coming} 到账，可用于 {year} 年度，无需另行支出。"),
    "surrender:pre-allocated": ("On the account and allowed for {year}; nothing to pay.", "已到账且可用于 {year} 年度，无需另行支出。"),
    "surrender:bought": ("On the account and allowed for {year}; paid already.", "已持有且可用于 {year} 年度，此前已付款。"),
    "surrender:released": (
        "Free on {by}; without the release it costs {unreleased} CNY more.", "{by} 到期解除；不解除则须多支出 {unreleased} 元。"),
    "surrender:handed": ("{giver} has more than it needs; cheaper than buying.", "由{giver}划入，其配额有富余；比买入便宜。"),
    "surrender:offer": (
        "{price} CNY/t, the cheapest that serves {year}; {orders} order(s), until {by}.", "{price} 元/吨，为可用于 {year} 年度的最低价；分 {orders} 笔，{by} 前完成。"),
    "surrender:dearer-offer": (
        "{price} CNY/t; what costs less ({cea}) is used up, too late, or above a limit; {orders} order(s), until {by}.",
        "{price} 元/吨；更便宜的（{cea} 元/吨）已用尽、来不及或超出限额；分 {orders} 笔，{by} 前完成。"),
    "surrender:forward": (
        "{price} CNY/t, paid on delivery, the cheapest that serves {year}; contract it until {contract_by}.",
        "{price} 元/吨，交割时付款，为可用于 {year} 年度的最低价；{contract_by} 前签约。"),
    "surrender:dearer-forward": (
        "{price} CNY/t, paid on delivery; what costs less ({cea}) is used up, too late, or above a limit; contract it until {contract_by}.",
        "{price} 元/吨，交割时付款；更便宜的（{cea} 元/吨）已用尽、来不及或超出限额；{contract_by} 前签约。"),
    "surrender:later": (
        "{price} CNY/t expected at the deadline: waiting costs less than buying now, or more cannot be bought now.",
        "预计期限时 {price} 元/吨：等待的期望成本低于现在买入，或现在已无法买入更多。"),
    "offset:bought": ("Eligible{since}; {share} % of the cap of {cap} t.", "符合登记日期要求{since_zh}；占上限 {cap} 吨的 {share}%。"),
    "offset:released": ("Free on {by}; {share} % of the cap of {cap} t.", "{by} 解除；占上限 {cap} 吨的 {share}%。"),
    "offset:handed": ("{giver} holds more than it can use.", "由{giver}划入，其持有量超出自身可用量。"),
    "offset:offer": (
        "{price} CNY/t against {cea} for an allowance; {share} % of the cap of {cap} t.", "{price} 元/吨，配额为 {cea} 元/吨；占上限 {cap} 吨的 {share}%。"),
    "offset:forward": (
        "{price} CNY/t, paid on delivery, against {cea} for an allowance; {share} % of the cap of {cap} t; contract it until {contract_by}.",
        "{price} 元/吨，交割时付款，配额为 {cea} 元/吨；占上限 {cap} 吨的 {share}%；{contract_by} 前签约。"),
    "offset:later": (
        "{price} CNY/t against {cea} for an allowance; {share} % of the cap of {cap} t.", "{price} 元/吨，配额为 {cea} 元/吨；占上限 {cap} 吨的 {share}%。"),
    "keep": ("For a later year or another entity, at {price} CNY/t; cheaper than what is expected then.", "{price} 元/吨，供以后年度或集团内其他单位使用；低于届时的预期价格。"),
    "hand-over": ("It lacks what is more than enough here; cheaper than buying.", "本单位有富余而对方不足；比买入便宜。"),
    "convert": ("Limit {limit}; apply until {by}; what is not converted is void for 2025 and later.", "结转上限 {limit_zh}；申请截至 {by}（含当日）；未结转部分不能用于 2025 年度及以后。"),
    "sell": ("More than is needed; {price} CNY/t.", "超过所需；{price} 元/吨。"),
    "release": ("Without the release it costs {unreleased} CNY more.", "不解除则须多支出 {unreleased} 元。"),
}  # fmt: skip


def title(action: str, source: str, values: Mapping[str, str]) -> dict[str, str]:
    """What the line does, ``en`` and ``zh``."""
    return _both(_TITLES, action, _way(source, values), values)


def reason(action: str, source: str, lot: Lot, values: Mapping[str, str]) -> dict[str, str]:
    """Why it is there, ``en`` and ``zh``."""
    since = {"since": "", "since_zh": ""}
    source = _way(source, values)
    if lot.registered is not None:
        since = {"since": f", registered on {lot.registered}", "since_zh": f"（{lot.registered} 登记）"}
    if source == "carried-over" and not values["limit"]:
        told = {"en": "Carried over; the oldest allowed vintage goes first.", "zh": "已结转；先用最早可用年度。"}
        return told if action == "surrender" else _both(_REASONS, action, source, {**values, **since})
    if (
        action == "surrender"
        and source in ("offer", "forward")
        and Decimal(values["cea"] or "0") < Decimal(values["price"] or "0")
    ):
        return _both(_REASONS, "surrender", f"dearer-{source}", {**values, **since})
    if "unreleased" not in values and source == "released" and action == "surrender":
        return {"en": f"Free on {values['by']}.", "zh": f"{values['by']} 到期解除。"}
    return _both(_REASONS, action, source, {"unreleased": "—", **values, **since})


def _way(source: str, values: Mapping[str, str]) -> str:
    """What comes later has words of its own: an offer that is a forward, an allocation that is still to come."""
    if source == "offer" and values.get("contract_by"):
        return "forward"
    return "coming" if values.get("coming") else source


def _both(table: Mapping[str, tuple[str, str]], action: str, source: str, values: Mapping[str, str]) -> dict[str, str]:
    en, zh = table.get(f"{action}:{source}") or table[action]
    return {"en": en.format_map(values), "zh": zh.format_map(values)}
