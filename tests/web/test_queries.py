"""A list asks the database as often for many rows as for few, and this often. A higher number here needs a reason."""

from datetime import date, time

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from hengtan.web.activities.models import Batch, PeriodLock
from hengtan.web.audit.models import Engagement
from hengtan.web.boundaries import services
from hengtan.web.collection.models import Request
from hengtan.web.compliance.models import CompliancePlan
from hengtan.web.jobs.services import enqueue
from hengtan.web.market.models import Allocation
from hengtan.web.notices.services import tell
from hengtan.web.organisations.roles import Role
from hengtan.web.organisations.services import invite
from hengtan.web.quality.models import Plan, ReportingEntity
from hengtan.web.reconciliation.models import Reconciliation
from hengtan.web.reporting.models import Report
from hengtan.web.sources.models import Source
from hengtan.web.webhooks.models import Endpoint

# session, person, membership, memberships of the switcher; then the rows
GOLDEN = {
    "": 9,
    "facilities/": 9,
    "units/": 7,
    "people/": 7,
    "denominators/": 5,
    "organisation.csv": 4,
    "data/": 7,
    "data/periods/": 5,
    "jobs/": 6,
    "webhooks/": 5,
    "sources/": 5,
    "notices/": 6,
    "collection/": 14,
    "collection/tasks/": 6,
    "evidence/": 10,
    "quality/": 7,
    "allowances/": 7,
    "three-views/": 7,
    "reports/": 8,
    "audit/": 8,
    "audit/history/": 6,
    "compliance/plans/": 8,
    "compliance/": 15,
}


def asked(client, address):
    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries), queries


@pytest.mark.parametrize("path", GOLDEN)
def test_a_list_costs_the_same_for_many_rows_and_never_more_than_before(company, path):
    client = company.client()
    few, _ = asked(client, company.url(path))
    for number in range(20):
        three = Reconciliation.objects.create(
            organisation=company.organisation, name=f"{number}", year=2024, run=company.run, record=company.reconciliation.record,
            created_by=company.people[Role.MANAGER].user,
        )  # fmt: skip
        three.statements.set([company.statement])
        Allocation.objects.create(
            organisation=company.organisation, name=f"{number}", year=2024, plan="p", file_name="f", digest="0" * 64,
            totals=dict.fromkeys(("final", "verified", "to_buy"), 1), statements=[{"key": company.statement.key}],
            created_by=company.people[Role.MANAGER].user,
        )  # fmt: skip
        CompliancePlan.objects.create(
            organisation=company.organisation, title="p", as_of=date(2026, 11, 20), years=[2025], digest="0" * 64,
            created_by=company.people[Role.MANAGER].user,
        )  # fmt: skip
        Report.objects.create(
            organisation=company.organisation, run=company.run, standard="ghgp", languages=["en"], formats=["html"],
            prepared_by=company.people[Role.MANAGER].user,
        )  # fmt: skip
        Engagement.objects.create(
            organisation=company.organisation, number=number + 2, name="e", run=company.run, level="limited", verifier="v",
            materiality_pct=5, performance_pct=60, confidence=95, seed="s", opened_by=company.people[Role.AUDITOR].user,
        )  # fmt: skip
        Batch.objects.create(
            organisation=company.organisation, name=f"b{number}", created_by=company.people[Role.MANAGER].user
        )
        enqueue(company.organisation, "tried.work", {}, company.people[Role.OWNER].user)
        PeriodLock.objects.create(
            organisation=company.organisation, first_month=date(2000 + number, 1, 1), last_month=date(2000 + number, 1, 1),
            closed_by=company.people[Role.MANAGER].user,
        )  # fmt: skip
        with transaction.atomic():
            tell(company.organisation, [company.people[Role.OWNER].user], "run.done", {"name": number}, "/")
        Source.objects.create(
            organisation=company.organisation, name=f"s{number}", connector="folder", at=time(6),
            run_by=company.people[Role.OWNER].user,
        )  # fmt: skip
        Endpoint.objects.create(
            organisation=company.organisation, url="https://x.example/", events=["run.done"], secret="",
            created_by=company.people[Role.OWNER].user,
        )  # fmt: skip
        plant = company.plant(f"more {number}")
        Request.objects.create(
            organisation=company.organisation, series=company.series, facility=plant, assignee=company.people[Role.OWNER].user,
            start=date(2025, 1, 1), end=date(2025, 1, 31), due=date(2025, 2, 10), remind_on=date(2025, 2, 7),
        )  # fmt: skip
        entity = ReportingEntity.objects.create(
            organisation=company.organisation,
            name=f"e{number}",
            method="cn-power-2022",
            created_by=company.people[Role.OWNER].user,
        )
        Plan.objects.create(
            organisation=company.organisation, entity=entity, version=1, year=2026, valid_from=date(2026, 1, 1),
            state="approved", created_by=company.people[Role.OWNER].user, submitted_by=company.people[Role.OWNER].user,
            decided_by=company.people[Role.MANAGER].user,
        )  # fmt: skip
        services.add_unit(company.organisation, f"unit {number}", parent=company.group, since=None)
        company.joins(Role.CONTRIBUTOR, f"c{number}").facilities.add(company.plants[0])
        invite(company.people[Role.OWNER], f"i{number}@example.com", "viewer")
    many, queries = asked(client, company.url(path))
    told = "\n".join(query["sql"] for query in queries)
    assert few == many, told
    assert many == GOLDEN[path], told
