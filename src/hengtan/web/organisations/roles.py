"""Who may do what in an organisation."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Role(TextChoices):
    """One person has one role in an organisation."""

    OWNER = "owner", _("Owner")
    MANAGER = "manager", _("Manager")
    CONTRIBUTOR = "contributor", _("Contributor")
    APPROVER = "approver", _("Approver")
    AUDITOR = "auditor", _("Auditor")
    VIEWER = "viewer", _("Viewer")

    @property
    def says(self) -> str | Promise:
        """What the role may do, in a sentence."""
        return SAYS[self]


class Act(Enum):
    """What can be done."""

    READ = "read what is given to one"
    WHOLE = "read the whole organisation"
    ENTER = "enter data"
    APPROVE = "approve data"
    CALCULATE = "calculate, and choose the run that counts"
    REPORT = "prepare, issue and withdraw reports, choose the base year"
    AUDIT = "work in the audit room"
    BOUNDARY = "change units and facilities"
    ASSETS = "propose postings of carbon assets, take in quotes and statements"
    CONNECT = "connect other systems: sources and webhooks"
    PEOPLE = "invite people and give roles"
    SETTINGS = "change the organisation"


ALL = frozenset(Role)
MAY: Mapping[Act, frozenset[Role]] = {
    Act.READ: ALL,
    Act.WHOLE: ALL - {Role.CONTRIBUTOR},
    Act.ENTER: frozenset({Role.OWNER, Role.MANAGER, Role.CONTRIBUTOR}),
    Act.APPROVE: frozenset({Role.OWNER, Role.MANAGER, Role.APPROVER}),
    Act.CALCULATE: frozenset({Role.OWNER, Role.MANAGER}),
    Act.REPORT: frozenset({Role.OWNER, Role.MANAGER, Role.APPROVER}),
    Act.AUDIT: frozenset({Role.AUDITOR}),
    Act.BOUNDARY: frozenset({Role.OWNER, Role.MANAGER}),
    Act.ASSETS: frozenset({Role.OWNER, Role.MANAGER}),
    Act.CONNECT: frozenset({Role.OWNER, Role.MANAGER}),
    Act.PEOPLE: frozenset({Role.OWNER, Role.MANAGER}),
    Act.SETTINGS: frozenset({Role.OWNER}),
}
SAYS: Mapping[Role, str | Promise] = {
    Role.OWNER: _("Everything, the organisation itself included."),
    Role.MANAGER: _("Runs the inventory: facilities, people, data, approval."),
    Role.CONTRIBUTOR: _("Enters data for the facilities that are given to them, and sees only these."),
    Role.APPROVER: _("Approves or returns what others entered; issues reports that others prepared."),
    Role.AUDITOR: _("Reads everything of this organisation, writes in the audit room alone."),
    Role.VIEWER: _("Reads facilities and results."),
}


def may_give(giver: str, role: str) -> bool:
    """Only owners make owners, or unmake them."""
    return giver in MAY[Act.PEOPLE] and (role != Role.OWNER or giver == Role.OWNER)
