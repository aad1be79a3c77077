"""Pages of the resolution policy: what is in force, an editor, what a draft would change, the decision, the history."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from hengtan.factors import Policy, load_policy
from hengtan.factors.policy import CLASSES, DEFAULT
from hengtan.problems import HengtanError
from hengtan.web.activities.models import OPEN, State
from hengtan.web.jobs.views import progress
from hengtan.web.organisations.door import TenantRequest, within
from hengtan.web.organisations.roles import Act
from hengtan.web.shell.tables import as_table, form_of

from . import own_policies, proposals, usage, words
from .browsing import choices
from .deciding import decided, differing
from .models import OwnPolicy
from .own_policies import MOST_RULES, SHIPPED, RuleSet, Settings
from .yaml_text import as_file

PAGE, BLANKS, MOST_YAML = 100, 2, 200_000
BASES = {
    DEFAULT: gettext_lazy("Each row by the policy of its country"), "cn": gettext_lazy("China"), "uk": gettext_lazy("United Kingdom"), "us": gettext_lazy("United States"),
    "global": gettext_lazy("All other countries"), "cn-proxy": gettext_lazy("China, with stand-ins from abroad"),
}  # fmt: skip
COLUMNS = ("activity_type", "unit", "region", "year", "rows", "quantity", "old_factor", "old_market_factor", "old_match", "new_factor", "new_market_factor", "new_match",
           "effect_location_kgco2e", "effect_market_kgco2e", "old_refused", "new_refused")  # fmt: skip


class PolicyForm(forms.Form):
    """Everything but the rules, which are rows."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=2000, widget=forms.Textarea({"rows": 2}),
        help_text=gettext_lazy("Why the policy is changed; it stays in the history and in the ledger."),
    )  # fmt: skip
    extends = forms.ChoiceField(label=gettext_lazy("Starts from"), choices=list(BASES.items()))
    countries = forms.CharField(
        label=gettext_lazy("Only for rows in"), required=False, max_length=400,
        help_text=gettext_lazy("Country codes, as CN, DE. Empty: for rows everywhere."),
    )  # fmt: skip
    classes = forms.MultipleChoiceField(
        label=gettext_lazy("Match classes that may be used"), widget=forms.CheckboxSelectMultiple,
        choices=[(each, each) for each in CLASSES],
        help_text=gettext_lazy("A row whose best factor is of another class is rejected, with the reason."),
    )  # fmt: skip
    earlier_years = forms.IntegerField(
        label=gettext_lazy("Years back"), min_value=0, max_value=50, help_text=gettext_lazy("How old a factor may be when none of the year exists."),
    )  # fmt: skip
    gwp_mismatch = forms.ChoiceField(
        label=gettext_lazy("A CO₂e total in another GWP set"),
        choices=[("reject", gettext_lazy("is rejected")), ("flag", gettext_lazy("is used and flagged"))],
    )  # fmt: skip
    without_residual_mix = forms.ChoiceField(
        label=gettext_lazy("Market-based, where no residual mix is known"),
        choices=[("location", gettext_lazy("take the location-based factor, class proxy")), ("refuse", gettext_lazy("reject the row"))],
    )  # fmt: skip

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        from hengtan.web.runs.words import MATCHES  # noqa: PLC0415

        self.fields["classes"].choices = [(each, MATCHES[each]) for each in CLASSES]  # type: ignore[attr-defined]


def row_of(request: TenantRequest, pk: int) -> OwnPolicy:
    """The version, when this person may see it."""
    found = OwnPolicy.objects.visible_to(request.user).of(request.organisation)
    return get_object_or_404(
        found.select_related("organisation", "job", "created_by", "submitted_by", "decided_by", "supersedes"), pk=pk
    )


@within()
def index(request: TenantRequest) -> HttpResponse:
    """What is in force, the versions before it, and the policies that ship."""
    found = (
        OwnPolicy.objects.visible_to(request.user).of(request.organisation).select_related("created_by", "decided_by")
    )
    now = own_policies.current(request.organisation)
    shown = request.GET.get("show", "")
    shown = shown if shown in SHIPPED else ""
    policy = load_policy(shown) if shown else _policy(now.body if now is not None else "")
    context = {
        "now": now, "page": Paginator(found.defer("body", "effect"), 50).get_page(request.GET.get("page")), "tab": "policies",
        "policy": policy, "rules": _rules(policy), "shown": shown, "shipped": BASES, "may": request.membership.may(Act.CALCULATE),
        "title": policy.title.get(words.lang(), policy.name),
    }  # fmt: skip
    return render(request, "library/policies.html", context)


def _policy(body: str) -> Policy:
    if not body:
        return load_policy(DEFAULT)
    with as_file(body) as path:
        return load_policy(path, own_policies.SHOWN)


def _rules(policy: Policy) -> list[dict[str, Any]]:
    """Rules as people read them, by the country they are for."""
    found = []
    policies = {"": policy} if not policy.by_country else policy.by_country
    for country, each in policies.items():
        for rule in each.rules:
            found.append({
                "country": "" if country == "*" else country, "types": rule.types, "note": rule.note.get(words.lang(), ""),
                "order": [own_policies.line_of(tier) for tier in rule.order],
                "market": [own_policies.line_of(tier) for tier in rule.market],
            })  # fmt: skip
    return found


@within(Act.CALCULATE)
def new(request: TenantRequest) -> HttpResponse:
    """An editor that begins with what is in force."""
    return _editor(request, None)


@within(Act.CALCULATE)
def edit(request: TenantRequest, pk: int) -> HttpResponse:
    """A draft, or one that was returned."""
    row = row_of(request, pk)
    if not proposals.may_change(row, request.membership):
        return redirect("own-policy", key=request.organisation.key, pk=pk)
    return _editor(request, row)


def _editor(request: TenantRequest, row: OwnPolicy | None) -> HttpResponse:
    sent = request.method == "POST"
    expert = request.GET.get("as") == "yaml"
    name = row.named if row else f"policy-v{(OwnPolicy.objects.of(request.organisation).count()) + 1}"
    body = row.body if row is not None else own_policies.fresh(request.organisation, name)
    wrong: list[str] = []
    settings = own_policies.settings_of(body)
    reason = row.reason if row is not None else ""
    initial = {
        **{each: getattr(settings, each) for each in Settings.__slots__ if each not in ("rules", "title")},
        "reason": reason,
    }
    form = PolicyForm(request.POST if sent and not expert else None, initial=initial)
    rules = list(settings.rules)
    if sent:
        reason = request.POST.get("reason", "")[:2000]
        rules = rules_of(request.POST) if not expert else rules
        if "more" not in request.POST and (expert or form.is_valid()):
            try:
                body = _given(request) if expert else _from_form(form, rules, settings, name)
                made = own_policies.propose(request.membership, body, reason, row)
                return redirect("own-policy", key=request.organisation.key, pk=made.pk)
            except HengtanError as error:
                wrong = [each.sentence(words.lang()) for each in error.problems[:30]]
            except ValidationError as error:
                wrong = list(error.messages)
            body = request.POST.get("body", body)[:MOST_YAML] if expert else body
    blanks = [RuleSet()] * (BLANKS if len(rules) + BLANKS <= MOST_RULES else 0)
    refused = bool(wrong) or bool(form.errors and "more" not in request.POST)
    context = {
        "form": form, "row": row, "rules": [*rules, *blanks], "expert": expert, "body": body, "reason": reason, "wrong": wrong,
        "datasets": choices()["dataset"], "hint": "electricity, fuel.*", "tab": "policies", "base": _rules(load_policy(settings.extends)),
    }  # fmt: skip
    return render(request, "library/policy_form.html", context, status=422 if refused else 200)


def rules_of(post: QueryDict) -> list[RuleSet]:
    """The rows that hold anything."""
    rows = zip(post.getlist("types"), post.getlist("order"), post.getlist("market"), strict=False)
    found = [RuleSet(types[:1000], order[:5000], market[:5000]) for types, order, market in rows]
    return [each for each in found if each.types.strip() or each.order.strip() or each.market.strip()][:MOST_RULES]


def _from_form(form: PolicyForm, rules: list[RuleSet], before: Settings, name: str) -> str:
    given = form.cleaned_data
    return own_policies.as_yaml(
        Settings(
            given["extends"], given["countries"], given["classes"], given["earlier_years"], given["gwp_mismatch"],
            given["without_residual_mix"], rules, before.title,
        ),
        name,
    )  # fmt: skip


def _given(request: TenantRequest) -> str:
    """The YAML that was typed, or that of the file."""
    file = request.FILES.get("file")
    if file is None:
        return request.POST.get("body", "")[:MOST_YAML].replace("\r\n", "\n")
    if (file.size or 0) > MOST_YAML:
        raise ValidationError(_("The file is too large for a policy."))
    try:
        return b"".join(file.chunks()).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValidationError(_("The file is not UTF-8.")) from None


@within()
def show(request: TenantRequest, pk: int) -> HttpResponse:
    """One version: what it says and what it changes, for the whole organisation only to who may see all of it."""
    row = row_of(request, pk)
    whole = request.membership.may(Act.WHOLE)
    effect = row.effect if whole else {}
    lines = effect.get("lines", [])
    form = form_of(request)
    if form:
        return as_table(form, row.named, COLUMNS, (_line(each) for each in lines))
    under_way = row.job is not None and row.is_open and not effect and not row.job.is_over
    versions = (
        OwnPolicy.objects.of(request.organisation).select_related("created_by", "decided_by").defer("body", "effect")
    )
    before = row.supersedes.body if row.supersedes else own_policies.as_yaml(Settings(), "default")
    mine = proposals.may_change(row, request.membership)
    context: dict[str, Any] = {
        "row": row, "effect": effect, "whole": whole, "tab": "policies", "diff": differing(before, row.body), "mine": mine,
        "page": Paginator([_shown(each) for each in lines], PAGE).get_page(request.GET.get("page")),
        "may_decide": row.state == State.SUBMITTED and request.membership.may(Act.APPROVE),
        "own": request.user.pk in proposals.own_hands(row), "hands": proposals.others(row), "versions": list(versions[:50]),
        "used": [{"run": run, "rows": run.rows_posted, "kg": None} for run in usage.of_file(request.membership, row.sha256, "policy")],
        "rules": _rules(_policy(row.body)) if row.state != State.DRAFT or not row.effect else [],
        "deltas": {basis: Decimal(effect["new"][basis]) - Decimal(effect["old"][basis]) for basis in ("location", "market")} if effect else {},
        "may": request.membership.may(Act.CALCULATE), "successor": row.successors.exclude(state__in=OPEN).order_by("pk").last(),
    }  # fmt: skip
    if (under_way or (row.job is not None and not effect and row.is_open)) and row.job is not None:
        row.job.organisation = request.organisation
        context |= progress(request, row.job)
    return render(request, "library/own_policy.html", context)


def _shown(line: dict[str, Any]) -> dict[str, Any]:
    here = words.lang()
    sides = {side: line[side] | {"why": (line[side]["refused"] or {}).get(here, "")} for side in ("old", "new")}
    more = ngettext("%(number)d row", "%(number)d rows", line["rows"]) % {"number": line["rows"]}
    return line | sides | {"told": more}


def _line(line: dict[str, Any]) -> list[object]:
    shown = _shown(line)
    return [
        line["activity_type"], line["unit"], line["region"], line["year"], line["rows"], Decimal(line["quantity"]),
        line["old"]["factor_id"], line["old"]["market_factor_id"], line["old"]["match"], line["new"]["factor_id"], line["new"]["market_factor_id"], line["new"]["match"],
        Decimal(line["location"]), Decimal(line["market"]), shown["old"]["why"], shown["new"]["why"],
    ]  # fmt: skip


@within()
def decide(request: TenantRequest, pk: int) -> HttpResponse:
    """Compute again, submit, discard, approve or return."""
    row = row_of(request, pk)
    return decided(
        request, row, lambda: own_policies.submit(row, request.membership), "own-policy", "policies",
        _("Approved. Every later run chooses factors by it."), again=lambda: own_policies.look_again(row, request.membership),
    )  # fmt: skip


@within()
def file(request: TenantRequest, pk: int) -> HttpResponse:
    """The policy file, as ``hengtan calculate --policy`` reads it."""
    row = row_of(request, pk)
    answer = HttpResponse(row.body, content_type="application/yaml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{row.named}.yaml"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
