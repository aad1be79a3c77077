"""``hengtan policy``: by which rules factors are chosen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from hengtan.factors import Policy
    from hengtan.factors.policy import Rule, Tier

_WORDS = {
    "opt-in": {
        "en": "On request only (--policy NAME; hengtan policy show NAME): {names}",
        "zh": "须指定才采用（--policy 名称；hengtan policy show 名称）：{names}",
    },
    "rest": {"en": "all other countries", "zh": "其他国家和地区"},
    "classes": {"en": "classes allowed", "zh": "允许的匹配等级"},
    "years": {"en": "earlier years", "zh": "可回溯年数"},
    "gwp": {"en": "another GWP set", "zh": "GWP 版本不一致时"},
    "residual": {"en": "without a residual mix", "zh": "无剩余组合因子时"},
    "market": {"en": "market-based", "zh": "市场法"},
    "then": {"en": "then", "zh": "其次"},
    "world": {"en": "the world's rows (GLO) too", "zh": "含全球（GLO）数据"},
    "anywhere": {"en": "of any region", "zh": "不限地区"},
    "here": {"en": "Per row, by the country of its region:", "zh": "按每行地区所在国家选用："},
}


@click.group("policy")
def group() -> None:
    """How factors are chosen: which datasets, in which order, how far a substitute may go."""


@group.command("show")
@click.argument("name", required=False, default="")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Language.")
def show(name: str, as_json: bool, lang: str) -> None:
    """Print a policy: cn, uk, us, global, cn-proxy, or a FILE. Without a name: which policy each row gets."""
    from hengtan.factors.policy import BUILT_IN, DEFAULT, OPT_IN, load_policy

    policies = [_own(load_policy(name))] if name and name != DEFAULT else [load_policy(other) for other in BUILT_IN]
    if as_json:
        records = [_record(policy) for policy in policies]
        click.echo(json.dumps(records[0] if name and name != DEFAULT else records, ensure_ascii=False, indent=1))
        return
    if len(policies) > 1:
        click.echo(_WORDS["here"][lang])
    for policy in policies:
        for line in _lines(policy, lang):
            click.echo(line)
    if len(policies) > 1:
        click.echo(_WORDS["opt-in"][lang].format(names=", ".join(OPT_IN)))


def _own(policy: Policy) -> Policy:
    """Of a policy for some countries alone, what their rows get; rows elsewhere keep the policy of their country."""
    return policy.at(policy.countries[0]) if policy.by_country and policy.countries else policy


def _lines(policy: Policy, lang: str) -> Iterator[str]:
    countries = ", ".join(policy.countries) or _WORDS["rest"][lang]
    yield f"{policy.name}  {policy.title.get(lang) or policy.name}  ({countries})"
    yield f"  {_WORDS['classes'][lang]}: {', '.join(policy.classes)}"
    yield f"  {_WORDS['years'][lang]}: {policy.earlier_years}"
    yield f"  {_WORDS['gwp'][lang]}: {policy.gwp_mismatch}"
    yield f"  {_WORDS['residual'][lang]}: {policy.without_residual_mix}"
    for rule in policy.rules:
        yield f"  {', '.join(rule.types)}"
        if rule.note.get(lang):
            yield f"      {rule.note[lang]}"
        yield from _tiers(rule, lang)
    yield ""


def _tiers(rule: Rule, lang: str) -> Iterator[str]:
    for label, tiers in (("", rule.order), (_WORDS["market"][lang] + ": ", rule.market)):
        for number, tier in enumerate(tiers):
            yield f"      {label if number == 0 else _WORDS['then'][lang] + ': '}{_tier(tier, lang)}"


def _tier(tier: Tier, lang: str) -> str:
    marks = [tier.match] if tier.match else []
    marks += [_WORDS[key][lang] for key in ("world", "anywhere") if getattr(tier, key)]
    return ", ".join((*tier.datasets, *tier.factors)) + (f"  [{'; '.join(marks)}]" if marks else "")


def _record(policy: Policy) -> dict[str, Any]:
    def tier(one: Tier) -> dict[str, Any]:
        body = {name: getattr(one, name) for name in ("match", "world", "anywhere") if getattr(one, name)}
        body |= {name: list(getattr(one, name)) for name in ("datasets", "factors") if getattr(one, name)}
        return body

    return {
        "name": policy.name,
        "title": dict(policy.title),
        "countries": list(policy.countries),
        "classes": list(policy.classes),
        "earlier_years": policy.earlier_years,
        "gwp_mismatch": policy.gwp_mismatch,
        "without_residual_mix": policy.without_residual_mix,
        "rules": [
            {"types": list(rule.types), "order": [tier(one) for one in rule.order]}
            | ({"market": [tier(one) for one in rule.market]} if rule.market else {})
            | ({"note": dict(rule.note)} if rule.note else {})
            for rule in policy.rules
        ],
    }
