"""A book of carbon assets for a tenant of the tests: a row in each of its tables, by the steps that people take."""

from datetime import date

from django.db import connection

from hengtan.market.book.decide import Account
from hengtan.market.book.quote import Quote
from hengtan.market.book.registry import StatementLine
from hengtan.web.assets import models, services
from hengtan.web.jobs.models import Job, State
from hengtan.web.organisations.roles import Role
from hengtan.web.vault.models import Outbox


def post(company, kind, *, by=Role.MANAGER, approver=Role.APPROVER, day="2026-10-08", **fields):
    """The posting of an event that one proposed and another approved."""
    told = {"kind": kind, "day": day, **{name: str(value) for name, value in fields.items()}}
    proposal = services.propose(company.people[by], told)
    return services.approve(company.people[approver], proposal.id)


def opens_a_book(company):
    """Two accounts, allowances, a claimed certificate, something that waits, quotes, a statement with a break that is closed."""
    manager, mark = company.people[Role.MANAGER], company.mark
    for key, entity in ((f"{mark}-A", f"{mark} power"), (f"{mark}-B", f"{mark} heat")):
        services.open_account(manager, Account(key, entity, "CRS", f"{mark}-{key}"))
    account = f"{mark}-A"
    post(company, "allocate", account=account, instrument="CEA25", quantity=1000)
    certificate = {"instrument": f"GEC-{mark}", "instrument_kind": "gec", "produced_on": "2026-03"}
    post(company, "buy", account=account, serials=f"{mark}:1-50", way="otc", amount="250.00", **certificate)
    post(
        company, "retire", account=account, instrument=f"GEC-{mark}", quantity=20, purpose="scope2",
        beneficiary=f"{mark} power", year=2026,
    )  # fmt: skip
    services.propose(
        manager,
        {
            "kind": "transfer",
            "day": "2026-10-09",
            "account": account,
            "to_account": f"{mark}-B",
            "instrument": "CEA25",
            "quantity": "10",
        },
    )
    services.add_quotes(manager, [Quote("CEA", date(2026, 10, 8), 9740, source=mark)], mark)
    number, _breaks, _new = services.add_statement(
        manager, account, date(2026, 10, 8), [StatementLine(2, "CEA25", 900)], f"{mark}.csv"
    )
    found = models.Break.objects.of(company.organisation).filter(statement_id=number)
    services.close_break(manager, found.first().pk, f"{mark} reason")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO book_entry (organisation_id, posting, salt, commitment, entry) VALUES (%s, 1, '', %s, '')",
            (company.organisation.pk, mark),
        )
    person = company.people[Role.OWNER].user
    company.decided_job = Job.objects.create(
        organisation=company.organisation, kind="assets.decide", state=State.DONE, created_by=person
    )
    company.intake = models.Intake.objects.create(
        organisation=company.organisation,
        name=f"{mark} trades.csv",
        what="trades",
        digest=mark,
        state="wrong",
        created_by=person,
    )
    company.posting = models.Posting.objects.of(company.organisation).get(number=1)
    company.proposal = models.Proposal.objects.of(company.organisation).order_by("pk").last()
    company.book_batch = models.Batch.objects.of(company.organisation).get(number=1)
    company.book_account = models.Account.objects.of(company.organisation).get(key=account)
    company.broken = models.Break.objects.of(company.organisation).order_by("pk").last()
    company.book_statement = models.Statement.objects.of(company.organisation).get()
    assert Outbox.objects.of(company.organisation).filter(kind="assets.posted").count() == 3
    return company
