"""A tenant made through the services, as the pages make it."""

from datetime import date, time
from decimal import Decimal

from django.db import transaction
from django.test import Client

from hengtan.web.accounts.services import new_person
from hengtan.web.activities.models import Batch, Evidence, PeriodLock, Remembered, SourceFile, SourcePace, Typed
from hengtan.web.api import tokens
from hengtan.web.api.models import Answer
from hengtan.web.audit.models import Attachment, Engagement, Item, Package, Question, Reply, Verification
from hengtan.web.boundaries import services
from hengtan.web.boundaries.models import Denominator, Facility
from hengtan.web.collection.models import Reminder, Request, Series
from hengtan.web.compliance.models import Assigned, CompliancePlan
from hengtan.web.compliance.models import Reminder as ComplianceReminder
from hengtan.web.jobs.services import enqueue
from hengtan.web.library.models import OwnFactor, OwnMethod, OwnPolicy
from hengtan.web.market.models import Allocation
from hengtan.web.notices.services import tell
from hengtan.web.organisations.models import Membership, Organisation
from hengtan.web.organisations.roles import Role
from hengtan.web.organisations.services import invite
from hengtan.web.quality.models import Filing, MonthEvidence, MonthReminder, Plan, ReportingEntity
from hengtan.web.reconciliation.models import HandOver, Reconciliation, ReconciliationNote
from hengtan.web.reporting.models import About, BaseYear, RecalculationPolicy, Report, ReportFile, RetirementPaper
from hengtan.web.runs.models import Cube, Run, RunClaim
from hengtan.web.sealed import seal
from hengtan.web.sources.models import Issue, Meter, MeterReading, Source, SourceRun, Taken
from hengtan.web.statements.models import Statement
from hengtan.web.vault.models import Leaving, Quota
from hengtan.web.vault.services import keep_file, record
from hengtan.web.webhooks.models import Delivery, Endpoint
from hengtan.web.webhooks.services import purpose

PASSWORD = "bridge lantern copper 41"


class Company:
    """An organisation, its people by role, its units and facilities."""

    def __init__(self, name, mark, roles=tuple(Role)):
        self.mark = mark
        self.organisation = Organisation.objects.create(name=name, region="CN-33")
        self.people = {role: self.joins(role) for role in roles}
        self.group = services.add_unit(self.organisation, f"{mark} group", parent=None, since=None)
        self.division = services.add_unit(
            self.organisation, f"{mark} division", parent=self.group, since=date(2024, 1, 1)
        )
        self.plants = [self.plant(f"{mark} plant {number}") for number in (1, 2, 3)]
        self.invitation, self.token = invite(self.people[Role.OWNER], f"new@{mark}.example", Role.VIEWER)
        self.job = enqueue(self.organisation, "tried.work", {"whose": mark}, self.people[Role.OWNER].user)
        self.denominator = Denominator.objects.create(
            organisation=self.organisation, facility=self.plants[0], kind="output",
            start=date(2025, 1, 1), end=date(2025, 12, 31), value=8640, unit="t",
        )  # fmt: skip
        self.run = Run.objects.create(
            organisation=self.organisation, number=900, name="waits", created_by=self.people[Role.OWNER].user
        )
        Cube.objects.create(
            organisation=self.organisation, run=self.run, basis="-", scope=1, month="2025-01", rows=1, kg=1, nano=0, atto=0,
            biogenic_kg=0, biogenic_nano=0, biogenic_atto=0,
        )  # fmt: skip
        RunClaim.objects.create(
            organisation=self.organisation, run=self.run, posting=999_999, code=mark, kind="gec", numbers=mark, year=2025, beneficiary=mark,
            claimed_mwh=1, mwh=1,
        )  # fmt: skip
        owner = self.people[Role.OWNER].user
        self.batch = Batch.objects.create(organisation=self.organisation, name=f"{mark} bills", created_by=owner)
        self.file = SourceFile.objects.create(
            organisation=self.organisation, batch=self.batch, name=f"{mark}.csv", bytes=4,
            digest=keep_file(self.organisation, mark.encode()),
        )  # fmt: skip
        self.evidence = Evidence.objects.create(
            organisation=self.organisation, batch=self.batch, name=f"{mark}.pdf", bytes=4, kind="pdf", added_by=owner,
            digest=self.file.digest,
        )  # fmt: skip
        self.series = Series.objects.create(
            organisation=self.organisation, activity_type="electricity", unit="kWh", first=date(2025, 1, 1), made_by=owner
        )  # fmt: skip
        self.request = Request.objects.create(
            organisation=self.organisation, series=self.series, facility=self.plants[0], assignee=owner,
            start=date(2025, 1, 1), end=date(2025, 1, 31), due=date(2025, 2, 10), remind_on=date(2025, 2, 7),
        )  # fmt: skip
        Reminder.objects.create(organisation=self.organisation, request=self.request, kind="soon")
        SourcePace.objects.create(
            organisation=self.organisation, facility=f"{mark} plant 3", activity="electricity", pace="quarter", set_by=owner
        )  # fmt: skip
        Typed.objects.create(organisation=self.organisation, person=owner, batch=self.batch, rows=[[mark]])
        Quota.objects.create(organisation=self.organisation, gb=50, set_by=owner)
        Leaving.objects.create(organisation=self.organisation, digest="0" * 64, by=owner)
        self.lock = PeriodLock.objects.create(
            organisation=self.organisation, first_month=date(2019, 1, 1), last_month=date(2019, 12, 1), closed_by=owner
        )
        Remembered.objects.create(organisation=self.organisation, signature=mark)
        owner_only = {"organisation": self.organisation, "chosen_by": owner, "run": self.run}
        About.objects.create(organisation=self.organisation, fields={"name": name}, changed_by=owner)
        RecalculationPolicy.objects.create(organisation=self.organisation, threshold_pct=5, text=mark, set_by=owner)
        BaseYear.objects.create(**owner_only, reason=mark)
        self.report = Report.objects.create(
            organisation=self.organisation,
            run=self.run,
            standard="ghgp",
            languages=["en"],
            formats=["html"],
            prepared_by=owner,
        )
        self.report_file = ReportFile.objects.create(
            organisation=self.organisation, report=self.report, name=f"{mark}.html", format="html", language="en", bytes=4,
            digest=self.file.digest,
        )  # fmt: skip
        self.statement = Statement.objects.create(
            organisation=self.organisation, name=mark, method="cn-steel-2024", year=2024, created_by=owner
        )
        self.allocation = Allocation.objects.create(
            organisation=self.organisation, name=mark, year=2024, plan="power-2023-2024", file_name=f"{mark}.csv", digest="0" * 64,
            record={"plan": {"title": {"en": mark, "zh": mark}}, "units": []}, created_by=owner, statements=[{"key": self.statement.key}],
        )  # fmt: skip
        ComplianceReminder.objects.create(organisation=self.organisation, about="surrender:2025:7")
        self.compliance_plan = CompliancePlan.objects.create(
            organisation=self.organisation, title=mark, as_of=date(2026, 11, 20), years=[2025], created_by=owner,
            digest=keep_file(self.organisation, b'{"hengtan": "comply.input", "version": 1, "as_of": "2026-11-20", "title": "%s"}' % mark.encode()),
        )  # fmt: skip
        Assigned.objects.create(
            organisation=self.organisation, plan=self.compliance_plan, proposal=1, step="1:surrender", assigned_by=owner
        )
        self.entity = ReportingEntity.objects.create(
            organisation=self.organisation, name=mark, method="cn-power-2022", created_by=owner
        )
        whole = {"organisation": self.organisation, "entity": self.entity}
        self.quality_plan = Plan.objects.create(
            **whole, version=1, year=2026, valid_from="2026-01-01", created_by=owner
        )
        self.month_evidence = MonthEvidence.objects.create(
            **whole, month="2026-01-01", stands_for=[["", mark, "generation"]], name=f"{mark}.pdf", digest=self.file.digest,
            bytes=4, kind="pdf", added_by=owner,
        )  # fmt: skip
        Filing.objects.create(**whole, month="2026-01-01", filed_on="2026-02-05", made_by=owner)
        MonthReminder.objects.create(**whole, kind="soon", about="2026-01-01")
        views = dict.fromkeys(("ets", "enterprise", "inventory"), "0")
        self.reconciliation = Reconciliation.objects.create(
            organisation=self.organisation, name=mark, year=2024, run=self.run, created_by=owner,
            record={"totals": views, "steps": [], "lines": [], "covered": {}, "gwp_sets": {"inventory": "AR5"}},
        )  # fmt: skip
        self.reconciliation.statements.set([self.statement])
        ReconciliationNote.objects.create(
            organisation=self.organisation, reconciliation=self.reconciliation, line=mark, step=1, text=mark, by=owner
        )
        HandOver.objects.create(
            organisation=self.organisation, statement=self.statement, batch=self.batch, facility=mark, created_by=owner
        )
        proposed = {"organisation": self.organisation, "created_by": owner, "reason": f"{mark} reason"}
        self.own_factor = OwnFactor.objects.create(
            factor_id=f"{mark}-steam", cells={"factor_id": f"{mark}-steam"}, **proposed
        )
        self.own_policy = OwnPolicy.objects.create(body="extends: default\n", **proposed)
        self.own_method = OwnMethod.objects.create(method_id=f"{mark}-own", body="id: own\n", **proposed)
        of = {"organisation": self.organisation}
        self.engagement = Engagement.objects.create(
            **of, number=1, name=mark, run=self.run, level="limited", verifier=mark, materiality_pct=5, performance_pct=60,
            confidence=95, seed=mark, opened_by=owner,
        )  # fmt: skip
        self.item = Item.objects.create(
            **of, engagement=self.engagement, place=1, activity_id=mark, facility=mark, hits=1, book_kg="1"
        )
        self.attachment = Attachment.objects.create(
            **of, item=self.item, name=mark, digest=self.file.digest, bytes=4, added_by=owner
        )
        self.question = Question.objects.create(**of, engagement=self.engagement, text=mark, asked_by=owner)
        Reply.objects.create(**of, question=self.question, text=mark, said_by=owner)
        Verification.objects.create(**of, engagement=self.engagement, asked_by=owner)
        Package.objects.create(**of, engagement=self.engagement, asked_by=owner)
        self.token_row, self.token_text = tokens.make(self.people[Role.OWNER], f"{mark} program", ["read"], 90)
        Answer.objects.create(
            organisation=self.organisation, token=self.token_row, key="once", call="", status=200, body={"whose": mark}
        )
        self.endpoint = Endpoint.objects.create(
            organisation=self.organisation, url=f"https://{mark}.example/hook", events=["run.done"], is_on=False,
            secret=seal("whsec_", purpose(self.organisation)), created_by=owner,
        )  # fmt: skip
        self.delivery = Delivery.objects.create(
            organisation=self.organisation, endpoint=self.endpoint, message=f"msg_{mark}", event="run.done", body="{}",
            state="failed", due_at=self.lock.closed_at,
        )  # fmt: skip
        mine = {"organisation": self.organisation}
        self.source = Source.objects.create(
            **mine, name=f"{mark} meters", connector="folder", settings={"folder": "."}, at=time(6), run_by=owner
        )
        self.source_run = SourceRun.objects.create(**mine, source=self.source, dry=True, ended_at=self.lock.closed_at)
        Taken.objects.create(**mine, source=self.source, key=mark, digest="0", name=f"{mark}.csv", step="done")
        self.issue = Issue.objects.create(**mine, source=self.source, key=mark, name=mark, state="solved")
        meter = Meter.objects.create(**mine, source=self.source, name=mark)
        MeterReading.objects.create(**mine, meter=meter, at=self.lock.closed_at, value=1)
        with transaction.atomic():
            event = record(self.organisation, "company.made", {"name": name}, by=None)
            RetirementPaper.objects.create(
                organisation=self.organisation, posting=999_999, language="zh", form="pdf", digest=self.file.digest, bytes=4, event=event,
                issued_by=owner,
            )  # fmt: skip
            told = tell(self.organisation, [owner], "run.done", {"name": mark}, f"/o/{self.organisation.key}/runs/")
            self.notice = told[0]

    def joins(self, role, name=None):
        name = name or str(role.value)
        user = new_person(email=f"{name}@{self.mark}.example", name=f"{name.title()} {self.mark}", password=PASSWORD)
        return Membership.objects.create(organisation=self.organisation, user=user, role=role)

    def plant(self, name, unit=None, **more):
        facility = Facility(
            organisation=self.organisation, name=name, region="CN-33", floor_area_m2=Decimal("1200.5"), **more
        )
        return services.add_facility(
            facility, unit=unit or self.division, approach="operational_control", share_pct=Decimal(100), since=None
        )

    def client(self, role=Role.OWNER):
        client = Client()
        client.force_login(self.people[role].user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    def url(self, path=""):
        return f"/o/{self.organisation.key}/{path}"
