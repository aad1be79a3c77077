"""Nobody finds anything of another tenant, at any address."""

import pytest
from django.urls import URLPattern, get_resolver, reverse

from hengtan.web.activities.models import Batch, Evidence, PeriodLock, Remembered, SourceFile, SourcePace, Typed
from hengtan.web.api.models import Answer, Token
from hengtan.web.assets import models as assets
from hengtan.web.audit.models import Attachment, Engagement, Item, Package, Question, Reply, Verification
from hengtan.web.boundaries.models import Denominator, Facility, FacilityPlace, Unit, UnitPlace
from hengtan.web.collection.models import Reminder, Request, Series
from hengtan.web.compliance.models import Assigned, CompliancePlan
from hengtan.web.compliance.models import Reminder as ComplianceReminder
from hengtan.web.jobs.models import Job
from hengtan.web.library.models import OwnFactor, OwnMethod, OwnPolicy
from hengtan.web.market.models import Allocation
from hengtan.web.notices.models import Notice
from hengtan.web.organisations.models import Invitation, Membership, Organisation
from hengtan.web.organisations.roles import MAY, Act, Role
from hengtan.web.quality.models import Filing, MonthEvidence, MonthReminder, Plan, ReportingEntity
from hengtan.web.reconciliation.models import HandOver, Reconciliation, ReconciliationNote
from hengtan.web.reporting.models import About, BaseYear, RecalculationPolicy, Report, ReportFile, RetirementPaper
from hengtan.web.runs.models import Cube, Run, RunClaim
from hengtan.web.sources.models import Issue, Meter, MeterReading, Source, SourceRun, Taken
from hengtan.web.statements.models import Statement
from hengtan.web.vault.models import Leaving, Outbox, Quota
from hengtan.web.webhooks.models import Delivery, Endpoint

from .booked import opens_a_book

KINDS = (
    About,
    Allocation,
    Answer,
    BaseYear,
    Attachment,
    Batch,
    Assigned,
    CompliancePlan,
    Cube,
    Delivery,
    Denominator,
    Endpoint,
    Engagement,
    Evidence,
    Facility,
    FacilityPlace,
    Filing,
    HandOver,
    Invitation,
    Issue,
    Item,
    Job,
    Membership,
    Meter,
    MeterReading,
    MonthEvidence,
    MonthReminder,
    ComplianceReminder,
    Notice,
    Organisation,
    Leaving,
    Outbox,
    Quota,
    OwnFactor,
    OwnMethod,
    OwnPolicy,
    Package,
    PeriodLock,
    Plan,
    Question,
    RecalculationPolicy,
    Reconciliation,
    ReconciliationNote,
    Remembered,
    Reminder,
    Request,
    Series,
    SourcePace,
    Reply,
    RetirementPaper,
    RunClaim,
    Report,
    ReportFile,
    ReportingEntity,
    Run,
    Source,
    SourceFile,
    SourceRun,
    Statement,
    Taken,
    Token,
    Typed,
    Unit,
    UnitPlace,
    Verification,
)

BOOK = (
    assets.Account, assets.Batch, assets.Break, assets.Claim, assets.Closing, assets.Decision, assets.FolderEntry, assets.Head, assets.Intake, assets.Line,
    assets.Logged, assets.Lot, assets.Money, assets.Posting, assets.Proposal, assets.Quote, assets.Statement,
)  # fmt: skip


@pytest.fixture
def company(company):
    return opens_a_book(company)


@pytest.fixture
def stranger(stranger):
    return opens_a_book(stranger)


BATCH_PAGES = (
    "batch", "batch-decide", "batch-discard", "batch-rows", "batch-columns", "batch-problems", "batch-fix", "batch-submit",
    "batch-workbook", "batch-entry", "batch-evidence",
)  # fmt: skip
STATEMENT_PAGES = (
    "statement", "statement-entry", "statement-file", "statement-submit", "statement-decide", "statement-download", "statement-form",
    "statement-compare", "statement-hand-over", "statement-original",
)  # fmt: skip
PLAN_PAGES = (
    "quality-plan", "quality-plan-edit", "quality-plan-line", "quality-plan-lines", "quality-plan-submit", "quality-plan-decide",
    "quality-plan-revise", "quality-plan-changes", "quality-plan-statement", "quality-plan-download",
)  # fmt: skip
COMPLIANCE_PAGES = (
    "compliance-plan", "compliance-plan-submit", "compliance-plan-decide", "compliance-plan-file", "compliance-plan-propose", "compliance-plan-assign",
    "compliance-plan-before", "compliance-plan-file-before", "compliance-plan-input",
)  # fmt: skip
MONTH_PAGES = ("evidence-month", "evidence-filing", "evidence-assign")
RUN_PAGES = (
    "run", "run-choose", "run-file", "run-facilities", "run-rows", "run-problems", "run-explain", "run-compare", "run-hot",
)  # fmt: skip
AUDIT_PAGES = (
    "engagement", "engagement-questions", "engagement-close", "engagement-verify", "engagement-package",
)  # fmt: skip
REPORT_PAGES = ("report", "report-preview", "report-issue", "report-return", "report-withdraw", "report-files")


OWN_POLICY_PAGES = ("own-policy", "own-policy-edit", "own-policy-decide", "own-policy-file")
OWN_METHOD_PAGES = ("own-method", "own-method-edit", "own-method-decide", "own-method-file")
OWN_FACTOR_PAGES = ("own-factor", "own-factor-edit", "own-factor-decide", "own-factor-document")


def tenant_addresses():
    """Every address that holds the key of an organisation: name, and whether it takes an id."""
    found = []

    def walk(patterns):
        for pattern in patterns:
            if isinstance(pattern, URLPattern):
                names = set(pattern.pattern.converters)
                if "key" in names:
                    found.append((pattern.name, names - {"key"}))
            elif pattern.namespace != "api-1":  # tests/web/test_api.py walks that
                walk(pattern.url_patterns)

    walk(get_resolver().url_patterns)
    return found


def ids(company):
    """For each address with an id: an id of this company that would be found there."""
    if not hasattr(company, "posting"):
        opens_a_book(company)
    member = company.people[Role.VIEWER].pk
    plant, unit = company.plants[0].pk, company.group.pk
    return {
        "facility": plant, "facility-edit": plant, "facility-move": plant, "facility-denominator": plant,
        "unit": unit, "member": member,
        "job": company.job.pk, "job-retry": company.job.pk, "job-cancel": company.job.pk,
        "source-file": company.file.pk, "period-open": company.lock.pk,
        "token-revoke": company.token_row.pk,
        "notice": company.notice.pk,
        **dict.fromkeys(("request", "request-check", "request-act"), company.request.pk), "series-end": company.series.pk,
        **dict.fromkeys(("evidence", "evidence-file", "evidence-withdraw"), company.evidence.pk),
        **dict.fromkeys(BATCH_PAGES, company.batch.pk),
        **dict.fromkeys(RUN_PAGES, company.run.pk),
        **dict.fromkeys(AUDIT_PAGES, company.engagement.pk), "engagement-item": company.item.pk,
        "engagement-answer": company.question.pk, "engagement-attachment": company.attachment.pk,
        **dict.fromkeys(REPORT_PAGES, company.report.pk), "report-file": company.report_file.pk,
        **dict.fromkeys(("source", "source-edit", "source-do"), company.source.pk), "source-run": company.source_run.pk,
        "source-issue": company.issue.pk,
        **dict.fromkeys(("webhook", "webhook-edit", "webhook-do"), company.endpoint.pk), "delivery": company.delivery.pk,
        **dict.fromkeys(COMPLIANCE_PAGES, company.compliance_plan.pk),
        **dict.fromkeys(("allocation", "allocation-unit", "allocation-compare", "allocation-again"), company.allocation.pk),
        **dict.fromkeys(STATEMENT_PAGES, company.statement.pk),
        **dict.fromkeys(PLAN_PAGES, company.quality_plan.pk),
        **dict.fromkeys(MONTH_PAGES, company.entity.pk),
        **dict.fromkeys(("month-evidence-file", "month-evidence-withdraw"), company.month_evidence.pk),
        **dict.fromkeys(("reconciliation", "reconciliation-say", "reconciliation-sign"), company.reconciliation.pk),
        **dict.fromkeys(OWN_FACTOR_PAGES, company.own_factor.pk),
        **dict.fromkeys(OWN_POLICY_PAGES, company.own_policy.pk),
        **dict.fromkeys(OWN_METHOD_PAGES, company.own_method.pk),
        **dict.fromkeys(("assets-posting", "assets-reverse", "assets-proof", "assets-retirement", "assets-retirement-issue", "assets-retirement-file"), company.posting.pk),
        **dict.fromkeys(("assets-proposal", "assets-decide"), company.proposal.pk),
        "assets-decided": company.decided_job.pk, **dict.fromkeys(("assets-intake", "assets-intake-act"), company.intake.pk),
        "assets-account": company.book_account.pk, "assets-batch": company.book_batch.pk, "assets-break-close": company.broken.pk,
        "invitation-resend": company.invitation.pk, "invitation-revoke": company.invitation.pk,
    }  # fmt: skip


def test_every_address_with_an_id_is_walked(company):
    assert {name for name, rest in tenant_addresses() if rest} == set(ids(company))


@pytest.mark.parametrize("method", ["get", "post"])
def test_an_address_of_another_tenant_is_not_there(company, stranger, method):
    client = company.client()
    for name, rest in tenant_addresses():
        more = {"pk": ids(stranger)[name]} if rest else {}
        address = reverse(name, kwargs={"key": stranger.organisation.key, **more})
        assert getattr(client, method)(address).status_code == 404, (name, address)


@pytest.mark.parametrize("method", ["get", "post"])
def test_an_id_of_another_tenant_under_the_own_address_is_not_there(company, stranger, method):
    client = company.client()
    for name, theirs in ids(stranger).items():
        address = reverse(name, kwargs={"key": company.organisation.key, "pk": theirs})
        assert getattr(client, method)(address).status_code == 404, (name, address)
    stranger.invitation.refresh_from_db()
    assert stranger.invitation.is_open


def test_the_same_addresses_with_own_ids_are_there(company):
    client = company.client()
    for name, rest in tenant_addresses():
        more = {"pk": ids(company)[name]} if rest else {}
        answer = client.get(reverse(name, kwargs={"key": company.organisation.key, **more}))
        assert answer.status_code in (200, 302), name


def test_no_page_shows_a_word_of_another_tenant(company, stranger):
    client = company.client()
    for name, rest in tenant_addresses():
        more = {"pk": ids(company)[name]} if rest else {}
        answer = client.get(reverse(name, kwargs={"key": company.organisation.key, **more}))
        text = answer.content.decode("utf-8", "replace").lower()
        assert "maple" not in text, name


def test_who_is_not_signed_in_is_sent_to_the_door(client, company):
    for name, rest in tenant_addresses():
        more = {"pk": ids(company)[name]} if rest else {}
        answer = client.get(reverse(name, kwargs={"key": company.organisation.key, **more}))
        assert answer.status_code == 302, name
        assert answer["Location"].startswith("/account/login/"), name


def test_rows_of_every_kind_are_visible_to_their_people_alone(company, stranger):
    owner = company.people[Role.OWNER].user
    for kind in (*KINDS, *BOOK):
        seen = set(kind.objects.visible_to(owner).values_list("pk", flat=True))
        if kind is Organisation:
            assert seen == {company.organisation.pk}
            continue
        here = kind.objects.filter(organisation=company.organisation)
        ours = here.filter(person=owner) if kind is Notice else here  # those of colleagues are theirs
        assert seen == set(ours.values_list("pk", flat=True)), kind
        assert ours, kind


def test_who_left_sees_nothing_any_more(company):
    viewer = company.people[Role.VIEWER]
    client = company.client(Role.VIEWER)
    assert client.get(company.url()).status_code == 200
    company.client().post(company.url(f"people/{viewer.pk}/"), {"end": "1", "role": "viewer"})
    assert client.get(company.url()).status_code == 404
    for kind in (*KINDS, *BOOK):
        assert not kind.objects.visible_to(viewer.user).exists()


def test_a_contributor_sees_the_facilities_that_are_given_and_no_others(company):
    given, other, _ = company.plants
    company.people[Role.CONTRIBUTOR].facilities.add(given)
    client = company.client(Role.CONTRIBUTOR)
    page = client.get(company.url("facilities/")).content.decode()
    assert given.name in page
    assert other.name not in page
    assert client.get(company.url(f"facilities/{given.pk}/")).status_code == 200
    assert client.get(company.url(f"facilities/{other.pk}/")).status_code == 404
    assert other.name not in client.get(company.url("organisation.csv")).content.decode()
    assert client.get(company.url("units/")).status_code == 403


@pytest.mark.parametrize("role", list(Role))
def test_a_role_does_what_the_table_says_and_nothing_else(company, role):
    client = company.client(role)
    wanted = {
        ("facilities/new/", "get"): Act.BOUNDARY,
        (f"facilities/{company.plants[0].pk}/edit/", "get"): Act.BOUNDARY,
        ("units/new/", "get"): Act.BOUNDARY,
        ("runs/new/", "get"): Act.CALCULATE,
        (f"runs/{company.run.pk}/choose/", "post"): Act.CALCULATE,
        (f"runs/{company.run.pk}/problems/", "get"): Act.WHOLE,
        (f"runs/{company.run.pk}/file/?name=run.json", "get"): Act.WHOLE,
        ("denominators/", "post"): Act.BOUNDARY,
        ("data/import/", "get"): Act.ENTER,
        ("data/workbook/", "get"): Act.ENTER,
        ("data/entry/", "get"): Act.ENTER,
        (f"data/{company.batch.pk}/submit/", "post"): Act.ENTER,
        (f"data/{company.batch.pk}/fix/", "post"): Act.ENTER,
        ("data/periods/", "post"): Act.BOUNDARY,
        ("people/invite/", "get"): Act.PEOPLE,
        ("settings/", "post"): Act.SETTINGS,
        ("webhooks/new/", "get"): Act.CONNECT,
        ("sources/new/", "get"): Act.CONNECT,
        (f"sources/{company.source.pk}/do/", "post"): Act.CONNECT,
        (f"webhooks/{company.endpoint.pk}/do/", "post"): Act.CONNECT,
    }
    company.people[Role.CONTRIBUTOR].facilities.add(company.plants[0])
    for (path, method), act in wanted.items():
        status = getattr(client, method)(company.url(path)).status_code
        assert (status == 403) == (role not in MAY[act]), (role, path, status)
