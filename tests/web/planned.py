"""A power company with an approved plan, made through the services as the pages make it."""

from datetime import date

from hengtan.web.organisations.roles import Role
from hengtan.web.quality import services
from hengtan.web.statements import services as statements
from sectors.plans import POWER

NAME = "甬江电力"
ROWS = (  # what a month gives: parameter, value, unit
    ("coal.conventional.amount", "9000", "t"), ("coal.conventional.c_ad", "0.5", "t C/t"), ("coal.conventional.m_ar", "12", "%"),
    ("coal.conventional.m_ad", "3", "%"), ("generation", "20000", "MWh"),
)  # fmt: skip


def draft(company, valid_from=date(2026, 1, 1), by=Role.MANAGER, name=NAME):
    """A version that lacks nothing and is not submitted."""
    plan = services.make(company.people[by], name, "cn-power-2022", valid_from.year, valid_from)
    return services.fill(plan, {**POWER, "entity": {**POWER["entity"], "name": name}})


def approved(company, **more):
    """It, submitted and approved by another."""
    plan = services.submit(company.people[Role.MANAGER], draft(company, **more))
    return services.decide(company.people[Role.APPROVER], plan, approve=True, comment="")


def stated(company, months=(1,), year=2026):
    """A statement with all key parameters of some months."""
    made = statements.make(company.people[Role.MANAGER], NAME, "cn-power-2022", year, {"name": NAME})
    return statements.fill(made, [[NAME, "", "Unit 1", name, str(month), value, unit, "measured", "meter"] for month in months for name, value, unit in ROWS])  # fmt: skip
