"""Methods of an organisation: a form and its YAML, checked as a whole, proven by a case, versions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from typing import Any

import yaml
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from hengtan.connectors.headers import headings
from hengtan.factors.factor import decimal
from hengtan.gases import SETS
from hengtan.methods import GASES, Method, MethodError, coefficient, ids, load_method
from hengtan.problems import HengtanError, Problem, both
from hengtan.units import UnitError, parse
from hengtan.web.activities.models import OPEN, State
from hengtan.web.organisations.models import Membership
from hengtan.web.organisations.roles import Act

from .models import Json, OwnMethod
from .proposals import next_version, opened, submitted
from .yaml_text import as_file, guard

SHOWN = "method.yaml"
ID, NAME = re.compile(r"[a-z0-9][a-z0-9-]{2,59}"), re.compile(r"[a-z][a-z0-9_]{0,39}")
RESERVED = frozenset({"amount", "quantity", "factor", "co2_per_c", "row", "cell", "source", "position"})
MOST = 60  # inputs and parameters together
RESULTS = ("co2_kg", "ch4_kg", "n2o_kg", "biogenic_co2_kg", "co2e_kg")
EXACT = Context(prec=60, rounding=ROUND_HALF_EVEN)


def read(body: str) -> Method:
    """The method of a file. Raises HengtanError with everything that is wrong with it."""
    guard(body, "method.file-unreadable", SHOWN)
    given = yaml.load(body, Loader=yaml.BaseLoader)  # noqa: S506  builds nothing but text, lists and mappings
    if not isinstance(given, dict):
        values = {"where": "method", "text": str(given)[:80], "wanted": "key: value", **both("why", "not-a-mapping")}
        raise HengtanError(Problem("method.value-bad", file=SHOWN, values=values))
    if "table" in given or given.get("unit") == "table":  # it would name a file of this machine
        raise HengtanError(
            Problem("method.key-unknown", file=SHOWN, values={"where": "method", "key": "table", "known": "values"})
        )
    try:
        with as_file(body) as path:
            method = load_method(path)
    except HengtanError as error:
        raise HengtanError([replace(each, file=SHOWN) for each in error.problems]) from error
    wrong = list(_wrong(method))
    if wrong:
        raise HengtanError(wrong)
    return method


def _wrong(method: Method) -> Iterable[Problem]:
    """What would stand in the way of others: ids that ship, names of columns that mean something else."""
    if not ID.fullmatch(method.id):
        yield _bad("id", method.id, "own-boiler-2025")
    elif method.id in ids():
        yield _bad("id", method.id, f"own-{method.id}")
    columns = (*method.amount_columns, *method.input_columns, *method.parameters)
    for column in columns:
        if not NAME.fullmatch(column.name) or column.name in RESERVED or column.name in _contract():
            yield _bad(column.name, column.name, "heat_content_gj")
    if len(columns) > MOST:
        yield _bad("inputs", str(len(columns)), f"<= {MOST}")


def _contract() -> frozenset[str]:
    return frozenset(name for name, each in headings().items() if each.required) | {
        "org_unit", "region", "supplier", "instrument", "factor_id", "method", "scope", "category", "data_quality", "evidence",
    }  # fmt: skip


def _bad(where: str, text: str, wanted: str) -> Problem:
    return Problem(
        "method.value-bad",
        file=SHOWN,
        values={"where": where, "text": text, "wanted": wanted, **both("why", "not-known")},
    )


# --- the case
@dataclass(frozen=True, slots=True)
class Reached:
    """One result of a case: what was expected and what was reached, exactly and as far as the expected one is written."""

    name: str
    expected: str
    reached: str
    exact: str
    ok: bool


def run_case(method: Method, case: Mapping[str, Any]) -> list[Reached]:
    """What the method makes of the case. Raises HengtanError for what cannot be computed, ValidationError for no case."""
    expected = {name: text for name in RESULTS if (text := str(case.get("expected", {}).get(name) or "").strip())}
    if not expected:
        raise ValidationError(_("A case is needed: what is given, and which kg must be reached."))
    try:
        quantity, year = _number(case.get("quantity")), int(str(case.get("year") or "0")[:5])
        parse(str(case.get("unit") or ""))
    except (ValueError, UnitError):
        raise ValidationError(_("The case needs a quantity, a unit that is known, and a year.")) from None
    if quantity is None or not 1900 <= year <= 2100:
        raise ValidationError(_("The case needs a quantity, a unit that is known, and a year."))
    try:
        cells = {name: str(text) for name, text in dict(case.get("inputs") or {}).items()}
        inputs = method.read(cells)
        for number in inputs.values():
            decimal(f"{number:E}")
        amount = method.amount(inputs | {"quantity": quantity})
        factor = {name: _number(text) for name, text in dict(case.get("factor") or {}).items() if name in GASES}
        gwp = str(case.get("gwp") or "AR5")
        found = coefficient(
            method, inputs, unit=str(case["unit"]), year=year, activity_type=str(case.get("activity_type") or ""),
            factor=factor or None, gwp_set=gwp if gwp in SETS else "AR5",
        )  # fmt: skip
    except MethodError as error:
        raise HengtanError(list(error.problems)) from error
    except ValueError:
        raise ValidationError(_("A number of the case cannot be read.")) from None
    return [_reached(name, text, found[name], amount) for name, text in expected.items()]


def _number(text: object) -> Decimal | None:
    return decimal(str(text or "").strip())


def _reached(name: str, text: str, per_unit: Fraction | None, amount: Decimal) -> Reached:
    try:
        wanted = decimal(text)
    except ValueError:
        wanted = None
    if wanted is None:
        raise ValidationError(_("“%(text)s” is not a number of kg.") % {"text": text[:80]})
    if per_unit is None:
        return Reached(name, text, "", "", ok=False)
    exact = per_unit * Fraction(amount)
    whole = EXACT.divide(Decimal(exact.numerator), Decimal(exact.denominator))
    places = -int(wanted.as_tuple().exponent)
    told = Decimal(round(exact * 10**places) if places >= 0 else round(exact / 10**-places) * 10**-places)
    told = told.scaleb(-places) if places > 0 else told
    return Reached(name, f"{wanted:f}", f"{told:f}", f"{whole:f}"[:40], ok=told == wanted)


# --- proposals
@transaction.atomic
def propose(
    by: Membership, body: str, case: Json, reason: str, row: OwnMethod | None = None, corrects: OwnMethod | None = None
) -> OwnMethod:
    """A draft, whatever is still wrong with it, as long as it has an id."""
    _may(by)
    if len(body) > 100_000:
        raise ValidationError(_("The file is too large for a method."))
    method_id = corrects.method_id if corrects else id_of(body)
    if row is None:
        if corrects is not None and corrects.state != State.APPROVED:
            raise ValidationError(_("Only what is in force is corrected."))
        if corrects is not None and OwnMethod.objects.of(by.organisation).filter(
            supersedes=corrects, state__in=(*OPEN, State.SUBMITTED)
        ).exists():  # fmt: skip
            raise ValidationError(_("A correction of it is under way already."))
        row = OwnMethod(organisation=by.organisation, created_by=by.user, supersedes=corrects)
        row.version = next_version(OwnMethod, by.organisation, method_id=method_id)
    else:
        row = opened(row, by)
        if row.supersedes_id:
            method_id = row.method_id
        elif row.method_id != method_id:
            row.version = next_version(OwnMethod, by.organisation, method_id=method_id)
    row.method_id, row.body, row.case, row.reason, row.reached = method_id, body, case, reason.strip()[:2000], {}
    row.save()
    return row


@transaction.atomic
def submit(row: OwnMethod, by: Membership) -> None:
    """Others may decide on it, once it holds and its case is reached."""
    _may(by)
    row = opened(row, by)
    method = read(row.body)
    if method.id != row.method_id:
        raise ValidationError(_("A correction keeps the id %(id)s.") % {"id": row.method_id})
    found = run_case(method, row.case)
    if not all(each.ok for each in found):
        missed = next(each for each in found if not each.ok)
        values = {"name": missed.name, "expected": missed.expected, "reached": missed.reached or "—"}
        raise ValidationError(
            _("The case is not reached: %(name)s is %(reached)s, %(expected)s was expected.") % values
        )
    if not str(row.case.get("source") or "").strip():
        raise ValidationError(_("Say where the case comes from."))
    if row.supersedes_id and not row.reason:
        raise ValidationError(_("Say why it is corrected."))
    row.reached = {each.name: each.exact for each in found}
    submitted(row, by, row.body.encode())


def id_of(body: str) -> str:
    """The id that the text gives; raises ValidationError for none."""
    try:
        guard(body, "method.file-unreadable", SHOWN)
        given = yaml.load(body, Loader=yaml.BaseLoader)  # noqa: S506
    except HengtanError:
        given = None
    found = str(given.get("id") or "") if isinstance(given, dict) else ""
    if not ID.fullmatch(found):
        raise ValidationError(_("Give it an id of small letters, digits and hyphens: own-boiler-2025."))
    return found


def as_yaml(form: Mapping[str, Any]) -> str:
    """The method file of a form: flat values, and rows of inputs, parameters and equations."""
    body: Json = {
        "id": form["id"],
        "title": {"en": form["title_en"], "zh": form["title_zh"]},
        "standard": form["standard"],
    }
    if form.get("applies"):
        body["applies"] = re.split(r"[\s,，、]+", form["applies"].strip())
    for name in ("fuel", "unit", "methane"):
        if form.get(name):
            body[name] = form[name]
    inputs = {each["name"]: _input(each) for each in form["inputs"] if each["name"]}
    parameters = {each["name"]: _parameter(each) for each in form["parameters"] if each["name"]}
    body |= {"inputs": inputs} if inputs else {}
    body |= {"parameters": parameters} if parameters else {}
    if form.get("factor"):
        body["factor"] = {}
    body["equation"] = {each["result"]: each["text"] for each in form["equations"] if each["text"]}
    return yaml.safe_dump(body, allow_unicode=True, sort_keys=False, width=120)


def _input(each: Mapping[str, str]) -> Json:
    made: Json = {
        "unit": each["unit"] or "1",
        "title": {"en": each["title_en"] or each["name"], "zh": each["title_zh"] or each["name"]},
    }
    if each.get("low") or each.get("high"):
        made["range"] = [each.get("low", ""), each.get("high", "")]
    return made | ({"default": each["default"]} if each.get("default") else {})


def _parameter(each: Mapping[str, str]) -> Json:
    made = _input({**each, "default": ""})
    values = []
    for line in each.get("values", "").splitlines():
        parts = [part.strip() for part in line.split("|")]
        if any(parts):
            parts += [""] * (5 - len(parts))
            named = dict(zip(("value", "valid", "published", "source", "mark"), parts, strict=False))
            values.append({name: text for name, text in named.items() if text})
    made |= {"measurable": "true"} if each.get("measurable") else {}
    return made | ({"values": values} if values else {})


def form_of(body: str) -> Json | None:
    """The form of a file; None for what a form has no fields for (amounts of several columns, notes, factor units)."""
    try:
        guard(body, "method.file-unreadable", SHOWN)
        given = yaml.load(body, Loader=yaml.BaseLoader)  # noqa: S506
    except HengtanError:
        return None
    known = {
        "id",
        "title",
        "standard",
        "applies",
        "unit",
        "fuel",
        "methane",
        "inputs",
        "parameters",
        "factor",
        "equation",
    }
    if not isinstance(given, dict) or set(given) - known or given.get("factor") not in (None, "", {}):
        return None
    try:
        title = given.get("title") or {}
        title = {"en": title, "zh": title} if isinstance(title, str) else title
        return {
            "id": given.get("id", ""), "title_en": title.get("en", ""), "title_zh": title.get("zh", ""),
            "standard": given.get("standard", ""), "applies": ", ".join(given.get("applies") or []), "unit": given.get("unit", ""),
            "fuel": given.get("fuel", ""), "methane": given.get("methane", ""), "factor": "on" if "factor" in given else "",
            "inputs": [_row(name, each) for name, each in (given.get("inputs") or {}).items()],
            "parameters": [_row(name, each) for name, each in (given.get("parameters") or {}).items()],
            "equations": [{"result": name, "text": text} for name, text in (given.get("equation") or {}).items()],
        }  # fmt: skip
    except (AttributeError, TypeError, ValueError):
        return None


def _row(name: str, each: Mapping[str, Any]) -> Json:
    title, (low, high) = each.get("title") or {}, each.get("range") or ("", "")
    title = {"en": title, "zh": title} if isinstance(title, str) else title
    lines: Sequence[Mapping[str, str]] = each.get("values") or []
    values = "\n".join(
        " | ".join(line.get(key, "") for key in ("value", "valid", "published", "source", "mark")) for line in lines
    )
    return {
        "name": name, "unit": each.get("unit", ""), "title_en": title.get("en", ""), "title_zh": title.get("zh", ""), "low": low,
        "high": high, "default": each.get("default", ""), "values": values, "measurable": each.get("measurable", ""),
    }  # fmt: skip


def _may(by: Membership) -> None:
    if not by.may(Act.CALCULATE):
        raise PermissionDenied
