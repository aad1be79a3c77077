"""How a comparison looks on a terminal of 80 columns: a waterfall, a table, the main causes."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from .summary import console

if TYPE_CHECKING:
    from hengtan.inventory.compare import Change, Comparison

WORDS = {
    "title": ("What changed", "差额从何而来"),
    "same": ("Nothing changed.", "没有任何变化。"),
    "location": ("scope 2 location-based", "范围二基于位置"),
    "market": ("scope 2 market-based", "范围二基于市场"),
    "activity": ("activity", "活动数据"),
    "factor": ("factor", "因子"),
    "method": ("method", "方法"),
    "boundary": ("boundary", "边界"),
    "gwp": ("GWP", "GWP"),
    "before": ("before", "之前"),
    "after": ("after", "之后"),
    "difference": ("difference", "差额"),
    "exact": ("The five effects add up to the difference exactly.", "五项效应之和与差额完全一致。"),
    "axis": ("The bars begin at {low} t, not at 0.", "条形从 {low} t 起，并非从 0 起。"),
    "facility": ("Facility", "设施"),
    "org_unit": ("Unit", "组织单元"),
    "type": ("Activity type", "活动类型"),
    "category": ("Category", "类别"),
    "scope": ("Scope", "范围"),
    "total": ("Total", "合计"),
    "others": ("{count:,} others", "其他 {count:,} 项"),
    "causes": ("Main causes, t CO2e", "主要原因（t CO2e）"),
    "lines": ("{count:,} lines", "{count:,} 处"),
    "line": ("1 line", "1 处"),
    "pinned": ("pinned factor", "指定因子"),
    "gwp_differs": ("GWP sets differ: {a} and {b}.", "两次核算的 GWP 不同：{a} 与 {b}。"),
    "rejected": ("Rows rejected: {a:,} and {b:,}; they count in neither sum.",
                 "被拒收的行：{a:,} 与 {b:,}，均未计入合计。"),
}  # fmt: skip
EFFECTS = ("activity", "factor", "method", "boundary", "gwp")
BAR = 34


def words(lang: str) -> dict[str, str]:
    """The words in one language."""
    return {name: pair[lang == "zh"] for name, pair in WORDS.items()}


def show(found: Comparison, by: str, limit: int, lang: str) -> None:
    """Print the comparison."""
    out, say = console(), words(lang)
    a, b = found.a, found.b
    out.print(Text(say["title"], style="bold"))
    for letter, run in (("A", a), ("B", b)):
        period = run.manifest["organisation"]["period"].replace("/", " – ")
        out.print(f"{letter}  {run.folder}  {period}  {run.gwp}", soft_wrap=True)
    out.print(f"t CO2e, {say[found.basis]}\n")
    _waterfall(out, say, found.total)
    out.print()
    if any(found.total.effects.values()) or any(any(e.change.effects.values()) for e in found.entries):
        out.print(_table(say, found, by, limit, lang))
        _causes(out, say, found, lang)
        out.print(f"\n{say['exact']}", style="green")
    else:
        out.print(say["same"], style="green")
    if a.gwp != b.gwp:
        out.print(say["gwp_differs"].format(a=a.gwp, b=b.gwp))
    rejected = [run.manifest["counts"]["rows_rejected"] for run in (a, b)]
    if any(rejected):
        out.print(say["rejected"].format(a=rejected[0], b=rejected[1]), style="yellow")


def tonnes(kg: Decimal, *, signed: bool = False) -> str:
    """kg as tonnes with two decimals; a difference carries its sign, and a true nothing is a bare 0."""
    if not kg:
        return "0"
    shown = f"{(kg / 1000).quantize(Decimal('0.01')):,}"
    if signed:
        return shown.replace("-", "−") if shown.startswith("-") else f"+{shown}"
    return shown


def signed(kg: Decimal) -> Text:
    """A difference, red where it is more and green where it is less."""
    return Text(tonnes(kg, signed=True), style="red" if kg > 0 else "green" if kg < 0 else "dim")


def _waterfall(out: Console, say: dict[str, str], change: Change) -> None:
    levels = [change.before]
    for name in EFFECTS:
        levels.append(levels[-1] + change.effects[name])
    low, high = min(levels), max(levels)
    zoomed = bool(high) and low > 0 and (high - low) * 4 < high
    floor = low - (high - low) / 4 if zoomed and high > low else min(low, Decimal(0))
    span = (high - floor) or Decimal(1)

    def at(kg: Decimal) -> int:
        return int((kg - floor) / span * (BAR - 1))

    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    end = "▏" if zoomed else "█"
    table.add_row(f"A {say['before']}", tonnes(change.before), _end(at(change.before), end), style="bold")
    for number, name in enumerate(EFFECTS):
        kg, one, other = change.effects[name], at(levels[number]), at(levels[number + 1])
        left, right = min(one, other), max(one, other)
        bar = Text(" " * left + ("█" * (right - left + 1) if kg else "│"), style="red" if kg > 0 else "green")
        table.add_row(f"  {say[name]}", signed(kg), bar if kg else Text(" " * left + "│", style="dim"))
    table.add_row(f"B {say['after']}", tonnes(change.after), _end(at(change.after), end), style="bold")
    share = f"  {float(change.total / change.before):+.1%}".replace("-", "−") if change.before and change.total else ""
    table.add_row(f"  {say['difference']}", signed(change.total), Text(share.strip()))
    out.print(table)
    if zoomed and high > low:
        out.print(say["axis"].format(low=tonnes(floor)), style="dim")


def _end(width: int, mark: str) -> Text:
    return Text(" " * width + "█" if mark == "▏" else mark * (width + 1))


def _title(kind: str, say: dict[str, str], lang: str) -> str:
    from hengtan.factors import find_type

    known = find_type(kind) if kind else None
    return known.title[lang] if known else kind or say["pinned"]


def _table(say: dict[str, str], found: Comparison, by: str, limit: int, lang: str) -> Table:
    groups = [(_title(name, say, lang) if by == "type" else name, change) for name, change in found.by(by).items()]
    used = [name for name in EFFECTS if any(e.change.effects[name] for e in found.entries)]
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1))
    table.add_column(say[by], overflow="ellipsis", no_wrap=True)
    for name in ("A", *(say[name] for name in used), "B"):
        table.add_column(name, justify="right", no_wrap=True)

    def row(name: str, change: Change, style: str = "") -> None:
        cells = [signed(change.effects[effect]) for effect in used]
        table.add_row(name, tonnes(change.before), *cells, tonnes(change.after), style=style)

    if by != "scope":
        for name, change in sorted(found.by("scope").items()):
            row(f"{say['scope']} {name}", change)
        table.add_section()
    shown = groups if len(groups) <= limit else groups[:limit]
    for name, change in shown:
        row(name or "–", change)
    if len(shown) < len(groups):
        rest = _sum(change for _, change in groups[limit:])
        row(say["others"].format(count=len(groups) - limit), rest, "dim")
    table.add_section()
    row(say["total"], found.total, "bold")
    return table


def _sum(changes: Any) -> Change:
    from hengtan.inventory.compare import Change

    total = Change()
    for change in changes:
        total.add(change)
    return total


def _causes(out: Console, say: dict[str, str], found: Comparison, lang: str) -> None:
    out.print(Text(f"\n{say['causes']}", style="bold"))
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for cause in found.causes(8):
        lines = say["line"] if cause.entries == 1 else say["lines"].format(count=cause.entries)
        detail = f"{_title(cause.kind, say, lang)}, {lines}"
        if cause.rates and cause.effect in ("factor", "method"):
            before, after, unit = cause.rates
            detail += f", {float(before):.6g} → {float(after):.6g} kg/{unit}"
        table.add_row(signed(cause.kg), say[cause.effect], detail)
    out.print(table)
