"""Bills of cloud providers, as they are exported: spend by month, account, region and service, or electricity of virtual machines.

All files of the folder together are summed, for a bill comes in parts. A month comes in when it is over, once; a bill that changed later is told.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

from hengtan.factors import find_region
from hengtan.problems import HengtanError, Problem

from . import folder
from .answers import choice, refuse, table, text
from .contract import CHOICE, LINES, Asked, Connector, Failed, Fetched, Field, Item, Settings

FINAL = timedelta(days=5)  # after the end of a month its bill is settled
SPEND, ELECTRICITY = "spend", "electricity"
TYPE = "spend.naics.518210"
Key = tuple[str, str, str, str, str]  # month, account, region, service, currency


@dataclass(frozen=True, slots=True)
class Form:
    """Columns by what they say; the first name that a file has, upper and lower case alike.

    left_out  values of ``kind`` that are no price of a service; cloud: how its regions begin; vcpu: of the machine, where the bill says it
    """

    cloud: str
    start: tuple[str, ...]
    account: tuple[str, ...]
    region: tuple[str, ...]
    service: tuple[str, ...]
    cost: tuple[str, ...]
    currency: tuple[str, ...]
    kind: tuple[str, ...] = ()
    left_out: frozenset[str] = frozenset()
    vcpu: tuple[str, ...] = ()
    usage: tuple[str, ...] = ()
    unit: tuple[str, ...] = ()


FORMS: Mapping[str, Form] = {
    "aws": Form(  # Cost and Usage Report, legacy and 2.0
        "AWS",
        ("line_item_usage_start_date", "lineitem/usagestartdate"),
        ("line_item_usage_account_id", "lineitem/usageaccountid"),
        ("product_region_code", "product/regioncode", "product_region", "product/region"),
        ("line_item_product_code", "lineitem/productcode"),
        ("line_item_unblended_cost", "lineitem/unblendedcost"),
        ("line_item_currency_code", "lineitem/currencycode"),
        ("line_item_line_item_type", "lineitem/lineitemtype"),
        frozenset({"tax", "credit"}),
        ("product_vcpu", "product/vcpu"),
        ("line_item_usage_amount", "lineitem/usageamount"),
        ("pricing_unit", "pricing/unit"),
    ),
    "azure": Form(  # cost and usage details: EA, MCA and pay as you go
        "AZURE",
        ("date", "usagedate"),
        ("subscriptionid", "subscriptionguid"),
        ("resourcelocation",),
        ("metercategory",),
        ("costinbillingcurrency", "cost", "pretaxcost"),
        ("billingcurrency", "billingcurrencycode", "currency"),
        ("chargetype",),
        frozenset({"tax"}),
    ),
    "gcp": Form(  # billing export to BigQuery, written as Parquet, or as CSV with flat names
        "GCP",
        ("usage_start_time",),
        ("project.id", "project_id"),
        ("location.region", "location_region"),
        ("service.description", "service_description"),
        ("cost",),
        ("currency",),
        ("cost_type",),
        frozenset({"tax"}),
    ),
    "focus": Form(  # FinOps Open Cost and Usage Specification, which all three export
        "",
        ("chargeperiodstart",),
        ("subaccountid",),
        ("regionid",),
        ("servicename",),
        ("billedcost",),
        ("billingcurrency",),
        ("chargecategory",),
        frozenset({"tax", "credit"}),
    ),
}
FIELDS = (
    *folder.FIELDS[:1],
    Field("pattern", {"en": "Files", "zh": "文件名"}, required=False, default="*.csv, *.csv.gz, *.parquet"),
    folder.FIELDS[2],
    Field(
        "what", {"en": "What comes of it", "zh": "生成内容"}, CHOICE, required=False, default=SPEND,
        choices={
            SPEND: {"en": "spend, for purchased services (3.1)", "zh": "支出金额，计入外购服务（3.1）"},
            ELECTRICITY: {"en": "electricity of virtual machines (AWS)", "zh": "虚拟机用电（AWS）"},
        },
    ),
    Field(
        "kwh_per_vcpu_hour", {"en": "kWh per vCPU hour", "zh": "每 vCPU 小时用电（kWh）"}, required=False,
        help={"en": "For electricity: the bill tells vCPU hours, not energy. Give a figure that you can stand for, with the data centre's overhead in it.", "zh": "用于用电量：账单只有 vCPU 小时，没有电量。请填写有依据的数值，并包含数据中心 PUE。"},
    ),
    Field("facility", {"en": "Facility", "zh": "设施"}, default="Cloud"),
    Field(
        "accounts", {"en": "Facilities of accounts", "zh": "账号对应的设施"}, LINES, required=False,
        help={"en": "A line each: account = facility. Others belong to the facility above.", "zh": "每行一个：账号 = 设施。其余账号归入上面的设施。"},
    ),
    Field(
        "price_index", {"en": "Price index", "zh": "价格指数"}, LINES, required=False,
        help={
            "en": "Factors of spend are of one price year. A line for each year of the bill, as 2025 = 0.917, 2022: the price level of 2022 over that of 2025.",
            "zh": "支出类因子对应某一价格年。账单的每个年份一行，例如 2025 = 0.917, 2022，即 2022 年与 2025 年价格水平之比。",
        },
    ),
)  # fmt: skip


def fetch(settings: Settings, asked: Asked) -> Iterator[Item]:
    """A file for each month that is over."""
    what = choice(settings, "what", (SPEND, ELECTRICITY))
    rate = _rate(settings) if what == ELECTRICITY else Decimal(0)
    found = folder.files({"pattern": "*.csv, *.csv.gz, *.parquet", **settings}, asked)
    mark = sha256("\n".join(sorted(mark for _path, mark in found)).encode()).hexdigest()
    today = asked.now.astimezone(asked.zone).date()
    if not found or asked.seen(f"bills/{today:%Y-%m}/{mark}"):
        return
    sums: dict[str, dict[Key, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    wrong = 0
    for path, _mark in found:
        try:
            name, rows = bill(path)
            _sum(FORMS[name], rows, sums[name], what, rate)
        except HengtanError as error:
            wrong += 1
            yield Failed(path.name, error.problems[0])
    if wrong:
        return  # a month whose bill is not whole does not come in
    for name, lines in sums.items():
        for month in sorted({key[0] for key in lines}):
            _first, last = _days(month)
            if today - last < FINAL:
                continue
            target = asked.work / f"{name}-{month}.csv"
            try:
                if _written(
                    target, name, {key: value for key, value in lines.items() if key[0] == month}, settings, what
                ):
                    yield Fetched(target.name, target, key=f"{name}/{what}/{month}", mark=f"bills/{today:%Y-%m}/{mark}")
            except HengtanError as error:
                yield Failed(target.name, error.problems[0])


def bill(path: Path) -> tuple[str, Iterator[dict[str, Any]]]:
    """The form of a bill, and its rows with names in lower case."""
    try:
        if path.suffix.lower() == ".parquet":
            file = pq.ParquetFile(path)
            names = [column.lower() for column in _flat(file.schema_arrow.empty_table()).column_names]
            tables: Iterator[pa.Table] = (
                _flat(pa.Table.from_batches([batch])) for batch in file.iter_batches(batch_size=20_000)
            )
        else:
            names, tables = _csv(path)
    except (pa.ArrowException, OSError, UnicodeDecodeError, IndexError, csv.Error) as fault:
        raise HengtanError(Problem("source.unreadable", values={"why": str(fault)[:200]})) from None
    forms = [name for name, form in FORMS.items() if _column(form.cost, names) and _column(form.start, names)]
    fitting = [name for name in forms if _column(FORMS[name].service, names)]
    if len(fitting) != 1:
        raise HengtanError(Problem("source.form"))
    return fitting[0], _rows(tables)


def _csv(path: Path) -> tuple[list[str], Iterator[pa.Table]]:
    stream = pa.input_stream(str(path), compression="gzip" if path.suffix.lower() == ".gz" else None)
    with pa.input_stream(str(path), compression="gzip" if path.suffix.lower() == ".gz" else None) as head:
        names = next(csv.reader([head.read(1 << 16).decode("utf-8-sig").splitlines()[0]]))
    reader = pc.open_csv(
        stream,
        convert_options=pc.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False),
        parse_options=pc.ParseOptions(newlines_in_values=True),
    )
    return [name.lower() for name in names], (pa.Table.from_batches([batch]) for batch in reader)


def _flat(found: pa.Table) -> pa.Table:
    """Structures as ``service.description``; lists are left out."""
    while any(pa.types.is_struct(column.type) for column in found.schema):
        found = found.flatten()
    kept = [
        column.name for column in found.schema if not pa.types.is_list(column.type) and not pa.types.is_map(column.type)
    ]
    return found.select(kept)


def _rows(tables: Iterator[pa.Table]) -> Iterator[dict[str, Any]]:
    wanted = {name for form in FORMS.values() for field in _names(form) for name in field}
    try:
        for found in tables:
            small = found.select([name for name in found.column_names if name.lower() in wanted])
            yield from small.rename_columns([name.lower() for name in small.column_names]).to_pylist()
    except pa.ArrowException as fault:
        raise HengtanError(Problem("source.unreadable", values={"why": str(fault)[:200]})) from None


def _names(form: Form) -> tuple[tuple[str, ...], ...]:
    return (
        form.start, form.account, form.region, form.service, form.cost, form.currency, form.kind, form.vcpu, form.usage, form.unit,
    )  # fmt: skip


def _column(names: tuple[str, ...], there: Any) -> str:
    return next((name for name in names if name in there), "")


def _sum(
    form: Form, rows: Iterator[dict[str, Any]], sums: dict[Key, Decimal], what: str, rate: Decimal
) -> None:  # fmt: skip
    columns: list[str] = []
    months: dict[Any, str] = {}
    for row in rows:
        if not columns:
            columns = [_column(names, row) for names in _names(form)]
            lacking = [form.vcpu, form.usage, form.unit] if what == ELECTRICITY else [form.currency]
            missing = [names[0] if names else "vCPU" for names in lacking if not _column(names, row)]
            if missing:
                raise HengtanError(Problem("source.columns", values={"columns": ", ".join(missing)}))
        start, account, region, service, cost, currency, kind, vcpu, usage, unit = (
            row.get(name) if name else "" for name in columns
        )
        if str(kind or "").lower() in form.left_out:
            continue
        if start not in months:
            months[start] = _month(start, columns[0])
        if what == ELECTRICITY:
            if not vcpu or str(unit or "").lower() not in ("hrs", "hours", "hour"):
                continue
            amount, currency = _number(vcpu, columns[7]) * _number(usage, columns[8]) * rate, ""
        else:
            amount = _number(cost, columns[4])
        sums[months[start], str(account or ""), str(region or ""), str(service or ""), str(currency or "")] += amount


def _month(value: Any, column: str) -> str:
    """``2025-01`` of ISO 8601, of 01/31/2025 (Azure, EA), or of a timestamp."""
    if isinstance(value, date):  # a datetime is one
        return f"{value:%Y-%m}"
    shown = str(value or "")
    found = re.match(r"(\d{4})-(\d\d)(?:-\d\d|$)", shown)
    american = re.fullmatch(r"(\d\d?)/\d\d?/(\d{4})", shown)
    year, month = (found[1], found[2]) if found else (american[2], american[1]) if american else ("", "0")
    if not 1 <= int(month) <= 12:
        raise HengtanError(Problem("source.cell", values={"column": column, "value": shown[:80]}))
    return f"{year}-{int(month):02}"


def _number(value: Any, column: str) -> Decimal:
    try:
        found = Decimal(str(value)) if value not in (None, "") else Decimal(0)
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite():
        raise HengtanError(Problem("source.cell", values={"column": column, "value": str(value)[:80]}))
    return found


def _days(month: str) -> tuple[date, date]:
    first = date.fromisoformat(f"{month}-01")
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


HEAD = (
    "activity_id", "facility", "activity_type", "start", "end", "quantity", "unit", "region", "supplier", "method", "price_index",
    "price_year", "account", "service",
)  # fmt: skip


def _written(target: Path, name: str, lines: Mapping[Key, Decimal], settings: Settings, what: str) -> int:
    """The rows of a month; how many."""
    accounts, index = table(settings, "accounts", 1), table(settings, "price_index", 2)
    count = 0
    with target.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(HEAD)
        for (month, account, region, service, currency), amount in sorted(lines.items()):
            if amount == 0:
                continue
            label = "-".join(part for part in (name, account, region, service, month) if part)
            if amount < 0:
                raise HengtanError(Problem("source.negative", values={"name": label, "value": f"{amount:f}"}))
            first, last = _days(month)
            known, place = index.get(month[:4], ("", "")), _region(FORMS[name].cloud, region)
            facility = accounts.get(account, (text(settings, "facility"),))[0]
            kind, unit = (TYPE, f"{currency}_{month[:4]}") if what == SPEND else ("cloud.electricity", "kWh")
            rest = ("spend", *known) if what == SPEND and known[0] else ("", "", "")
            key = sha256("\0".join((name, what, account, region, service, month, currency)).encode()).hexdigest()[:16]
            writer.writerow(
                (f"{name}-{month}-{key}", facility, kind, first, last, f"{amount:f}", unit, place, FORMS[name].cloud or name.upper(), *rest, account, service)
            )  # fmt: skip
            count += 1
    return count


def _region(cloud: str, region: str) -> str:
    """The code that factors know; nothing for what is none (global services), so that the facility's holds."""
    bare = region.strip().replace(" ", "").lower()
    tried = [f"{each}-{bare}" for each in ((cloud,) if cloud else ("AWS", "AZURE", "GCP"))] if bare else []
    found = next((place for place in map(find_region, tried) if place is not None), None)
    return found.code if found else ""


def _rate(settings: Settings) -> Decimal:
    try:
        rate = Decimal(settings.get("kwh_per_vcpu_hour", "").strip() or "0")
    except InvalidOperation:
        rate = Decimal(0)
    if not rate.is_finite() or not 0 < rate < 10:
        refuse("kwh_per_vcpu_hour", "give a number between 0 and 10", "请填写 0 到 10 之间的数字")
    return rate


CONNECTOR = Connector(
    title={"en": "Bills of cloud providers", "zh": "云服务账单"},
    note={
        "en": "Exports of AWS (CUR), Azure, Google Cloud or FOCUS in a folder: spend or electricity by month, account and service.",
        "zh": "读取文件夹中的 AWS（CUR）、Azure、Google Cloud 或 FOCUS 账单导出：按月、账号和服务生成支出或用电数据。",
    },
    fields=FIELDS,
    fetch=fetch,
    scheme="file",
)
