"""Inviting people, letting them in, giving roles, ending memberships."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from hengtan.web.accounts.models import User
from hengtan.web.boundaries.models import Facility

from . import wall
from .models import Invitation, Membership, Organisation, hashed
from .roles import Role, may_give


class LinkIsDeadError(Exception):
    """Used, withdrawn, or too old."""


@transaction.atomic
def invite(giver: Membership, email: str, role: str, facilities: Iterable[Facility] = ()) -> tuple[Invitation, str]:
    """An invitation and its token. An open one to the same address is replaced."""
    if not may_give(giver.role, role):
        raise PermissionDenied
    organisation = giver.organisation
    now = timezone.now()
    Invitation.objects.of(organisation).filter(email=email, accepted_at=None, revoked_at=None).update(revoked_at=now)
    invitation = Invitation(organisation=organisation, email=email, role=role, invited_by=giver.user)
    token = invitation.renew()
    invitation.save()
    invitation.facilities.set(facilities)
    return invitation, token


def send(invitation: Invitation, link: str) -> None:
    """The e-mail with the link, in Chinese and English: nobody knows yet which one its reader prefers."""
    text = render_to_string("organisations/invitation.txt", {"invitation": invitation, "link": link})
    subject = f"{invitation.organisation}: hengtan 衡碳 邀请 / invitation"
    send_mail(" ".join(subject.split()), text, None, [invitation.email])


def of_token(token: str) -> Invitation:
    """The open invitation with this token."""
    digest = hashed(token)
    with wall.by_key(digest):
        found = Invitation.objects.filter(token_sha256=digest).select_related("invited_by").first()
    if found is None or not found.is_open:
        raise LinkIsDeadError
    with wall.also(found.organisation_id):
        found.organisation = Organisation.objects.get(pk=found.organisation_id)
    return found


def accept(token: str, user: User) -> Membership:
    """Makes the person a member; the link is dead from then on, also for one who clicks at the same moment."""
    with transaction.atomic():
        invitation = of_token(token)
        with wall.also(invitation.organisation_id):
            return _accept(invitation, user)


def _accept(invitation: Invitation, user: User) -> Membership:
    used = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, revoked_at=None).update(
        accepted_at=timezone.now()
    )
    if not used:
        raise LinkIsDeadError
    if user.email != invitation.email:
        raise PermissionDenied
    membership, _new = Membership.objects.get_or_create(
        organisation=invitation.organisation, user=user, ended_at=None, defaults={"role": invitation.role}
    )
    membership.facilities.add(*invitation.facilities.all())
    return membership


@transaction.atomic
def give_role(giver: Membership, membership: Membership, role: str, facilities: Iterable[Facility] = ()) -> None:
    """Another role; the last owner stays one."""
    held = Membership.objects.get(pk=membership.pk).role
    if not (may_give(giver.role, role) and may_give(giver.role, held)):
        raise PermissionDenied
    if held == Role.OWNER and role != Role.OWNER:
        _not_the_last_owner(membership)
    membership.role = role
    membership.save(update_fields=["role"])
    membership.facilities.set(facilities if role == Role.CONTRIBUTOR else ())


@transaction.atomic
def end(giver: Membership, membership: Membership) -> None:
    """The person no longer belongs; what he did stays his."""
    if not may_give(giver.role, membership.role):
        raise PermissionDenied
    if membership.role == Role.OWNER:
        _not_the_last_owner(membership)
    membership.ended_at = timezone.now()
    membership.save(update_fields=["ended_at"])


def _not_the_last_owner(membership: Membership) -> None:
    Organisation.objects.select_for_update().get(pk=membership.organisation_id)
    others = (
        Membership.objects.of(membership.organisation).filter(role=Role.OWNER, ended_at=None).exclude(pk=membership.pk)
    )
    if not others.exists():
        raise ValidationError(_("An organisation has at least one owner. Make somebody else an owner first."))
