"""What is kept of a person: handed out on demand (GDPR 15 and 20, PIPL 45), and erased on demand (GDPR 17, PIPL 47).

Erasing takes the name out of everything that can change. What the person entered, approved and signed stays, as the law of the
books wants it, under a pseudonym; entries of a ledger stay, and records in it that are about the person go with their salt.
"""

from __future__ import annotations

import json
import secrets
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.apps import apps
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from hengtan.durable import FileLock
from hengtan.problems import HengtanError
from hengtan.web.organisations import wall

from .models import Export, User

SECRET = {"password", "sha256", "token_sha256", "session_data", "data", "salt", "secret", "token", "sealed", "value"}
KEPT = timedelta(days=7)
MOST_FILES, MOST_BYTES = 2000, 2 << 30
ABOUT = ("token.", "person.", "membership.", "invitation.")  # kinds of records that are about people


def folder() -> Path:
    """Where copies lie until they are taken."""
    found: Path = settings.CONFIGURATION.data / "exports"
    found.mkdir(parents=True, exist_ok=True, mode=0o700)
    return found


# a copy
def everything(user: User) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Of every table the rows that are the person's or name him, without secrets."""
    yield "accounts.User", [_row(user)]
    for model in apps.get_models():
        mine = [
            field.name for field in model._meta.get_fields()
            if isinstance(field, models.ForeignKey | models.OneToOneField) and field.related_model is User
        ]  # fmt: skip
        if not mine or model is Export:
            continue
        query = models.Q()
        for name in mine:
            query |= models.Q(**{name: user})
        rows = [_row(each) for each in model._default_manager.filter(query).order_by("pk").iterator(500)]
        if rows:
            yield model._meta.label, rows


def _row(row: models.Model) -> dict[str, Any]:
    return {
        field.name: field.value_from_object(row)
        for field in row._meta.concrete_fields
        if not any(part in SECRET for part in (field.name, field.attname))
    }


def files_of(user: User) -> Iterator[tuple[Any, str, str]]:
    """Files that the person gave: organisation, name, digest."""
    from hengtan.web.activities.models import Evidence, SourceFile  # noqa: PLC0415  that app stands on this one

    for file in SourceFile.objects.filter(batch__created_by=user).select_related("organisation").order_by("pk"):
        yield file.organisation, file.name, file.digest
    for each in Evidence.objects.filter(added_by=user).select_related("organisation").order_by("pk"):
        yield each.organisation, each.name, each.digest


def write(export: Export) -> None:
    """The copy as a ZIP: data.json, and the files under their digests. Written beside and renamed: it is whole or not there."""
    from hengtan.web.notices.services import tell  # noqa: PLC0415
    from hengtan.web.vault.services import facts  # noqa: PLC0415

    user, path = export.person, folder() / f"{export.key}.zip"
    staged = path.with_suffix(".part")
    with wall.opened():
        listed, total = list[dict[str, str]](), 0
        with zipfile.ZipFile(staged, "w", zipfile.ZIP_DEFLATED) as book:
            seen = set[str]()
            for organisation, name, digest in files_of(user):
                place = f"files/{digest[:16]}-{name}"
                entry = {"organisation": organisation.key, "name": name, "sha256": digest, "in": place}
                if digest not in seen and len(seen) < MOST_FILES:
                    try:
                        data = facts(organisation).path(digest)
                        total += data.stat().st_size
                        if total > MOST_BYTES:
                            raise HengtanError([])
                        book.write(data, place)
                        seen.add(digest)
                    except HengtanError:
                        entry["in"] = ""
                listed.append(entry)
            told = {
                "made": timezone.now(), "person": user.pk, "what": "Everything that hengtan keeps of this person. 衡碳保存的关于此人的全部数据。",
                "rows": dict(everything(user)), "files": listed,
            }  # fmt: skip
            book.writestr("data.json", json.dumps(told, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1))
    staged.replace(path)
    with wall.opened(), transaction.atomic():
        Export.objects.filter(pk=export.pk).update(ready_at=timezone.now(), bytes=path.stat().st_size)
        member = user.memberships.filter(ended_at=None).select_related("organisation").order_by("pk").first()
        if member is not None:
            tell(member.organisation, [user], "person.copied", {}, reverse("my-data"))


def tidy() -> None:
    """Copies that nobody took within a week go."""
    old = Export.objects.filter(made_at__lt=timezone.now() - KEPT)
    for export in old:
        (folder() / f"{export.key}.zip").unlink(missing_ok=True)
    old.delete()


# the end
def hindrances(user: User) -> list[str]:
    """Organisations that would be left without an owner."""
    from hengtan.web.organisations.models import Membership  # noqa: PLC0415
    from hengtan.web.organisations.roles import Role  # noqa: PLC0415

    with wall.opened():
        owned = Membership.objects.filter(user=user, ended_at=None, role=Role.OWNER).select_related("organisation")
        return [
            each.organisation.name for each in owned
            if not Membership.objects.of(each.organisation)
            .filter(ended_at=None, role=Role.OWNER, user__is_active=True).exclude(user=user).exists()
        ]  # fmt: skip


def erase(user: User) -> str:
    """The person is gone; gives the pseudonym that stands in his place. Raises ValidationError when somebody else must own first."""
    with FileLock(folder() / "erasing", wait_s=30), wall.opened(), transaction.atomic():
        held = User.objects.select_for_update().get(pk=user.pk)
        if not held.is_active:
            return held.name
        left = hindrances(held)
        if left:
            raise ValidationError(_("Make somebody else an owner of %(name)s first.") % {"name": ", ".join(left)})
        if held.is_operator and not User.objects.filter(is_operator=True, is_active=True).exclude(pk=held.pk).exists():
            raise ValidationError(
                _("You are the only one who runs this installation. Let somebody else do that first.")
            )
        mark = secrets.token_hex(4)
        pseudonym, before = f"✕ {mark}", (held.name, held.email)
        _end_everything(held, pseudonym, before)
        held.name, held.email = pseudonym, f"erased-{mark}@erased.invalid"
        held.language = held.time_zone = held.theme = ""
        held.is_active = held.is_operator = False
        held.notice_mail, held.last_login = User.NoticeMail.NEVER, None
        held.set_unusable_password()
        held.save()
        return pseudonym


def _end_everything(user: User, pseudonym: str, before: tuple[str, str]) -> None:
    from hengtan.web.api.models import Token  # noqa: PLC0415  those apps stand on this one
    from hengtan.web.jobs.services import enqueue  # noqa: PLC0415
    from hengtan.web.notices.models import Notice  # noqa: PLC0415
    from hengtan.web.organisations.models import Invitation, Membership, Organisation  # noqa: PLC0415
    from hengtan.web.vault.models import Outbox  # noqa: PLC0415
    from hengtan.web.vault.services import ERASE, record  # noqa: PLC0415

    name, email = before
    now = timezone.now()
    places = list(Organisation.objects.filter(memberships__user=user).distinct())
    Membership.objects.filter(user=user, ended_at=None).update(ended_at=now)
    Token.objects.filter(user=user, revoked_at=None).update(revoked_at=now)
    Token.objects.filter(user=user).update(name=pseudonym)
    for made in (EmailAddress, Authenticator, SocialAccount):
        made.objects.filter(user=user).delete()
    for session in Session.objects.filter(expire_date__gt=now).iterator(500):
        if session.get_decoded().get("_auth_user_id") == str(user.pk):
            session.delete()
    Notice.objects.filter(person=user).delete()
    for export in Export.objects.filter(person=user):
        (folder() / f"{export.key}.zip").unlink(missing_ok=True)
        export.delete()
    Invitation.objects.filter(email=email).update(email=f"{pseudonym[2:]}@erased.invalid", revoked_at=now)
    for organisation in places:
        _renamed(organisation, name, email, pseudonym)
        about = models.Q(record__contains=json.dumps(email)) | models.Q(record__contains=email)
        for kind in ABOUT:
            about |= models.Q(kind__startswith=kind, created_by=user)
        events = list(Outbox.objects.of(organisation).filter(about).values_list("pk", flat=True))
        record(organisation, "person.erased", {"person": str(user.pk), "pseudonym": pseudonym}, None)
        if events:
            enqueue(organisation, ERASE, {"events": events}, user)


def _renamed(organisation: Any, name: str, email: str, pseudonym: str) -> None:
    """Where the name or address stands in what can change: changes of drafts, notices of others, answers that were given."""
    from hengtan.web.activities.models import Batch  # noqa: PLC0415
    from hengtan.web.api.models import Answer  # noqa: PLC0415
    from hengtan.web.notices.models import Notice  # noqa: PLC0415

    for batch in Batch.objects.of(organisation).exclude(fixes=[]).only("pk", "fixes").iterator(200):
        if any(each.get("by") == name for each in batch.fixes):
            fixes = [{**each, "by": pseudonym if each.get("by") == name else each.get("by")} for each in batch.fixes]
            Batch.objects.filter(pk=batch.pk).update(fixes=fixes)
    for notice in Notice.objects.of(organisation).iterator(500):
        values = {key: pseudonym if value in (name, email) else value for key, value in notice.values.items()}
        if values != notice.values:
            Notice.objects.filter(pk=notice.pk).update(values=values)
    for answer in Answer.objects.of(organisation).iterator(500):
        text = json.dumps(answer.body, ensure_ascii=False)
        fresh = text.replace(json.dumps(name, ensure_ascii=False), json.dumps(pseudonym)).replace(
            json.dumps(email), json.dumps(pseudonym)
        )
        if fresh != text:
            Answer.objects.filter(pk=answer.pk).update(body=json.loads(fresh))
