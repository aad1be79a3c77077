"""What ``hengtan serve --demo`` shows of quality plans and months: invented companies, two versions of a plan, a month that was late."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone

from hengtan.sectors.quality import Facility, Line, Want, body, wanted
from hengtan.sectors.quality.check import months_after
from hengtan.web.activities.evidence import Attached
from hengtan.web.organisations.models import Membership
from hengtan.web.statements import services as statements
from hengtan.web.statements.models import State, Statement
from hengtan.web.vault.services import keep_file

from . import evidence, services
from .models import Plan, ReportingEntity
from .months import standing

MONTHS = 5  # that have ended
CODE = "91000000MA0000000N"  # of no region: nobody has it
SAYS = "虚构示例 synthetic"
METERS = {  # by the last part of the parameter: kind, name, model, accuracy, how, how often
    "amount": ("belt_scale", "皮带秤 belt scale", "ICS-17A", "0.5", "入炉煤皮带秤逐班累计 belt scale, summed by shift", "连续 continuous"),
    "generation": ("electricity", "关口电能表 electricity meter", "DSZ-331", "0.2S", "发电机出口电能表 meter at the generator", "连续 continuous"),
    "own_use": ("electricity", "厂用电表 electricity meter", "DSZ-331", "0.5S", "厂用变电能表 meters of own use", "连续 continuous"),
    "heat_supplied": ("heat", "热量表 heat meter", "UHM-50", "2.0", "供热出口热量表 meter at the outlet", "连续 continuous"),
    "running_hours": ("other", "DCS 运行记录 operating log", "DCS", "—", "机组运行日志 operating log of the unit", "连续 continuous"),
}  # fmt: skip
WEIGHED = (
    "weighbridge",
    "轨道衡 rail weighbridge",
    "GCU-150",
    "0.5",
    "进厂轨道衡按批计量 weighed by consignment",
    "每批 each consignment",
)
LABORATORY = {
    "sampling": "commissioned", "laboratory": "示例检测有限公司 Sample Testing", "accreditation": "CMA", "standard": "GB/T 476, GB/T 211, GB/T 212",
    "how": "月度缩分综合样，委托检测 composite sample of the month", "measured_every": "每月 monthly", "recorded_every": "每月 monthly",
    "department": "化学部 laboratory", "missing": "按指南缺省值核算 the guideline's value",
}  # fmt: skip


def furnish(owner: Membership, approver: Membership) -> None:
    """Plan, its revision, and the last months of the company whose statement is there; what is there already stays."""
    statement = (
        Statement.objects.of(owner.organisation).filter(sample=True, state=State.APPROVED).order_by("pk").first()
    )
    if statement is None or ReportingEntity.objects.of(owner.organisation).exists():
        return
    today = timezone.localdate()
    months = [_before(today, back) for back in range(MONTHS, 0, -1)]
    with transaction.atomic():
        first = months[0]
        plan = services.make(owner, statement.name, statement.method, first.year, first, statement)
        ReportingEntity.objects.filter(pk=plan.entity_id).update(sample=True)
        plan.entity.refresh_from_db()
        services.fill(plan, _filled(plan, today))
        _through(owner, approver, plan)
        second = services.revise(
            owner, plan, "instrument", "更换计量设备 the scale was replaced", today.year, months[-2]
        )
        content = services.content(second)
        worn = next(at for at, each in enumerate(content.lines) if each.meter in ("belt_scale", "weighbridge"))
        lines = [
            replace(each, serial=f"{each.serial}-2") if at == worn else each for at, each in enumerate(content.lines)
        ]
        services.fill(second, body(replace(content, lines=tuple(lines))))
        _through(owner, approver, second)
        for year in sorted({each.year for each in months}):
            _stated(owner, statement, year, [each.month for each in months if each.year == year])
        for at, month in enumerate(months):
            _evidence(owner, plan.entity, month, today, late=at == 1, last=at == len(months) - 1)


def _before(today: date, back: int) -> date:
    at = today.year * 12 + today.month - 1 - back
    return date(at // 12, at % 12 + 1, 1)


def _through(owner: Membership, approver: Membership, plan: Plan) -> None:
    services.submit(owner, plan)
    services.decide(approver, plan, approve=True, comment="")


def _filled(plan: Plan, today: date) -> dict[str, object]:
    """The draft with everything that the guideline asks for."""
    content = services.content(plan)
    entity = {**content.entity, "credit_code": CODE, "registry": "示例账户 0001", "legal_representative": "示例", "industry": "示例 sample",
              "address": "示例市示例路 1 号", "contact": "示例 张工", "products": "示例 sample", "technology": "示例 sample"}  # fmt: skip
    facilities = [
        replace(
            each,
            kind="机组 unit" if each.unit_name else "工序 process",
            number=f"{at:03}",
            place="主厂房 main building",
        )
        for at, each in enumerate(content.facilities, 1)
    ]
    whole = replace(
        content, entity=entity, boundary=SAYS, facilities=tuple(facilities or [Facility(kind="企业整体 the whole", number="001")]),
        lines=tuple(_line(each, at, today) for at, each in enumerate(content.lines, 1)),
        management={"making": "安环部编制，生产副总审批 made by the environmental office", "people": "示例 张工（编制）、李工（复核）",
                    "assessment": "每半年内部评估 assessed every half year", "archiving": "电子与纸质同存，保存 5 年以上 kept for more than five years"},
    )  # fmt: skip
    return body(whole)


def _line(line: Line, at: int, today: date) -> Line:
    short = line.parameter.rpartition(".")[2]
    told = replace(line, description=SAYS, department="安环部 environmental office", how="核算指南 the guideline")
    if line.obtained in ("default", "design"):
        return told
    told = replace(told, recorded_every="每班 each shift", missing="取前后时段较大值 the larger of neighbouring values")
    if line.obtained == "calculated":
        return replace(told, how="按指南公式 by the guideline's equation")
    told = replace(told, obtained="measured")
    if short in ("c_ad", "c_ar", "m_ar", "m_ad", "ncv"):
        return replace(told, **LABORATORY)
    coal = short == "amount" and line.parameter.startswith("coal.")
    meter, name, model, accuracy, how, often = (
        METERS[short] if short in METERS and (short != "amount" or coal) else WEIGHED
    )
    last = today - timedelta(days=345 if at == 1 else 60 + 7 * at)
    return replace(told, meter=meter, instrument=name, model=model, serial=f"S-{at:03}", location="示例 sample", accuracy=accuracy,
                   interval_months="12", calibrated_on=last.isoformat(), how=how, measured_every=often)  # fmt: skip


def _stated(owner: Membership, model: Statement, year: int, months: list[int]) -> None:
    """A draft of the year with the values of the example for these months; those of the whole year in twelfths."""
    made = statements.make(owner, model.name, model.method, year, model.about)
    Statement.objects.filter(pk=made.pk).update(sample=True)
    rows = [row for row in model.rows if row[4] and int(row[4]) in months]
    for row in model.rows:
        if not row[4] and row[7] == "measured":
            rows += [[*row[:4], str(month), f"{float(row[5]) / 12:.2f}", *row[6:]] for month in months]
    statements.fill(made, [*rows, *(row for row in model.rows if not row[4] and row[7] != "measured")])


def _evidence(owner: Membership, entity: ReportingEntity, month: date, today: date, *, late: bool, last: bool) -> None:
    """Files for the month: all of it and its filing, four days late for one; of the last month half of it."""
    row = standing(entity.organisation, [entity], [month], today)[entity.pk][0]
    if row.plan is None:
        return
    wants = wanted(services.content(row.plan), services.method_of(entity), month)
    for at, part in enumerate((wants[::2], wants[1::2])):
        if part and not (last and at):
            _file(owner, entity, month, part, f"存证_{month:%Y-%m}_{at + 1}.csv")
    if last or row.month.due is None:
        return
    due = row.month.due.day
    filed = min(today, due + timedelta(days=4) if late else due - timedelta(days=9))
    if filed > months_after(month, 1):
        evidence.file(entity, month, owner, filed, "示例回执 sample")


def _file(owner: Membership, entity: ReportingEntity, month: date, wants: list[Want], name: str) -> None:
    lines = [f"{SAYS},{month:%Y-%m}", *(f"{each.where},{each.parameter}" for each in wants)]
    data = "\n".join(lines).encode("utf-8-sig")
    given = Attached(name, keep_file(entity.organisation, data), len(data), "csv")
    evidence.attach(entity, month, owner, [given], wants)
