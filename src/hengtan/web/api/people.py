"""People, invitations, and what an organisation says of itself."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.db import transaction
from django.forms.models import model_to_dict
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router, Schema
from pydantic import Field

from hengtan.web.organisations import services
from hengtan.web.organisations.forms import InvitationForm, MembershipForm, OrganisationForm
from hengtan.web.organisations.models import Invitation, Membership, Organisation
from hengtan.web.organisations.people import link_of
from hengtan.web.organisations.roles import Act

from .boundary import _shown, checked
from .door import Call, need
from .wire import PAGING, REFUSED, WRITES, Page, Paging, once, page

router = Router(tags=["People"])


class PersonOut(Schema):
    """Somebody who belongs here; ``facilities``: ids of those whose data a contributor enters."""

    id: int
    name: str
    email: str
    role: str
    facilities: list[int]
    since: datetime


class RoleIn(Schema):
    """Another role; ``facilities`` count for contributors alone."""

    role: str = Field(examples=["contributor"])
    facilities: list[Annotated[int, Field(ge=1, lt=2**63)]] = Field([], max_length=10_000)


class InvitationIn(RoleIn):
    """Who is invited."""

    email: str = Field(max_length=254)


class InvitationOut(Schema):
    """An invitation that was neither accepted nor withdrawn. Its link is in the e-mail alone."""

    id: int
    email: str
    role: str
    facilities: list[int]
    invited_by: str
    created_at: datetime
    expires_at: datetime


class OrganisationIn(Schema):
    """Name, place, consolidation approach."""

    name: str = Field(max_length=200)
    region: str = Field(max_length=100, description="Code or name: CN-33, 浙江, Germany.")
    approach: str = "operational_control"


class OrganisationOut(OrganisationIn):
    """With the key of its addresses."""

    key: str


def _person(row: Membership) -> dict[str, Any]:
    return {
        "id": row.pk, "name": row.user.name, "email": row.user.email, "role": row.role,
        "facilities": sorted(each.pk for each in row.facilities.all()), "since": row.began_at,
    }  # fmt: skip


def _invitation(row: Invitation) -> dict[str, Any]:
    return {
        "id": row.pk, "email": row.email, "role": row.role, "facilities": sorted(each.pk for each in row.facilities.all()),
        "invited_by": row.invited_by.name, "created_at": row.created_at, "expires_at": row.expires_at,
    }  # fmt: skip


def _organisation(row: Organisation) -> dict[str, Any]:
    return {**model_to_dict(row, ("name", "region", "approach")), "key": row.key}


def _members(call: Call) -> Any:
    rows = Membership.objects.of(call.organisation).filter(ended_at=None)
    return rows.select_related("user", "organisation").prefetch_related("facilities")


def _invitations(call: Call) -> Any:
    rows = Invitation.objects.of(call.organisation).filter(accepted_at=None, revoked_at=None)
    return rows.select_related("invited_by", "organisation").prefetch_related("facilities")


def _sent(call: Call, email: str, role: str, facilities: Any) -> dict[str, Any]:
    """Invites, and mails the link once that is kept. The answer does not hold it: answers are stored, tokens only as their hash."""
    made, token = services.invite(call.membership, email, role, facilities)
    transaction.on_commit(lambda: services.send(made, link_of(call, token)))
    return _shown(InvitationOut, _invitation(made))


@router.get("/people", response={200: Page[PersonOut], **REFUSED})
def people(request: Call, paging: Paging = PAGING) -> Any:
    """Who belongs here."""
    need(request, Act.READ)
    return page(_members(request), paging, _person)


@router.put("/people/{int:pk}", response={200: PersonOut, **WRITES})
@once
def give_role(request: Call, pk: int, given: RoleIn) -> tuple[int, Any]:
    """Another role, other facilities. The last owner stays one."""
    need(request, Act.PEOPLE)
    row = get_object_or_404(_members(request), pk=pk)
    form = MembershipForm(given.dict(), instance=row, giver=request.membership)
    checked(form)
    services.give_role(request.membership, row, form.cleaned_data["role"], form.cleaned_data["facilities"])
    return 200, _shown(PersonOut, _person(get_object_or_404(_members(request), pk=pk)))


@router.post("/people/{int:pk}/end", response={200: PersonOut, **WRITES})
@once
def end(request: Call, pk: int) -> tuple[int, Any]:
    """The person no longer belongs here; what he did stays his."""
    need(request, Act.PEOPLE)
    row = get_object_or_404(_members(request), pk=pk)
    told = _shown(PersonOut, _person(row))
    services.end(request.membership, row)
    return 200, told


@router.get("/invitations", response={200: Page[InvitationOut], **REFUSED})
def invitations(request: Call, paging: Paging = PAGING) -> Any:
    """Those that wait for an answer."""
    need(request, Act.PEOPLE)
    return page(_invitations(request), paging, _invitation)


@router.post("/invitations", response={201: InvitationOut, **WRITES})
@once
def invite(request: Call, given: InvitationIn) -> tuple[int, Any]:
    """An e-mail with a link goes out; an open invitation to the same address no longer works."""
    need(request, Act.PEOPLE)
    form = InvitationForm(given.dict(), giver=request.membership)
    checked(form)
    told = form.cleaned_data
    return 201, _sent(request, told["email"], told["role"], told["facilities"])


@router.post("/invitations/{int:pk}/resend", response={201: InvitationOut, **WRITES})
@once
def resend(request: Call, pk: int) -> tuple[int, Any]:
    """Another link for the same person; the old one no longer works."""
    need(request, Act.PEOPLE)
    old = get_object_or_404(_invitations(request), pk=pk)
    return 201, _sent(request, old.email, old.role, old.facilities.all())


@router.post("/invitations/{int:pk}/revoke", response={200: InvitationOut, **WRITES})
@once
def revoke(request: Call, pk: int) -> tuple[int, Any]:
    """The link no longer works."""
    need(request, Act.PEOPLE)
    row = get_object_or_404(_invitations(request), pk=pk)
    Invitation.objects.filter(pk=row.pk, accepted_at=None).update(revoked_at=timezone.now())
    return 200, _shown(InvitationOut, _invitation(row))


@router.get("/organisation", response={200: OrganisationOut, **REFUSED})
def organisation(request: Call) -> Any:
    """The one of the token."""
    need(request, Act.READ)
    return _organisation(request.organisation)


@router.put("/organisation", response={200: OrganisationOut, **WRITES})
@once
def change_organisation(request: Call, given: OrganisationIn) -> tuple[int, Any]:
    """Name, place, approach."""
    need(request, Act.SETTINGS)
    form = OrganisationForm(given.dict(), instance=request.organisation)
    checked(form)
    return 200, _shown(OrganisationOut, _organisation(form.save()))
