"""Notices by e-mail: at once, or together in the morning; in the language of the person.

An e-mail is sent and then noted. A worker that dies in between sends it again, under the same Message-ID, so that a mailbox can
tell that it is the same one; none is lost.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from email.utils import parseaddr
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.db.models import Min
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from hengtan.web.accounts.models import User
from hengtan.web.jobs.clock import every
from hengtan.web.jobs.models import Job
from hengtan.web.jobs.progress import Progress
from hengtan.web.jobs.registry import handler
from hengtan.web.organisations.models import Membership, Organisation

from .models import Notice, NoticeQuerySet
from .services import MAIL, ask_to_mail

GIVEN_UP = timedelta(days=3)  # an e-mail that could not be sent for so long is not news any more
HELD = timedelta(minutes=10)  # by the worker that sends it; then another one may
LISTED = 50
log = logging.getLogger("hengtan.web")


@handler(MAIL, title=gettext_lazy("Sending notices by e-mail"), phases={"send": gettext_lazy("sending")})
def run(job: Job, progress: Progress) -> dict[str, Any]:
    """All that are due. Of one that cannot be sent the others do not wait; it is tried again later."""
    organisation = job.organisation
    belong = set(Membership.objects.of(organisation).filter(ended_at=None).values_list("user_id", flat=True))
    people = list(User.objects.filter(pk__in=_due().filter(organisation=organisation).values("person")))
    sent = failed = 0
    with get_connection() as mailbox:
        for number, person in enumerate(people):
            progress.at("send", number, len(people))
            notices = _held(organisation, person)
            wanted = person.is_active and person.pk in belong and person.notice_mail != User.NoticeMail.NEVER
            together = [notices] if person.notice_mail == User.NoticeMail.DAILY else [[each] for each in notices]
            for group in together if notices else []:
                try:
                    if wanted:
                        message = written(organisation, person, group)
                        message.connection = mailbox
                        message.send()
                        sent += 1
                    Notice.objects.filter(pk__in=[each.pk for each in group]).update(mailed_at=timezone.now())
                except (SMTPException, OSError):
                    failed += 1
                    log.exception("a notice could not be sent to person %s", person.pk)
    return {"sent": sent, "failed": failed}


def _due() -> NoticeQuerySet:
    now = timezone.now()
    return Notice.objects.filter(mailed_at=None, mail_at__lte=now, made_at__gt=now - GIVEN_UP)


@transaction.atomic
def _held(organisation: Organisation, person: User) -> list[Notice]:
    """What is due, and from now on ours to send: a second worker finds nothing, until we have had time enough."""
    found = list(_due().filter(organisation=organisation, person=person).select_for_update().order_by("pk"))
    Notice.objects.filter(pk__in=[each.pk for each in found]).update(mail_at=timezone.now() + HELD)
    return found


def written(organisation: Organisation, person: User, notices: list[Notice]) -> EmailMessage:
    """The e-mail of one notice or of several."""
    with translation.override(person.language or settings.LANGUAGE_CODE):
        if len(notices) == 1:
            subject = notices[0].sentence
        else:
            subject = ngettext("%(number)d notice", "%(number)d notices", len(notices)) % {"number": len(notices)}
        public = settings.CONFIGURATION.public_url
        context = {
            "organisation": organisation, "person": person, "public": public, "more": max(0, len(notices) - LISTED),
            "told": [(each.sentence, f"{public}{each.address}" if public else "") for each in notices[:LISTED]],
            "settings": f"{public}/account/me/" if public else _("My account"),
        }  # fmt: skip
        text = render_to_string("notices/mail.txt", context)
    host = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "hengtan"
    headers = {
        "Message-ID": f"<notice-{notices[0].pk}-{notices[-1].pk}.{organisation.key}@{host}>",
        "Auto-Submitted": "auto-generated",
    }
    title = " ".join(f"{organisation}: {subject}".split())[:200]
    return EmailMessage(title, text, None, [person.email], headers=headers)


@every(60)
def look() -> None:
    """Digests whose hour has come, and e-mails that could not be sent before: their jobs are asked for."""
    first = _due().filter(person__is_active=True).order_by().values("organisation").annotate(first=Min("pk"))
    waiting = Notice.objects.filter(pk__in=list(first.values_list("first", flat=True)))
    for each in waiting.select_related("organisation", "person"):
        ask_to_mail(each.organisation, each.person)
