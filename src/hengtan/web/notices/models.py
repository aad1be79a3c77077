"""One thing that one person is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property

from hengtan.web.organisations.models import Membership, Organisation
from hengtan.web.organisations.tenancy import TenantModel, TenantQuerySet

from . import kinds

if TYPE_CHECKING:
    from typing import Self

    from hengtan.web.accounts.models import User


class NoticeQuerySet(TenantQuerySet["Notice"]):
    """Notices: nobody reads those of another."""

    def visible_to(self, user: User) -> Self:
        """One's own, in the organisations to which one belongs now."""
        if not user.is_authenticated:
            return self.none()
        mine = Membership.objects.filter(user_id=user.pk, ended_at__isnull=True)
        return self.filter(person_id=user.pk, organisation__in=mine.values("organisation"))


class Notice(TenantModel):
    """What happened, to whom it is told, and where it is seen.

    values   what fills the gaps of the kind's sentence
    address  of the thing, within this installation
    mail_at  when the e-mail is due; None: no e-mail. mailed_at: when it went
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="notices")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=60)
    values = models.JSONField(default=dict)
    address = models.CharField(max_length=500)
    made_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True, blank=True)
    mail_at = models.DateTimeField(null=True, blank=True)
    mailed_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[NoticeQuerySet] = NoticeQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """The newest first; what is unread, and what is still to be sent, are found without the rest."""

        ordering: ClassVar = ["-pk"]
        indexes: ClassVar = [
            models.Index(fields=["person", "organisation", "-id"], name="notices_of_person"),
            models.Index(fields=["person", "organisation"], name="notices_unread", condition=Q(read_at=None)),
            models.Index(
                fields=["mail_at"], name="notices_to_mail", condition=Q(mail_at__isnull=False, mailed_at=None)
            ),
        ]

    def __str__(self) -> str:
        return self.sentence

    @property
    def sentence(self) -> str:
        """In the language of now."""
        return kinds.sentence(self.kind, self.values)

    @cached_property
    def icon(self) -> str:
        """Of its kind."""
        return kinds.KINDS[self.kind].icon if self.kind in kinds.KINDS else "bell"

    @cached_property
    def is_task(self) -> bool:
        """Whether something is to be done."""
        return self.kind in kinds.KINDS and kinds.KINDS[self.kind].task
