"""plan.xlsx: the plan for people who live in spreadsheets. Numbers are numbers, words are never formulas."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter

_WORDS = {
    "plan": ("Plan", "履约计划"), "position": ("Position", "头寸"), "holdings": ("Holdings", "持仓"), "futures": ("Scenarios", "情景"),
    "alternatives": ("Alternatives", "其他假设"), "calendar": ("Calendar", "期限"), "notes": ("Notes", "说明"),
    "entity": ("Entity", "单位"), "year": ("Year", "年度"), "step": ("Step", "步骤"), "why": ("Why", "理由"), "unit": ("Unit", "品种"),
    "t": ("t", "数量（吨）"), "price": ("CNY/t", "单价（元/吨）"), "by": ("By", "截止日"), "window": ("When", "时段"),
    "due": ("Due, t", "应清缴（吨）"), "low": ("P10, t", "P10（吨）"), "high": ("P90, t", "P90（吨）"), "method": ("Method", "方法"),
    "have": ("Allowances that serve, t", "可用配额（吨）"), "pledged": ("of these pledged, t", "其中质押（吨）"), "credits": ("CCER, t", "CCER（吨）"),
    "cap": ("Cap of CCER, t", "CCER 上限（吨）"), "gap": ("Gap, t", "缺口（吨）"), "deadline": ("Deadline", "清缴截止日"),
    "fine_low": ("Fine from, CNY", "罚款下限（元）"), "fine_high": ("Fine to, CNY", "罚款上限（元）"), "worth": ("A tonne less saves, CNY/t", "减排一吨可少支出（元/吨）"),
    "id": ("Id", "编号"), "from": ("Serves from", "可用起始年度"), "not": ("Why not", "不可用原因"),
    "name": ("Name", "名称"), "probability": ("Probability", "概率"), "bought": ("CEA bought, t", "买入 CEA（吨）"),
    "credits_bought": ("CCER bought, t", "买入 CCER（吨）"), "offset": ("Offset, t", "抵销（吨）"), "sold": ("Sold, t", "卖出（吨）"),
    "more": ("Against the plan, CNY", "较本计划（元）"), "day": ("Day", "日期"), "left": ("Days left", "剩余天数"), "mark": ("Mark", "标记"),
    "total": ("Total", "合计"), "reason": ("Reason", "原因"), "mend": ("Mend", "处理"), "kind": ("Kind", "类别"),
    "sample": ("sample: invented figures", "示例：数据为虚构"), "expected": ("expected", "预计"), "now": ("now", "现在"),
    "broken": ("rule broken", "违反规则"), "binding": ("no plan", "无可行计划"), "note": ("note", "说明"),
    "as_of": ("Day of the plan: {day}", "计划基准日：{day}"), "cost": ("CNY", "支出（元）"),
    "least": ("Cost: {cost} CNY, {status}", "支出：{cost} 元，{status}"),
    "expected_cost": ("Expected cost over {count} scenarios: {cost} CNY, {status}", "{count} 个情景的期望支出：{cost} 元，{status}"),
    "net": ("less the worth of what is left at the end: {net} CNY", "扣除期末剩余价值后：{net} 元"),
    "lines_of": ("The steps and their total are those of the scenario «{name}», the most probable.", "以下步骤与合计属于概率最大的情景“{name}”。"),
    "origin": ("Origin", "来源"), "origin.allocated": ("allocated", "已发放"), "origin.pre-allocated": ("pre-allocated", "预分配"),
    "origin.carried-over": ("carried over", "结转"), "origin.bought": ("bought", "买入"), "coming": ("allocation (sheet of allowances to come)", "配额发放（见待发配额）"),
    "fine_price": ("Price of the fine, CNY/t", "罚款计算单价（元/吨）"), "basis": ("That price is", "单价依据"),
    "basis.month": ("the average of the month before the deadline", "清缴时限前一个月成交均价"), "basis.latest": ("the average of the latest month quoted", "最近一个月行情均价"),
    "basis.offer": ("the cheapest allowance on offer", "最低配额报价"), "gap_low": ("Gap at P10, t", "P10 时缺口（吨）"), "gap_high": ("Gap at P90, t", "P90 时缺口（吨）"),
    "spare": ("Left for later years, t", "结余（吨）"), "kept": ("Kept at the end, t", "期末留存（吨）"), "place": ("Where", "位置"), "missed": ("At most so much cheaper, CNY", "与最优的最大差距（元）"),
    "rules": ("Fines and risk", "罚则与风险"), "what": ("What", "项目"), "says": ("Says", "内容"), "source": ("Source", "依据"),
    "risk": ("Value at risk of the gap", "缺口的风险价值"),
    "risk.says": ("{share} % in {days} trading days, {short} t short at {close} CNY/t: {historical} CNY by historical simulation ({changes} changes), {parametric} CNY by a normal distribution.",
                  "置信水平 {share}%、{days} 个交易日，缺口 {short} 吨，最新收盘价 {close} 元/吨：历史模拟法 {historical} 元（{changes} 个变动），参数法 {parametric} 元。"),
    "month": ("Average price {month}", "{month} 成交均价"), "month.says": ("{price} CNY/t over {days} days", "{price} 元/吨（{days} 个交易日）"),
    "weighted": ("by volume", "按成交量加权"), "unweighted": ("mean of the closes", "收盘价平均"),
    "status.optimal": ("proven cheapest", "已证最优"), "status.within": ("at most {gap} CNY above the cheapest", "与最优相差不超过 {gap} 元"), "status.infeasible": ("no plan keeps the rules", "没有可行的计划"),
}  # fmt: skip


def write_workbook(path: Path, made: dict[str, Any], lang: str) -> None:
    """The record of a plan as a workbook in one language."""
    book = xlsxwriter.Workbook(str(path), {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": made["title"] or "hengtan", "comments": "hengtan comply plan"})
    _Sheets(book, made, lang).all()
    book.close()


class _Sheets:
    def __init__(self, book: Any, made: dict[str, Any], lang: str) -> None:
        self.book, self.made, self.lang = book, made, lang
        self.forms = {
            "head": book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}),
            "text": book.add_format({"text_wrap": True, "valign": "top"}),
            "whole": book.add_format({"num_format": "#,##0", "valign": "top"}),
            "money": book.add_format({"num_format": "#,##0.00", "valign": "top"}),
            "bold": book.add_format({"bold": True}),
        }

    def word(self, key: str, **values: object) -> str:
        text = _WORDS[key][self.lang == "zh"]
        return text.format(**values) if values else text

    def all(self) -> None:
        made = self.made
        self.plan()
        names = {each["entity"]: each["name"] for each in made["positions"]}
        worth = {(each["entity"], each["year"]): Decimal(each["cny_t"]) for each in made["worth"]}
        self.sheet(
            "position", ("entity", "year", "deadline", "due", "low", "high", "have", "pledged", "credits", "cap", "gap", "gap_low", "gap_high", "spare",
             "fine_low", "fine_high", "fine_price", "basis", "worth"),
            [
                (
                    each["name"], each["year"], each["deadline"] + (f"（{self.word('expected')}）" if each["deadline_expected"] else ""),
                    each["due_t"], each["emissions"]["low_t"], each["emissions"]["high_t"], each["allowances_t"], each["pledged_t"],
                    each["credits_t"], each["cap_t"], each["gap_t"], each["gap_low_t"], each["gap_high_t"], each["spare_t"], *self.fine(each), worth.get((each["entity"], each["year"])),
                )
                for each in made["positions"]
            ],
        )  # fmt: skip
        self.sheet(
            "holdings", ("entity", "unit", "id", "origin", "t", "pledged", "from", "not"),
            [
                (names[each["entity"]], each["unit"], each["id"], self.word(f"origin.{each['origin']}" if each["id"] else "coming"), each["t"], each["t"] if each["pledged"] else 0,
                 each["serves_from"], " ".join(one[self.lang] for one in each["why_not"]))
                for each in made["holdings"]
            ],
        )  # fmt: skip
        self.sheet(
            "futures", ("name", "probability", "cost", "year", "bought", "credits_bought", "offset", "sold", "kept"),
            [
                (each["name"], Decimal(each["probability"]), Decimal(each["cost_cny"]), year["year"], year["bought_t"],
                 year["credits_bought_t"], year["offset_t"], year["sold_t"], each["kept_t"] if year == each["years"][-1] else None)
                for each in made["scenarios"] for year in each["years"]
            ],
        )  # fmt: skip
        self.sheet(
            "alternatives", ("name", "cost", "more", "missed"),
            [(each["title"][self.lang], _decimal(each["cost_cny"]) if each["cost_cny"] else self.word("status.infeasible"),
              _decimal(each["more_cny"]), _decimal(each["gap_cny"])) for each in made["alternatives"]],
        )  # fmt: skip
        self.sheet(
            "calendar", ("day", "entity", "step", "year", "left", "mark"),
            [
                (each["day"] + (f"（{self.word('expected')}）" if each["expected"] else ""), names.get(each["entity"], ""), each["title"][self.lang], each["year"],
                 each["days_left"], each["mark"])
                for each in made["calendar"]
            ],
        )  # fmt: skip
        self.sheet(
            "notes", ("kind", "place", "reason", "mend"),
            [
                (self.word(kind), each["place"] or each["path"], each["reason"][self.lang], each["mend"][self.lang])
                for kind, key in (("broken", "broken"), ("binding", "binding"), ("note", "notes")) for each in made[key]
            ],
        )  # fmt: skip

        self.sheet("rules", ("what", "says", "source", "mark"), [*self.penalties(), *self.risk(), *self.months()])

    def penalties(self) -> list[tuple[str, ...]]:
        made, lang = self.made["penalties"], self.lang
        return [(each["title"][lang], each["says"][lang], each["source"][lang], each["mark"]) for each in made]

    def risk(self) -> list[tuple[str, ...]]:
        risk = self.made["risk"]
        if risk is None:
            return []
        values = {
            "share": (Decimal(risk["confidence"]) * 100).normalize(), "days": risk["days"], "short": f"{risk['short_t']:,}", "close": risk["close_cny_t"],
            "historical": _grouped(risk["historical_cny"]), "parametric": _grouped(risk["parametric_cny"]), "changes": risk["changes"],
        }  # fmt: skip
        return [(self.word("risk"), self.word("risk.says", **values), "", "")]

    def months(self) -> list[tuple[str, ...]]:
        return [
            (self.word("month", month=each["month"]), self.word("month.says", price=each["price_cny_t"], days=each["days"]),
             self.word("weighted" if each["weighted"] else "unweighted"), "")
            for each in self.made["prices"]["months"]
        ]  # fmt: skip

    def fine(self, each: dict[str, Any]) -> tuple[Decimal | str | None, ...]:
        fine = each["fine"]
        if fine is None:
            return (None, None, None, None)
        low, high, price = (Decimal(fine[key]) for key in ("low_cny", "high_cny", "price_cny_t"))
        return (low, high, price, self.word(f"basis.{fine['basis']}"))

    def heading(self) -> list[str]:
        """What stands above the steps: day, cost and how sure it is, and which scenario the steps are of."""
        made = self.made
        status = self.word(f"status.{made['status']}").format(gap=_grouped(made["gap_cny"]))
        above = [made["title"], self.word("as_of", day=made["as_of"])]
        if made["cost_cny"] is None:
            above.append(status)
        else:
            several = len(made["scenarios"]) > 1
            cost = {"cost": _grouped(made["cost_cny"]), "status": status}
            above.append(
                self.word("expected_cost", count=len(made["scenarios"]), **cost)
                if several
                else self.word("least", **cost)
            )
            if made["net_cny"] != made["cost_cny"]:
                above.append(self.word("net", net=_grouped(made["net_cny"])))
            if several:
                above.append(self.word("lines_of", name=made["lines_of"]))
        if made["sample"]:
            above.append(self.word("sample"))
        return [each for each in above if each]

    def plan(self) -> None:
        made = self.made
        lines = [
            (
                each["name"], each["year"] or "", each["what"][self.lang], each["why"][self.lang], each["unit"], each["t"],
                _decimal(each["price_cny_t"]), Decimal(each["cost_cny"]), self.word("now") if each["window"] == "now" else each["window"], each["by"],
            )
            for each in made["lines"]
        ]  # fmt: skip
        total = sum((each[7] for each in lines), Decimal(0))
        lines.append((self.word("total"), "", "", "", "", "", None, total, "", ""))
        self.sheet(
            "plan",
            ("entity", "year", "step", "why", "unit", "t", "price", "cost", "window", "by"),
            lines,
            self.heading(),
        )

    def sheet(self, name: str, heads: Sequence[str], rows: Sequence[Sequence[Any]], above: Sequence[str] = ()) -> None:
        sheet = self.book.add_worksheet(self.word(name))
        for at, text in enumerate(above):
            sheet.write_string(at, 0, text, self.forms["bold"])
        first = len(above) + bool(above)
        for column, head in enumerate(heads):
            sheet.write_string(first, column, self.word(head), self.forms["head"])
            sheet.set_column(
                column,
                column,
                {
                    "why": 60,
                    "step": 40,
                    "reason": 60,
                    "mend": 60,
                    "not": 60,
                    "says": 80,
                    "source": 60,
                    "what": 30,
                    "entity": 24,
                    "place": 30,
                    "basis": 28,
                    "name": 24,
                }.get(head, 16),
            )
        for down, row in enumerate(rows, first + 1):
            for column, value in enumerate(row):
                if value is None:
                    continue
                if isinstance(value, Decimal):
                    sheet.write_number(down, column, float(value), self.forms["money"])
                elif isinstance(value, int):
                    plain = heads[column] == "year" or heads[column] == "from"
                    sheet.write_number(down, column, value, self.forms["text" if plain else "whole"])
                else:
                    sheet.write_string(down, column, str(value), self.forms["text"])
        sheet.freeze_panes(first + 1, 0)


def _grouped(money: str) -> str:
    return f"{Decimal(money):,.2f}"


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
