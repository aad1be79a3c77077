"""Policies: which datasets answer for which activities, in which order, and how far a substitute may go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from hengtan.problems import HengtanError, Problem

from .library import Library
from .taxonomy import CHOICE

CLASSES = ("pinned", "exact", "earlier-year", "parent-region", "proxy")  # the match classes, best first
BUILT_IN = ("cn", "uk", "us", "global")
OPT_IN = ("cn-proxy",)  # ship as files too, and are used only by those who ask for them
DEFAULT = "default"  # per row by the country of its region
ELSEWHERE = "*"  # in ``by_country``: countries that have no policy of their own


@dataclass(frozen=True, slots=True)
class Tier:
    """Datasets that are searched together; the next tier is asked only when this one has no answer.

    datasets  as the library names them
    factors   ids of single factors, for a company's own choice
    match     "" or "proxy": whatever is found here is no better than this class
    world     the rows for the whole world (region GLO) may answer
    anywhere  the region of the row does not matter (warming potentials)
    """

    datasets: tuple[str, ...] = ()
    factors: tuple[str, ...] = ()
    match: str = ""
    world: bool = False
    anywhere: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """The order of search for some activity types. ``market`` is asked first for the market-based result of scope 2."""

    types: tuple[str, ...]
    order: tuple[Tier, ...]
    market: tuple[Tier, ...] = ()
    note: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Policy:
    """How a factor is chosen.

    classes               match classes that may be used
    earlier_years         how many years back a factor may reach
    gwp_mismatch          "reject" or "flag": a CO2e-only factor in another GWP set
    without_residual_mix  "location" or "refuse": the market-based result where no residual mix is known
    rules                 the first whose types fit counts
    by_country            other policies by country code (``default``), ``*`` for the rest: what a row in that country gets
    """

    name: str
    title: Mapping[str, str]
    countries: tuple[str, ...] = ()
    classes: tuple[str, ...] = CLASSES
    earlier_years: int = 3
    gwp_mismatch: str = "reject"
    without_residual_mix: str = "location"
    rules: tuple[Rule, ...] = ()
    by_country: Mapping[str, Policy] = field(default_factory=dict)
    source: str = ""

    def at(self, country: str) -> Policy:
        """The policy for a row in this country: itself, unless it sends countries elsewhere."""
        return self.by_country.get(country) or self.by_country.get(ELSEWHERE, self)

    def rule(self, activity_type: str) -> Rule | None:
        """The first rule whose types fit."""
        for rule in self.rules:
            if any(fnmatchcase(activity_type, pattern) for pattern in rule.types):
                return rule
        return None


@cache
def policy_for(country: str) -> Policy:
    """The built-in policy for a country: CN ``cn``, GB ``uk``, US ``us``, all others ``global``."""
    for name in BUILT_IN:
        policy = load_policy(name)
        if country in policy.countries:
            return policy
    return load_policy("global")


def load_policy(name: str | Path, shown: str = "") -> Policy:
    """A built-in policy by name, ``default`` (per row by country), or one from a file, which is read each time.

    shown  the file as the person named it

    Raises HengtanError: no such file, or what does not fit the form (policy.* problems).
    """
    if name == DEFAULT:
        return _default()
    if name in (*BUILT_IN, *OPT_IN):
        return _built_in(str(name))
    path = Path(name)
    if not path.is_file():
        known = ", ".join((*BUILT_IN, *OPT_IN, DEFAULT))
        raise HengtanError(Problem("policy.no-file", file=str(name), values={"known": known}))
    return _read(path, shown or str(name))


@cache
def _default() -> Policy:
    world = _built_in("global")
    return replace(
        world,
        name=DEFAULT,
        title={"en": "By the country of each row", "zh": "按各行所在国家"},
        by_country={code: policy for name in BUILT_IN for code, policy in _own(_built_in(name))} | {ELSEWHERE: world},
    )


def _own(policy: Policy) -> list[tuple[str, Policy]]:
    return [(code, policy) for code in policy.countries]


@cache
def _built_in(name: str) -> Policy:
    return _read(CHOICE / "policies" / f"{name}.yaml", f"{name}.yaml")


def _read(path: Path, shown: str) -> Policy:
    import yaml  # noqa: PLC0415  needed only when a policy is read

    try:
        body = yaml.load(path.read_text("utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  safe
    except (yaml.YAMLError, ValueError) as error:  # ValueError: no UTF-8, a date that is none, a number too long
        detail = " ".join(str(error).split())
        raise HengtanError(Problem("policy.unreadable", file=shown, values={"detail": detail})) from error
    form = _Form(shown)
    policy = form.policy(body, path.stem)
    if form.problems:
        raise HengtanError(form.problems)
    return policy


_TEXT_CHOICES = {"gwp_mismatch": ("reject", "flag"), "without_residual_mix": ("location", "refuse")}
_KEYS = ("name", "title", "extends", "countries", "classes", "earlier_years", *_TEXT_CHOICES, "rules", "source")


class _Form:
    """Reads the mapping of a policy file strictly and gathers every problem."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []

    def policy(self, body: Any, stem: str) -> Policy:
        if not isinstance(body, dict):
            self._wrong("", "a mapping", "映射（键: 值）")
            return Policy(stem, {})
        self._keys(body, _KEYS, "")
        name = str(body.get("name", stem))
        base = self._base(body.get("extends"))
        title = body.get("title", name)
        changes: dict[str, Any] = {
            "name": name,
            "title": title if isinstance(title, dict) else {"en": str(title), "zh": str(title)},
            "source": str(body.get("source", "")),
        }
        for key, allowed in _TEXT_CHOICES.items():
            if key in body:
                changes[key] = self._one_of(body[key], allowed, key)
        if "classes" in body:
            changes["classes"] = tuple(self._one_of(item, CLASSES, "classes") for item in self._list(body, "classes"))
        if "countries" in body:
            changes["countries"] = tuple(str(item) for item in self._list(body, "countries"))
        if "earlier_years" in body:
            years = body["earlier_years"]
            if isinstance(years, bool) or not isinstance(years, int) or not 0 <= years <= 50:
                self._wrong("earlier_years", "a whole number from 0 to 50", "0 至 50 的整数")
            else:
                changes["earlier_years"] = years
        own = tuple(self._rule(item, f"rules[{number}]") for number, item in enumerate(self._list(body, "rules"), 1))
        if base is None:
            if "rules" not in body and "extends" not in body:
                self._wrong("rules", "a list of rules, or extends: default", "规则列表，或 extends: default")
            return Policy(**changes, rules=own)
        only = changes.get(
            "countries", ()
        )  # of a base that sends countries elsewhere: the rest of them stay as they are
        policies = {
            code: policy if only and code not in only else _laid_over(policy, changes, own, name)
            for code, policy in base.by_country.items()
        }
        new = {
            code: _laid_over(base.at(code), changes, own, name) for code in only if policies and code not in policies
        }
        return replace(_laid_over(base, changes, own, ""), by_country={**new, **policies})

    def _base(self, name: Any) -> Policy | None:
        if name is None:
            return None
        known = (*BUILT_IN, *OPT_IN, DEFAULT)
        chosen = self._one_of(name, known, "extends")
        return load_policy(chosen) if chosen in known else None

    def _rule(self, body: Any, where: str) -> Rule:
        if not isinstance(body, dict):
            self._wrong(where, "a mapping with types and order", "含 types 与 order 的映射")
            return Rule((), ())
        self._keys(body, ("types", "order", "market", "note"), where)
        patterns = tuple(str(item) for item in self._list(body, "types", where))
        if not patterns:
            self._wrong(f"{where}.types", "a list of activity types, * for any", "活动类型列表，* 表示任意")
        tiers = [
            tuple(self._tier(item, f"{where}.{key}[{n}]") for n, item in enumerate(self._list(body, key, where), 1))
            for key in ("order", "market")
        ]
        note = body.get("note", {})
        return Rule(
            patterns, tiers[0], tiers[1], note if isinstance(note, dict) else {"en": str(note), "zh": str(note)}
        )

    def _tier(self, body: Any, where: str) -> Tier:
        if not isinstance(body, dict):
            self._wrong(where, "a mapping with datasets or factors", "含 datasets 或 factors 的映射")
            return Tier()
        self._keys(body, ("datasets", "factors", "match", "world", "anywhere"), where)
        datasets, factors = (
            tuple(str(item) for item in self._list(body, key, where)) for key in ("datasets", "factors")
        )
        if not datasets and not factors:
            self._wrong(where, "datasets or factors", "datasets 或 factors")
        match = self._one_of(body["match"], ("proxy",), f"{where}.match") if "match" in body else ""
        flags = {}
        for key in ("world", "anywhere"):
            flags[key] = body.get(key, False)
            if not isinstance(flags[key], bool):
                self._wrong(f"{where}.{key}", "true or false", "true 或 false")
        return Tier(datasets, factors, match, bool(flags["world"]), bool(flags["anywhere"]))

    def _list(self, body: Mapping[str, Any], key: str, where: str = "") -> list[Any]:
        value = body.get(key, [])
        if isinstance(value, list):
            return value
        self._wrong(f"{where}.{key}".lstrip("."), "a list", "列表")
        return []

    def _one_of(self, value: Any, allowed: Sequence[str], where: str) -> str:
        if value not in allowed:
            self._wrong(where, "one of " + ", ".join(allowed), "以下之一：" + "、".join(allowed))
        return str(value)

    def _keys(self, body: Mapping[Any, Any], allowed: Sequence[str], where: str) -> None:
        for key in body:
            if key not in allowed:
                values = {"key": f"{where}.{key}".lstrip("."), "allowed": ", ".join(allowed)}
                self.problems.append(Problem("policy.unknown-key", file=self.file, values=values))

    def _wrong(self, where: str, wanted: str, wanted_zh: str) -> None:
        values = {"key": where or self.file, "wanted": wanted, "wanted_zh": wanted_zh}
        self.problems.append(Problem("policy.wrong-value", file=self.file, values=values))


def _laid_over(base: Policy, changes: Mapping[str, Any], own: tuple[Rule, ...], name: str) -> Policy:
    """The base with what the file says changed, its rules asked before those of the base."""
    named = {"name": f"{name} ({base.name})"} if name else {}
    return replace(base, **{**changes, **named}, rules=(*own, *base.rules))


def unknown_names(policy: Policy, library: Library, file: str = "") -> list[Problem]:
    """Datasets and factors that a policy names and the library does not hold: a slip in a file that a person wrote."""
    from rapidfuzz import process  # noqa: PLC0415  30 ms, for a mistake only

    names: dict[str, bool] = {}
    for rule in policy.rules:
        for tier in (*rule.order, *rule.market):
            names |= dict.fromkeys(tier.datasets, True) | dict.fromkeys(tier.factors, False)
    problems = []
    for name, is_dataset in names.items():
        if name in library.datasets if is_dataset else name in library:
            continue
        near = [hit[0] for hit in process.extract(name, list(library.datasets), limit=3)] if is_dataset else []
        near = near or library.near(name)
        values = {"name": name, "near": ", ".join(near) or "-"}
        problems.append(Problem("policy.unknown-dataset", file=file, values=values))
    return problems
