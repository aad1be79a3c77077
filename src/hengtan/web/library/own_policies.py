"""The policy of an organisation: a form and its YAML, what it would change, versions with reasons."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import yaml
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from hengtan.factors import Policy, load_policy, open_library
from hengtan.factors.policy import BUILT_IN, CLASSES, DEFAULT, OPT_IN, Tier, unknown_names
from hengtan.problems import HengtanError, Problem
from hengtan.web.activities.models import State
from hengtan.web.jobs import services as jobs
from hengtan.web.jobs.models import UNDER_WAY
from hengtan.web.organisations.models import Membership, Organisation
from hengtan.web.organisations.roles import Act

from .models import Json, OwnPolicy
from .proposals import in_force, next_version, opened, submitted
from .services import paths
from .yaml_text import as_file, guard

EFFECT = "library.policy-effect"  # the job
SHIPPED = (DEFAULT, *BUILT_IN, *OPT_IN)
SHOWN = "policy.yaml"
FLAGS = ("proxy", "world", "anywhere")
MOST_RULES, MOST_TIERS = 60, 20
_LINE = re.compile(r"^(?P<names>[^\[\]]*)(?:\[(?P<flags>[a-z ,]*)\])?\s*$")


@dataclass(frozen=True, slots=True)
class RuleSet:
    """One rule as a form has it: types in one line; each further line a tier, ``DATASET, DATASET [proxy, anywhere]``."""

    types: str = ""
    order: str = ""
    market: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """A policy as a form has it."""

    extends: str = DEFAULT
    countries: str = ""
    classes: Sequence[str] = CLASSES
    earlier_years: int = 3
    gwp_mismatch: str = "reject"
    without_residual_mix: str = "location"
    rules: Sequence[RuleSet] = ()
    title: Mapping[str, str] = field(default_factory=dict)


def as_yaml(settings: Settings, name: str) -> str:
    """The policy file of a form."""
    library = open_library()
    body: Json = {"name": name, "extends": settings.extends}
    if settings.title:
        body["title"] = dict(settings.title)
    if settings.countries.strip():
        body["countries"] = re.split(r"[\s,，、;；]+", settings.countries.strip())
    body["classes"] = [each for each in CLASSES if each in settings.classes]
    body |= {
        "earlier_years": settings.earlier_years, "gwp_mismatch": settings.gwp_mismatch,
        "without_residual_mix": settings.without_residual_mix,
    }  # fmt: skip
    rules = []
    for rule in settings.rules:
        if rule.types.strip() or rule.order.strip() or rule.market.strip():
            made: Json = {
                "types": re.split(r"[\s,，、;；]+", rule.types.strip()),
                "order": _tiers(rule.order, library.datasets),
            }
            if rule.market.strip():
                made["market"] = _tiers(rule.market, library.datasets)
            rules.append(made)
    if rules:
        body["rules"] = rules
    return yaml.safe_dump(body, allow_unicode=True, sort_keys=False, width=120)


def _tiers(text: str, datasets: Mapping[str, int]) -> list[Json]:
    """Each line a tier; raises ValidationError where one is not of the form."""
    found: list[Json] = []
    for line in text.splitlines():
        if not line.strip():
            continue
        match = _LINE.match(line.strip())
        flags = [each for each in re.split(r"[ ,]+", (match["flags"] or "") if match else "") if each]
        names = [each.strip() for each in re.split(r"[,，、]", match["names"]) if each.strip()] if match else []
        if match is None or not names or set(flags) - set(FLAGS):
            raise ValidationError(
                _(
                    "“%(line)s” is no line of datasets. Write DATASET, DATASET, and behind them [proxy], [world] or [anywhere]."
                )
                % {"line": line.strip()[:200]}
            )
        tier: Json = {}
        if sets := [each for each in names if each in datasets]:
            tier["datasets"] = sets
        if others := [each for each in names if each not in datasets]:
            tier["factors"] = others
        tier |= {"match": "proxy"} if "proxy" in flags else {}
        tier |= {each: True for each in ("world", "anywhere") if each in flags}
        found.append(tier)
    return found


def settings_of(body: str) -> Settings:
    """The form of a policy file that holds; what a form has no field for (notes) is not in it."""
    guard(body, "policy.unreadable", SHOWN)
    given = yaml.safe_load(body) or {}
    rules = [
        RuleSet(
            ", ".join(map(str, each.get("types", []))), _lines(each.get("order", [])), _lines(each.get("market", []))
        )
        for each in given.get("rules", []) or []
    ]  # fmt: skip
    base = load_policy(given.get("extends", DEFAULT))
    title = given.get("title")
    return Settings(
        str(given.get("extends", DEFAULT)), ", ".join(map(str, given.get("countries", []) or [])),
        tuple(given.get("classes", base.classes)), int(given.get("earlier_years", base.earlier_years)),
        str(given.get("gwp_mismatch", base.gwp_mismatch)), str(given.get("without_residual_mix", base.without_residual_mix)),
        rules, title if isinstance(title, dict) else {},
    )  # fmt: skip


def _lines(tiers: Iterable[Json]) -> str:
    return "\n".join(line_of(
        Tier(tuple(each.get("datasets", ())), tuple(each.get("factors", ())), each.get("match", ""),
             bool(each.get("world")), bool(each.get("anywhere")))
    ) for each in tiers)  # fmt: skip


def line_of(tier: Tier) -> str:
    """A tier as a form has it."""
    flags = [name for name, on in zip(FLAGS, (tier.match == "proxy", tier.world, tier.anywhere), strict=True) if on]
    return ", ".join((*tier.datasets, *tier.factors)) + (f" [{', '.join(flags)}]" if flags else "")


def checked(organisation: Organisation, body: str) -> Policy:
    """The policy of a file. Raises HengtanError with everything that is wrong with it."""
    guard(body, "policy.unreadable", SHOWN)
    with as_file(body) as path:
        policy = load_policy(path, SHOWN)
    library = open_library(paths(organisation, "factors"))
    wrong = unknown_names(policy, library, SHOWN)
    if not policy.classes:
        wrong.append(Problem("policy.wrong-value", file=SHOWN, values=_wanted("classes", ", ".join(CLASSES))))
    if len(policy.rules) > 400:
        wrong.append(Problem("policy.wrong-value", file=SHOWN, values=_wanted("rules", f"< {MOST_RULES}")))
    if wrong:
        raise HengtanError(wrong)
    return policy


def _wanted(key: str, what: str) -> dict[str, str]:
    return {"key": key, "wanted": what, "wanted_zh": what}


def current(organisation: Organisation) -> OwnPolicy | None:
    """The version in force; None: the policies that ship, each row by its country."""
    return in_force(OwnPolicy, organisation).last()


@transaction.atomic
def propose(by: Membership, body: str, reason: str, row: OwnPolicy | None = None) -> OwnPolicy:
    """A draft, or a draft changed; a worker finds out what it would change. Raises HengtanError where the file is wrong."""
    _may(by)
    if not reason.strip():
        raise ValidationError(_("Say why the policy is changed."))
    checked(by.organisation, body)
    if row is None:
        number = next_version(OwnPolicy, by.organisation)
        row = OwnPolicy(organisation=by.organisation, created_by=by.user, version=number)
    else:
        row = opened(row, by)
        if row.job is not None and row.job.state in UNDER_WAY:
            jobs.cancel(row.job)
    row.body, row.reason, row.effect, row.supersedes = body, reason.strip()[:2000], {}, current(by.organisation)
    row.save()
    return _asked(row, by)


@transaction.atomic
def look_again(row: OwnPolicy, by: Membership) -> OwnPolicy:
    """Against the policy and the activities of now."""
    _may(by)
    row = opened(row, by)
    row.supersedes, row.effect = current(by.organisation), {}
    return _asked(row, by)


def _asked(row: OwnPolicy, by: Membership) -> OwnPolicy:
    row.job = jobs.enqueue(row.organisation, EFFECT, {"policy": row.pk, "body": digest(row.body)}, by.user)
    row.save(update_fields=["job", "supersedes", "effect"])
    return row


@transaction.atomic
def submit(row: OwnPolicy, by: Membership) -> None:
    """Others may decide on it, once they can see what it changes."""
    _may(by)
    row = opened(row, by)
    checked(row.organisation, row.body)
    if row.effect.get("body_sha256") != digest(row.body):
        raise ValidationError(_("First it is shown what the policy would change. Wait until that is computed."))
    now = current(row.organisation)
    if row.effect["based_on"] != (now.sha256 if now else ""):
        raise ValidationError(
            _("Another policy is in force meanwhile: let it be shown again what this one would change.")
        )
    submitted(row, by, row.body.encode())


def digest(text: str) -> str:
    """SHA-256 of the UTF-8."""
    return sha256(text.encode()).hexdigest()


def fresh(organisation: Organisation, name: str) -> str:
    """What an editor begins with: the version in force, else what ships."""
    now = current(organisation)
    return now.body if now is not None else as_yaml(Settings(), name)


def waiting(organisation: Organisation) -> Any:
    """Drafts and proposals that are not decided."""
    return OwnPolicy.objects.of(organisation).filter(state__in=(State.DRAFT, State.SUBMITTED, State.RETURNED))


def _may(by: Membership) -> None:
    if not by.may(Act.CALCULATE):
        raise PermissionDenied
