"""What is kept of a person: copied for him alone, and erased without losing what others rely on."""

import io
import json
import zipfile
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import transaction
from django.test import Client
from django.utils import timezone

from hengtan.ledger.records import Records, check
from hengtan.web.accounts import personal
from hengtan.web.accounts.models import Export, User
from hengtan.web.activities import evidence
from hengtan.web.activities.models import Batch
from hengtan.web.api import tokens
from hengtan.web.api.models import Token
from hengtan.web.jobs import worker
from hengtan.web.notices.models import Notice
from hengtan.web.notices.services import tell
from hengtan.web.organisations.models import Invitation, Membership
from hengtan.web.organisations.roles import Role
from hengtan.web.organisations.services import invite
from hengtan.web.vault.models import Outbox
from hengtan.web.vault.services import _opened, proof
from hengtan.web.vault.services import erase as erase_events

from .company import PASSWORD
from .importing import HEAD, approved, line
from .test_evidence import PDF, given


def worked():
    while worker.run_one():
        pass


def signed_in(membership):
    client = Client()
    client.force_login(membership.user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def manager(company):
    """Somebody who did things: entered, attached, made a token, has a second factor, was told something."""
    member = company.people[Role.MANAGER]
    batch = approved(company, {"bills.csv": HEAD + line(1, "yong plant 1")}, role=Role.MANAGER)
    draft = Batch.objects.create(
        organisation=company.organisation,
        name="d",
        created_by=member.user,
        fixes=[{"by": member.user.name, "by_id": member.user.pk, "new": "1"}],
    )
    evidence.attach(draft, member, given(company, Role.MANAGER, a__pdf=PDF))
    tokens.make(member, f"{member.user.name}'s program", ["read"], 30)
    Authenticator.objects.create(user=member.user, type="totp", data={"secret": "encrypted"})
    with transaction.atomic():
        tell(
            company.organisation,
            [company.people[Role.OWNER].user],
            "batch.approved",
            {"by": member.user.name, "name": "x"},
            "/",
        )
    invite(company.people[Role.OWNER], member.user.email, Role.VIEWER)
    worked()
    return member, batch


def collected(client):
    assert client.post("/account/me/data/").status_code == 302
    worked()
    export = Export.objects.latest("pk")
    answer = client.get(f"/account/me/data/{export.pk}/")
    return zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))), export


def test_a_copy_holds_what_is_kept_of_the_person_and_no_secret(company, manager):
    book, _export = collected(signed_in(manager[0]))
    text = book.read("data.json").decode()
    told = json.loads(text)
    assert told["rows"]["accounts.User"][0]["email"] == "manager@yong.example"
    assert {
        "activities.Batch",
        "activities.Evidence",
        "api.Token",
        "organisations.Membership",
        "notices.Notice",
        "jobs.Job",
        "vault.Outbox",
    } <= set(told["rows"])
    for secret in (manager[0].user.password, Token.objects.latest("pk").sha256, "encrypted"):
        assert secret not in text
    names = [each["name"] for each in told["files"]]
    assert names == ["bills.csv", "a.pdf"]
    assert book.read(told["files"][1]["in"]) == PDF
    assert "owner@yong.example" not in text


def test_a_copy_is_for_its_person_alone_and_goes_after_a_week(company, manager):
    client = signed_in(manager[0])
    _book, export = collected(client)
    assert "person.copied" in Notice.objects.filter(person=manager[0].user).values_list("kind", flat=True)
    assert company.client().get(f"/account/me/data/{export.pk}/").status_code == 404
    assert Client().get(f"/account/me/data/{export.pk}/").status_code == 302
    Export.objects.update(made_at=timezone.now() - timedelta(days=8))
    path = personal.folder() / f"{export.key}.zip"
    assert path.exists()
    personal.tidy()
    assert not path.exists() and client.get(f"/account/me/data/{export.pk}/").status_code == 404


def test_erasing_replaces_name_and_address_everywhere_that_can_change(company, manager):
    member, batch = manager
    user, name, email = member.user, member.user.name, member.user.email
    client, other = signed_in(member), signed_in(member)
    mine = list(Outbox.objects.filter(kind="token.made", created_by=user))
    answer = client.post("/account/me/erase/", {"password": PASSWORD})
    assert answer.status_code == 200 and "Your account is gone" in answer.content.decode()
    worked()
    user.refresh_from_db()
    assert not user.is_active and name not in str(vars(user)) and "@erased.invalid" in user.email
    for gone in (
        EmailAddress.objects.filter(user=user),
        Authenticator.objects.filter(user=user),
        Notice.objects.filter(person=user),
        Membership.objects.filter(user=user, ended_at=None),
        Token.objects.filter(user=user, revoked_at=None),
        Invitation.objects.filter(email=email),
    ):
        assert not gone.exists()
    assert other.get("/account/me/").status_code == 302  # signed out everywhere
    assert Client().post("/account/login/", {"login": email, "password": PASSWORD}).status_code == 200
    assert name not in json.dumps([each.values for each in Notice.objects.all()])
    assert name not in json.dumps(list(Batch.objects.values_list("fixes", flat=True)))
    page = company.client().get(company.url(f"data/{batch.pk}/")).content.decode()
    assert user.name in page and name not in page
    for row in mine:
        row.refresh_from_db()
        assert json.loads(row.record) == {"erased": "true", "kind": "token.made"} and row.salt == ""
    assert Outbox.objects.filter(kind="person.erased", record__contains=user.name).exists()
    with _opened(company.organisation) as log:
        assert list(check(Records(log.folder), log.entries(0))) == []
    assert erase_events(company.organisation, mine) == len(mine)  # once more, as after a worker that died
    kept = Outbox.objects.get(kind="batch.approved")
    assert proof(kept)  # what others rely on is proved as before


def test_erasing_again_does_nothing(company):
    user = company.people[Role.VIEWER].user
    first = personal.erase(user)
    assert personal.erase(user) == first


def test_the_wrong_password_erases_nobody(company, manager):
    client = signed_in(manager[0])
    answer = client.post("/account/me/erase/", {"password": "wrong"})
    assert answer.status_code == 422 and "This is not your password." in answer.content.decode()
    assert User.objects.get(pk=manager[0].user.pk).is_active


def test_the_last_owner_stays_until_somebody_else_owns(company):
    owner = company.people[Role.OWNER]
    client = company.client()
    assert "You are the only owner of Yong River Works" in client.get("/account/me/data/").content.decode()
    answer = client.post("/account/me/erase/", {"password": PASSWORD})
    assert answer.status_code == 422 and User.objects.get(pk=owner.user.pk).is_active
    company.joins(Role.OWNER, "second")
    assert client.post("/account/me/erase/", {"password": PASSWORD}).status_code == 200


def test_who_alone_runs_the_installation_stays(company):
    user = company.people[Role.VIEWER].user
    User.objects.filter(pk=user.pk).update(is_operator=True)
    with pytest.raises(ValidationError, match="runs this installation"):
        personal.erase(user)


def test_one_who_belongs_to_two_tenants_is_erased_in_both(company, stranger):
    user = company.people[Role.MANAGER].user
    Membership.objects.create(organisation=stranger.organisation, user=user, role=Role.VIEWER)
    personal.erase(user)
    worked()
    assert Outbox.objects.filter(kind="person.erased").count() == 2
    assert not Membership.objects.filter(user=user, ended_at=None).exists()
    assert not [each for each in mail.outbox if each.to == ["manager@yong.example"] and "Maple" in each.subject]
