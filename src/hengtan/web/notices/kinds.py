"""What people are told of: each kind with its sentence in the language of who reads it, and its icon.

Another app registers a kind of its own with ``register`` where its other registrations stand (``AppConfig.ready``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Kind:
    """sentence: with gaps like ``%(name)s`` that the values of a notice fill; task: something is to be done by who is told."""

    sentence: str | Promise
    icon: str = "bell"
    task: bool = False


KINDS: dict[str, Kind] = {}
VALUES: dict[str, Callable[[str], str]] = {}  # values of this name are said in the language of who reads


def register(name: str, sentence: str | Promise, icon: str = "bell", *, task: bool = False) -> None:
    """A kind of notice; the name is ``thing.happened`` and never changes."""
    KINDS[name] = Kind(sentence, icon, task)


def sentence(name: str, values: Mapping[str, object]) -> str:
    """What happened, in the language of now. Of a kind that is gone, its name."""
    if name not in KINDS:
        return name
    told = {key: VALUES[key](str(value)) if key in VALUES else str(value) for key, value in values.items()}
    return str(KINDS[name].sentence) % defaultdict(lambda: "—", told)


register("batch.submitted", _("%(by)s submitted “%(name)s” (rows: %(rows)s). It waits for your decision."), "clock", task=True)  # fmt: skip
register("batch.approved", _("%(by)s approved “%(name)s”. Its rows count from now on."), "check")
register("batch.returned", _("%(by)s returned “%(name)s”: %(comment)s"), "arrow-back-up", task=True)
register("run.done", _("The run “%(name)s” is calculated."), "calculator")
register("run.failed", _("The run “%(name)s” failed: %(reason)s"), "alert-triangle", task=True)
register("factor.waiting", _("%(by)s proposes the factor “%(name)s”. It waits for your decision."), "clock", task=True)
register("factor.approved", _("%(by)s approved the factor “%(name)s”."), "check")
register("factor.returned", _("%(by)s returned the factor “%(name)s”: %(comment)s"), "arrow-back-up", task=True)
register("report.issued", _("%(by)s issued the report “%(name)s”."), "writing-sign")
register("connector.failed", _("The connector “%(name)s” failed: %(reason)s"), "alert-triangle", task=True)
register("webhook.off", _("The webhook to %(name)s was switched off: %(reason)s"), "alert-triangle", task=True)
