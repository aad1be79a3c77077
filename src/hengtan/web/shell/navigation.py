"""The side bar: the pages that exist and that this person may open."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hengtan.web.organisations.models import Membership
from hengtan.web.organisations.roles import Act


@dataclass(frozen=True, slots=True)
class Entry:
    """title as shown; pages: the names of addresses under which it is marked; tab: on the bottom bar of a phone."""

    title: str | Promise
    icon: str
    address: str
    pages: tuple[str, ...]
    act: Act = Act.READ
    tab: bool = True


@dataclass(frozen=True, slots=True)
class Link:
    """An entry for one organisation."""

    title: str | Promise
    icon: str
    href: str
    on: bool
    tab: bool


GROUPS: tuple[tuple[str | Promise, tuple[Entry, ...]], ...] = (
    (
        _("Account"),
        (
            Entry(_("Overview"), "home", "organisation", ("organisation",)),
            Entry(_("Inventory"), "layout-dashboard", "inventory", ("inventory", "run", "run-rows", "run-explain", "run-facilities", "run-problems", "run-compare")),
            Entry(_("Runs"), "calculator", "runs", ("runs", "run-new"), tab=False),
            Entry(_("Base year"), "calendar", "base-year", ("base-year", "base-year-policy", "base-year-choose", "base-year-restate"), Act.WHOLE, tab=False),
        ),
    ),
    (
        _("Data"),
        (
            Entry(_("Data collection"), "calendar-check", "collection", ("collection", "tasks", "request", "collection-new")),
            Entry(_("Activity data"), "database", "batches", ("batches", "import", "batch", "batch-columns", "entry", "batch-entry", "calendar", "batch-problems", "batch-submit", "batch-rows", "batch-evidence", "evidence", "periods")),
            Entry(_("Sources"), "table-import", "sources", ("sources", "source", "source-new", "source-edit", "source-run", "source-do", "source-issue"), Act.CONNECT, tab=False),
        ),
    ),
    (
        _("Factors and methods"),
        (
            Entry(_("Factor library"), "book-2", "library", ("library", "library-factor", "library-compare"), tab=False),
            Entry(_("Own factors"), "edit", "own-factors", ("own-factors", "own-factor", "own-factor-new", "own-factor-edit", "own-factors-import"), tab=False),
            Entry(_("Policy"), "arrows-diff", "policies", ("policies", "own-policy", "own-policy-new", "own-policy-edit"), tab=False),
            Entry(_("Calculation methods"), "math-function", "methods", ("methods", "method", "own-method", "own-method-new", "own-method-edit"), tab=False),
        ),
    ),
    (
        _("Chinese rules"),
        (
            Entry(_("Sector statements"), "file-text", "statements", ("statements", "statement", "statement-new", "statement-entry", "statement-compare", "statement-import"), tab=False),
            Entry(_("Quality plans"), "shield-check", "quality", ("quality", "quality-new", "quality-plan", "quality-plan-edit", "quality-plan-line", "quality-plan-revise", "quality-plan-changes", "quality-plan-statement"), tab=False),
            Entry(_("Monthly evidence"), "calendar-check", "evidence-months", ("evidence-months", "evidence-month", "deadlines"), tab=False),
            Entry(_("Allowance allocation"), "calculator", "allocations", ("allocations", "allocation", "allocation-new", "allocation-unit", "allocation-compare", "allocation-again", "allocation-from-statements"), Act.WHOLE, tab=False),
            Entry(_("Three boundaries"), "arrows-diff", "reconciliations", ("reconciliations", "reconciliation", "reconciliation-new", "statement-hand-over"), Act.WHOLE, tab=False),
            Entry(_("Rule library"), "book-2", "rules", ("rules", "guideline", "allocation-plan"), tab=False),
        ),
    ),
    (
        _("Prove"),
        (
            Entry(_("Reports"), "writing-sign", "reports", ("reports", "report", "report-new"), Act.WHOLE, tab=False),
            Entry(_("Audit room"), "shield-check", "engagements", ("engagements", "engagement", "engagement-new", "engagement-item", "engagement-questions", "engagement-close", "history"), Act.WHOLE, tab=False),
        ),
    ),
    (
        _("Operations"),
        (
            Entry(_("Carbon assets"), "scale", "compliance", ("compliance", "compliance-plans", "compliance-plan", "compliance-plan-new", "compliance-rules", "assets", "assets-queue", "assets-proposal", "assets-new", "assets-accounts", "assets-account", "assets-postings", "assets-posting", "assets-units", "assets-batch", "assets-results", "assets-import", "assets-reconciliation", "assets-quotes", "assets-certificates"), Act.WHOLE, tab=False),
        ),
    ),
    (
        _("Boundary"),
        (
            Entry(_("Facilities"), "building-factory-2", "facilities", ("facilities", "facility", "facility-new", "facility-edit", "facility-move", "facility-denominator")),
            Entry(_("Units"), "hierarchy-2", "units", ("units", "unit", "unit-new"), Act.WHOLE),
            Entry(_("Denominators"), "ruler-2", "denominators", ("denominators",), Act.WHOLE, tab=False),
        ),
    ),
    (
        _("Settings"),
        (
            Entry(_("People and roles"), "users", "people", ("people", "invite", "member", "invitation-resend")),
            Entry(_("Webhooks"), "send", "webhooks", ("webhooks", "webhook", "webhook-new", "webhook-edit", "webhook-do", "delivery"), Act.CONNECT, tab=False),
            Entry(_("API tokens"), "key", "tokens", ("tokens", "token-new", "token-revoke"), tab=False),
            Entry(_("Organisation"), "settings", "organisation-settings", ("organisation-settings",), Act.WHOLE),
        ),
    ),
)  # fmt: skip


def navigation(membership: Membership, page: str | None) -> list[tuple[str | Promise, list[Link]]]:
    """Groups that hold at least one page for this person."""
    key = membership.organisation.key
    groups = []
    for title, entries in GROUPS:
        links = [
            Link(entry.title, entry.icon, reverse(entry.address, kwargs={"key": key}), page in entry.pages, entry.tab)
            for entry in entries
            if membership.may(entry.act)
        ]
        if links:
            groups.append((title, links))
    return groups
