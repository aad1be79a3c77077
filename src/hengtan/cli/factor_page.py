"""One factor as a page of the terminal, at most 80 columns wide."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from hengtan.factors import describe
from hengtan.factors.factor import AMOUNTS
from hengtan.factors.reference import cbam_detail
from hengtan.factors.regions import find_region

if TYPE_CHECKING:
    from hengtan.factors import Factor

LABELS = {
    "amount": {"en": "One {unit} releases", "zh": "每 {unit} 排放"},
    "gwp": {"en": "GWP set", "zh": "GWP 版本"},
    "gwp_none": {"en": "not stated", "zh": "未注明"},
    "gwp_any": {"en": "none needed: gases, or CO2 alone", "zh": "无需：给出的是各气体质量或仅含 CO2"},
    "lcv": {"en": "Calorific value", "zh": "低位发热量"},
    "uncertainty": {"en": "Uncertainty", "zh": "不确定度"},
    "category": {"en": "Category", "zh": "类别"},
    "scope": {"en": "scope {scope}", "zh": "范围{scope}"},
    "ghgp": {"en": "GHG Protocol category {category}", "zh": "GHG Protocol 类别 {category}"},
    "region": {"en": "Region", "zh": "地区"},
    "cbam": {"en": "CBAM", "zh": "CBAM"},
    "valid": {"en": "Valid", "zh": "有效期"},
    "open": {"en": "until superseded", "zh": "直至被替代"},
    "always": {"en": "no validity stated", "zh": "未注明有效期"},
    "to": {"en": " to ", "zh": " 至 "},
    "published": {"en": "Published", "zh": "发布日期"},
    "dataset": {"en": "Dataset", "zh": "数据集"},
    "source": {"en": "Source", "zh": "来源"},
    "licence": {"en": "Licence", "zh": "许可"},
    "terms": {"en": "Terms", "zh": "使用条款"},
    "read": {"en": "Read from", "zh": "读取自"},
    "years": {"en": "Other years", "zh": "其他年份"},
    "origin": {"en": "CH4 is", "zh": "CH4 来源"},
    "fossil": {"en": "fossil", "zh": "化石源"},
    "biogenic": {"en": "biogenic", "zh": "生物源"},
    "unknown": {"en": "of unknown origin", "zh": "来源不明"},
}
CBAM = (
    {"en": "CN {cn_code} {description}", "zh": "CN {cn_code} {description}"},
    {
        "en": "direct {direct_tco2e_per_t}, indirect {indirect_tco2e_per_t} t CO2e / t",
        "zh": "直接 {direct_tco2e_per_t}、间接 {indirect_tco2e_per_t} t CO2e / t",
    },
    {
        "en": "with mark-up {total_incl_markup_2026} (2026), {total_incl_markup_2027} (2027), "
        "{total_incl_markup_2028} (2028)",
        "zh": "含加成 {total_incl_markup_2026}（2026）、{total_incl_markup_2027}（2027）、{total_incl_markup_2028}（2028）",
    },
)
WIDTH = 80


def show(factor: Factor, relatives: list[Factor], lang: str) -> None:
    """Print the page."""
    console = Console(highlight=False, soft_wrap=False)
    console.width = min(console.width, WIDTH)
    with console.capture() as page:
        _print(console, factor, relatives, lang)
    click.echo("\n".join(line.rstrip() for line in page.get().splitlines()))


def _print(console: Console, factor: Factor, relatives: list[Factor], lang: str) -> None:
    console.print(Text(factor.title(lang), style="bold"))
    other = factor.title("en" if lang == "zh" else "zh")
    if other != factor.title(lang):
        console.print(Text(other))
    console.print(Text(factor.factor_id, style="cyan"))
    if factor.unverified:
        console.print(Text(f"! {describe.UNVERIFIED[lang]}", style="bold yellow"))
    console.print()
    console.print(_amounts(factor, lang))
    console.print()
    console.print(_facts(factor, lang))
    if relatives:
        console.print()
        console.print(Text(LABELS["years"][lang], style="dim"))
        console.print(Padding(_relatives(relatives, lang), (0, 0, 0, 2)))


def _amounts(factor: Factor, lang: str) -> Table:
    table = Table.grid(padding=(0, 2))
    table.title = LABELS["amount"][lang].format(unit=factor.activity_unit)
    table.title_style, table.title_justify = "dim", "left"
    table.add_column(min_width=14)
    table.add_column(justify="right")
    table.add_column()
    for name in sorted(AMOUNTS, key=lambda name: name != "co2e_kg"):
        value: Decimal | None = getattr(factor, name)
        if value is not None:
            style = "bold" if name == "co2e_kg" else ""
            label = describe.NAMES[name][lang]
            table.add_row(Text(f"  {label}", style), Text(format(value, "f"), style), Text("kg", style))
    return table


def _facts(factor: Factor, lang: str) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", min_width=14, no_wrap=True)
    table.add_column(overflow="fold", ratio=1)
    table.expand = True
    for label, *lines in _lines(factor, lang):
        shown = [line for line in lines if line]
        if shown:
            table.add_row(LABELS[label][lang], Text("\n".join(shown)))
    return table


def _lines(factor: Factor, lang: str) -> list[tuple[str, ...]]:
    place = find_region(factor.region)
    region = f"{factor.region} {place.title[lang]}" if place and place.title[lang] != factor.region else factor.region
    scope = LABELS["scope"][lang].format(scope=factor.scope) if factor.scope else ""
    ghgp = LABELS["ghgp"][lang].format(category=factor.ghgp_category.replace(";", ", ")) if factor.ghgp_category else ""
    lcv = f"{factor.lcv_mj_per_unit:f} MJ / {factor.activity_unit}" if factor.lcv_mj_per_unit is not None else ""
    return [
        ("gwp", _gwp(factor, lang)),
        ("origin", LABELS[factor.gas_origin][lang] if factor.ch4_kg or factor.ch4_kgco2e else ""),
        ("lcv", lcv),
        ("uncertainty", f"± {factor.uncertainty_pct:f} %" if factor.uncertainty_pct is not None else ""),
        ("category", " · ".join(part for part in (describe.category(factor.category, lang), scope, ghgp) if part)),
        ("region", region),
        ("cbam", *_cbam(factor, lang)),
        ("valid", _validity(factor, lang)),
        ("published", describe.published(factor, lang)),
        ("dataset", " ".join(part for part in (factor.dataset, factor.dataset_version) if part)),
        ("source", factor.source_title, factor.source_table, factor.source_url),
        ("licence", factor.licence),
        ("terms", describe.terms(factor.licence, lang)),
        ("read", factor.retrieved_from),
    ]


def _gwp(factor: Factor, lang: str) -> str:
    if factor.gwp_set:
        return factor.gwp_set
    alone = factor.co2e_kg is None or factor.co2e_kg == factor.co2_kg
    return LABELS["gwp_any" if alone else "gwp_none"][lang]


def _cbam(factor: Factor, lang: str) -> list[str]:
    detail = cbam_detail(factor.factor_id) if factor.category == "cbam_embedded_emissions" else {}
    return [line[lang].format(**detail) for line in CBAM] if detail else []


def _validity(factor: Factor, lang: str) -> str:
    if factor.valid_from is None and factor.valid_to is None:
        return LABELS["always"][lang]
    end = str(factor.valid_to) if factor.valid_to else LABELS["open"][lang]
    return f"{factor.valid_from or '…'}{LABELS['to'][lang] if factor.valid_to else ', ' if lang == 'en' else '，'}{end}"


def _relatives(relatives: list[Factor], lang: str) -> Table:
    table = Table.grid(padding=(0, 2))
    for one in relatives:
        table.add_row(describe.years(one, lang), describe.amount(one, lang), Text(one.factor_id, style="cyan"))
    return table
