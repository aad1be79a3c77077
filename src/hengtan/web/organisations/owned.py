"""Rows that are somebody's own: who made them sees them, and so does whoever may do a certain act in the organisation."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from django.db.models import Q

from .models import Membership
from .roles import MAY, Act
from .tenancy import Row, TenantQuerySet

if TYPE_CHECKING:
    from hengtan.web.accounts.models import User


class OwnedQuerySet(TenantQuerySet[Row]):
    """``owner``: the field that names whose they are; ``all_to``: the act whose roles see those of everybody."""

    owner: ClassVar[str] = "created_by"
    all_to: ClassVar[Act] = Act.WHOLE

    def visible_to(self, user: User) -> Self:
        """One's own in the organisations to which one belongs now; those of others to who may."""
        if not user.is_authenticated:
            return self.none()
        mine = Membership.objects.filter(user_id=user.pk, ended_at__isnull=True)
        whole = mine.filter(role__in=MAY[self.all_to]).values("organisation")
        own = Q(**{f"{self.owner}_id": user.pk}, organisation__in=mine.values("organisation"))
        return self.filter(Q(organisation__in=whole) | own)
