"""What ``hengtan serve --demo`` shows of the Chinese rules: two companies that are invented and say so, from statement to allocation."""

from __future__ import annotations

from pathlib import Path

from django.db import transaction

from hengtan.web.market import services as market
from hengtan.web.market.models import Allocation, Kind
from hengtan.web.organisations.models import Membership

from . import services
from .models import Statement

YEAR = 2024
COMPANIES = (  # name, guideline, statement, units or lines, their year
    ("示例东方发电 Sample Power East（虚构 synthetic）", "cn-power-2022", "power.csv", "units.csv", 2024),
    ("示例钢铁 Sample Steel（虚构 synthetic）", "cn-steel-2024", "steel.csv", "lines.csv", 2025),
)


def make(owner: Membership, approver: Membership, examples: Path, which: int) -> None:
    """Statement entered by one, approved by the other, and an allocation; what is there already stays."""
    name, method, statement_file, units, year = COMPANIES[which]
    if Statement.objects.of(owner.organisation).exists():
        return
    with transaction.atomic():
        made = services.make(owner, name, method, YEAR, {"name": name, "boundary": "虚构示例 synthetic"})
        made.sample = True
        made.save(update_fields=["sample"])
        rows, _problems = services.from_file(made, examples / "sector" / statement_file, statement_file)
        made = services.fill(made, rows)
        services.submit(owner, made)
        services.decide(approver, made, approve=True, comment="")
        if not Allocation.objects.of(owner.organisation).exists():
            market.make(owner, f"示例 sample {year}", year, Kind.BENCHMARK, examples / "ets" / units, units)
