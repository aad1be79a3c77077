"""Invitations work once and for a week; roles are given by who may."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from hengtan.web.accounts.models import User
from hengtan.web.organisations.models import Invitation, Membership, hashed
from hengtan.web.organisations.roles import Role

from .company import PASSWORD

NEW = {"name": "Chen Yu", "password": "copper lantern bridge 77"}


def link_in(message):
    return re.search(r"https?://[^/]+(/invitations/\S+)", message.body).group(1)


def invited(company, email="chen@example.com", role=Role.CONTRIBUTOR, **more):
    company.client().post(company.url("people/invite/"), {"email": email, "role": role, **more})
    return link_in(mail.outbox[-1])


def test_a_colleague_comes_in_by_the_link_of_the_e_mail_with_role_and_facilities(company):
    link = invited(company, facilities=[company.plants[1].pk])
    client = Client()
    assert company.organisation.name in client.get(link).content.decode()
    answer = client.post(link, NEW)
    assert answer["Location"] == company.url()
    member = Membership.objects.get(user__email="chen@example.com")
    assert (member.role, list(member.facilities.all())) == ("contributor", [company.plants[1]])
    assert client.get(company.url()).status_code == 200
    assert client.post("/account/logout/").status_code == 302
    assert client.post("/account/login/", {"login": "CHEN@example.com", "password": NEW["password"]}).status_code == 302


def test_a_link_works_once(company):
    link = invited(company)
    Client().post(link, NEW)
    again = Client()
    assert again.get(link).status_code == 410
    assert again.post(link, NEW).status_code == 410
    assert Membership.objects.filter(user__email="chen@example.com").count() == 1


@pytest.mark.parametrize("how", ["too old", "withdrawn", "sent again", "never made"])
def test_a_link_is_dead_when_it_is(company, how):
    link = invited(company)
    found = Invitation.objects.get(email="chen@example.com")
    if how == "too old":
        Invitation.objects.filter(pk=found.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    elif how == "withdrawn":
        company.client().post(company.url(f"invitations/{found.pk}/revoke/"))
    elif how == "sent again":
        company.client().post(company.url(f"invitations/{found.pk}/resend/"))
    else:
        link = link[:-3] + "xx/"
    assert Client().post(link, NEW).status_code == 410
    assert not User.objects.filter(email="chen@example.com").exists()


def test_the_token_itself_is_not_in_the_database(company):
    token = invited(company).split("/")[-2]
    stored = Invitation.objects.get(email="chen@example.com")
    assert token not in str(vars(stored))
    assert stored.token_sha256 == hashed(token)


def test_who_has_an_account_signs_in_first_and_keeps_it(company, stranger):
    viewer = stranger.people[Role.VIEWER].user
    link = invited(company, viewer.email, Role.AUDITOR)
    client = Client()
    assert client.post(link, NEW)["Location"] == f"/account/login/?next={link}"
    client.force_login(viewer, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.post(link)["Location"] == company.url()
    assert User.objects.get(pk=viewer.pk).check_password(PASSWORD)
    assert viewer.memberships.filter(ended_at=None).count() == 2


def test_somebody_else_who_is_signed_in_cannot_use_the_link(company, stranger):
    link = invited(company)
    client = stranger.client()
    assert "another address" in client.get(link).content.decode()
    assert client.post(link)["Location"] == link
    assert not Membership.objects.filter(
        organisation=company.organisation, user=stranger.people[Role.OWNER].user
    ).exists()


def test_an_invitation_cannot_name_facilities_of_another_tenant(company, stranger):
    answer = company.client().post(
        company.url("people/invite/"),
        {"email": "x@example.com", "role": "contributor", "facilities": [stranger.plants[0].pk]},
    )
    assert answer.status_code == 422
    assert not mail.outbox


def test_a_manager_makes_no_owner_and_changes_none(company):
    client = company.client(Role.MANAGER)
    assert client.post(company.url("people/invite/"), {"email": "x@example.com", "role": "owner"}).status_code == 422
    owner = company.people[Role.OWNER]
    assert client.post(company.url(f"people/{owner.pk}/"), {"end": "1"}).status_code == 403
    manager = company.people[Role.MANAGER]
    assert client.post(company.url(f"people/{manager.pk}/"), {"role": "owner"}).status_code == 422
    assert {owner.role, Membership.objects.get(pk=manager.pk).role} == {"owner", "manager"}


def test_the_last_owner_stays(company):
    owner = company.people[Role.OWNER]
    for given in ({"end": "1"}, {"role": "viewer"}):
        answer = company.client().post(company.url(f"people/{owner.pk}/"), given)
        assert answer.status_code == 422
        assert "at least one owner" in answer.content.decode()
    owner.refresh_from_db()
    assert (owner.role, owner.ended_at) == ("owner", None)


def test_an_e_mail_subject_holds_no_line_break(company):
    company.organisation.name = "A\nBcc: x@example.com"
    company.organisation.save()
    invited(company)
    assert "\n" not in mail.outbox[-1].subject


def test_a_facility_by_a_number_that_no_database_holds_is_refused(company):
    given = {"email": "a@b.example", "role": "contributor", "facilities": str(10**30)}
    answer = company.client().post(company.url("people/invite/"), given)
    assert answer.status_code == 422
