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
    "t": ("t", "数量（吨）"), "price": ("CNY/t", "单价（元/吨）"), "cost": ("CNY", "支出（元）"), "by": ("By", "截止日"), "window": ("When", "时段"),
    "due": ("Due, t", "应清缴（吨）"), "low": ("P10, t", "P10（吨）"), "high": ("P90, t", "P90（吨）"), "method": ("Method", "方法"),
    "have": ("Allowances that serve, t", "可用配额（吨）"), "pledged": ("of these pledged, t", "其中质押（吨）"), "credits": ("CCER, t", "CCER（吨）"),
    "cap": ("Cap of CCER, t", "CCER 上限（吨）"), "gap": ("Gap, t", "缺口（吨）"), "deadline": ("Deadline", "清缴截止日"),
    "fine_low": ("Fine from, CNY", "罚款下限（元）"), "fine_high": ("Fine to, CNY", "罚款上限（元）"), "worth": ("A tonne less saves, CNY/t", "减排一吨可少支出（元/吨）"),
    "id": ("Id", "编号"), "origin": ("Origin", "来源"), "from": ("Serves from", "可用起始年度"), "not": ("Why not", "不可用原因"),
    "name": ("Name", "名称"), "probability": ("Probability", "概率"), "bought": ("CEA bought, t", "买入 CEA（吨）"),
    "credits_bought": ("CCER bought, t", "买入 CCER（吨）"), "offset": ("Offset, t", "抵销（吨）"), "sold": ("Sold, t", "卖出（吨）"),
    "more": ("Against the plan, CNY", "较本计划（元）"), "day": ("Day", "日期"), "left": ("Days left", "剩余天数"), "mark": ("Mark", "标记"),
    "total": ("Total", "合计"), "reason": ("Reason", "原因"), "mend": ("Mend", "处理"), "kind": ("Kind", "类别"),
    "sample": ("sample: invented figures", "示例：数据为虚构"), "expected": ("expected", "预计"), "now": ("now", "现在"),
    "broken": ("rule broken", "违反规则"), "binding": ("no plan", "无可行计划"), "note": ("note", "说明"),
    "status.optimal": ("proven cheapest", "已证最优"), "status.within": ("within the gap of the cheapest", "与最优的差距已证"), "status.infeasible": ("no plan keeps the rules", "没有可行的计划"),
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

    def word(self, key: str) -> str:
        return _WORDS[key][self.lang == "zh"]

    def all(self) -> None:
        made = self.made
        self.plan()
        worth = {(each["entity"], each["year"]): Decimal(each["cny_t"]) for each in made["worth"]}
        self.sheet(
            "position", ("entity", "year", "deadline", "due", "low", "high", "have", "pledged", "credits", "cap", "gap", "fine_low", "fine_high", "worth"),
            [
                (
                    each["name"], each["year"], each["deadline"] + (f"（{self.word('expected')}）" if each["deadline_expected"] else ""),
                    each["due_t"], each["emissions"]["low_t"], each["emissions"]["high_t"], each["allowances_t"], each["pledged_t"],
                    each["credits_t"], each["cap_t"], each["gap_t"], *_fine(each), worth.get((each["entity"], each["year"])),
                )
                for each in made["positions"]
            ],
        )  # fmt: skip
        self.sheet(
            "holdings", ("entity", "unit", "id", "origin", "t", "pledged", "from", "not"),
            [
                (each["entity"], each["unit"], each["id"], each["origin"], each["t"], each["t"] if each["pledged"] else 0,
                 each["serves_from"], " ".join(one[self.lang] for one in each["why_not"]))
                for each in made["holdings"]
            ],
        )  # fmt: skip
        self.sheet(
            "futures", ("name", "probability", "cost", "year", "bought", "credits_bought", "offset", "sold"),
            [
                (each["name"], Decimal(each["probability"]), Decimal(each["cost_cny"]), year["year"], year["bought_t"],
                 year["credits_bought_t"], year["offset_t"], year["sold_t"])
                for each in made["scenarios"] for year in each["years"]
            ],
        )  # fmt: skip
        self.sheet(
            "alternatives", ("name", "cost", "more"),
            [(each["title"][self.lang], _decimal(each["cost_cny"]), _decimal(each["more_cny"])) for each in made["alternatives"]],
        )  # fmt: skip
        self.sheet(
            "calendar", ("day", "step", "year", "left", "mark"),
            [
                (each["day"] + (f"（{self.word('expected')}）" if each["expected"] else ""), each["title"][self.lang], each["year"],
                 each["days_left"], each["mark"])
                for each in made["calendar"]
            ],
        )  # fmt: skip
        self.sheet(
            "notes", ("kind", "id", "reason", "mend"),
            [
                (self.word(kind), each["path"], each["reason"][self.lang], each["mend"][self.lang])
                for kind, key in (("broken", "broken"), ("binding", "binding"), ("note", "notes")) for each in made[key]
            ],
        )  # fmt: skip

    def plan(self) -> None:
        made = self.made
        above = [made["title"], f"{made['as_of']}  {self.word('status.' + made['status'])}"]
        if made["sample"]:
            above.append(self.word("sample"))
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
            [each for each in above if each],
        )

    def sheet(self, name: str, heads: Sequence[str], rows: Sequence[Sequence[Any]], above: Sequence[str] = ()) -> None:
        sheet = self.book.add_worksheet(self.word(name))
        for at, text in enumerate(above):
            sheet.write_string(at, 0, text, self.forms["bold"])
        first = len(above) + bool(above)
        for column, head in enumerate(heads):
            sheet.write_string(first, column, self.word(head), self.forms["head"])
            sheet.set_column(column, column, {"why": 60, "step": 40, "reason": 60, "mend": 60, "not": 60}.get(head, 16))
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


def _fine(each: dict[str, Any]) -> tuple[Decimal | None, Decimal | None]:
    fine = each["fine"]
    return (None, None) if fine is None else (Decimal(fine["low_cny"]), Decimal(fine["high_cny"]))


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
