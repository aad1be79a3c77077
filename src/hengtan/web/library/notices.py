"""What people are told of policies and methods; of factors the notices know already."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from hengtan.web.notices.kinds import register

register("policy.waiting", _("%(by)s proposes the policy “%(name)s”. It waits for your decision."), "clock", task=True)
register("policy.approved", _("%(by)s approved the policy “%(name)s”. Later runs choose factors by it."), "check")
register("policy.returned", _("%(by)s returned the policy “%(name)s”: %(comment)s"), "arrow-back-up", task=True)
register("method.waiting", _("%(by)s proposes the method “%(name)s”. It waits for your decision."), "clock", task=True)
register("method.approved", _("%(by)s approved the method “%(name)s”. Rows may name it."), "check")
register("method.returned", _("%(by)s returned the method “%(name)s”: %(comment)s"), "arrow-back-up", task=True)
