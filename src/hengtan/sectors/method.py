"""The accounting method of a sector, as its guideline states it: parameters, sources of emissions, rules of rounding."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from hengtan.methods import Equation

KINDS = ("direct", "indirect", "removed", "note")
"""direct and indirect count, removed is subtracted (CO2 or CH4 recovered), a note stands outside the total."""
CATEGORIES: Mapping[str, Mapping[str, str]] = {
    "combustion": {"en": "combustion of fuels", "zh": "燃料燃烧排放"},
    "process": {"en": "processes", "zh": "过程排放"},
    "fugitive": {"en": "fugitive", "zh": "逃逸排放"},
    "waste": {"en": "waste and wastewater", "zh": "废弃物（废水）处理排放"},
    "electricity": {"en": "electricity bought and passed on", "zh": "购入、输出电力产生的排放"},
    "heat": {"en": "heat bought and passed on", "zh": "购入、输出热力产生的排放"},
    "removal": {"en": "fixed in products, recovered", "zh": "固碳产品隐含与回收利用（扣减）"},
    "beside": {"en": "reported beside the total", "zh": "单独报告（不计入合计）"},
}
"""The kinds of sources that GB/T 32150 has an enterprise identify, in its order."""


@dataclass(frozen=True, slots=True)
class Default:
    """A value that the guideline gives. years: half-open days, None for an open end; mark R read in the source, K known from it."""

    value: Fraction
    text: str
    source: str
    mark: str
    first: date | None = None
    last: date | None = None

    def holds(self, year: int | None) -> bool:
        """Whether it describes the year; without one, whether it holds at all times."""
        if year is None:
            return self.first is None and self.last is None
        return (self.first is None or self.first.year <= year) and (self.last is None or year <= self.last.year)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One value that a statement gives.

    sums           months add up; else the year is the mean of the months weighted by ``weight``
    ways           equations that give it where it is not given itself, tried in their order
    low, high      what cannot be is outside of these, what is unusual outside of ``usual``
    once_measured  a value measured in a month may not go back to the default later in the year
    decimals       of the year's value, None where the guideline does not say
    also           other ways to write the unit, of the same size
    """

    name: str
    unit: str
    title: Mapping[str, str]
    sums: bool = False
    weight: Equation | None = None
    ways: tuple[Equation, ...] = ()
    defaults: tuple[Default, ...] = ()
    low: Fraction | None = Fraction(0)
    high: Fraction | None = None
    usual: tuple[Fraction, Fraction] | None = None
    once_measured: bool = False
    decimals: int | None = None
    only_default: bool = False
    also: tuple[str, ...] = ()

    def default(self, year: int | None) -> Default | None:
        """The default of a year; where the year has none yet, or no year is said, the newest that is not later.

        Whether it describes the year itself, ``Default.holds`` says. None where there is none.
        """
        exact = [each for each in self.defaults if each.holds(year)]
        if exact:
            return exact[0]
        earlier = [each for each in self.defaults if each.first and (year is None or each.first.year <= year)]
        return max(earlier, key=lambda each: each.first or date.min) if earlier else None


@dataclass(frozen=True, slots=True)
class Item:
    """A member of a group: a fuel, a carbonate, a product. gas: what one unit releases, where it differs by item."""

    id: str
    title: Mapping[str, str]
    parameters: Mapping[str, Parameter]
    gas: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Like things that a statement names one by one: ``fuel.bituminous.amount``.

    own   parameters of an item that the guideline does not list: every value is to be given

    Where the guideline lists none at all and one is enough, its name may be left out: ``mine.ventilated``.
    """

    id: str
    title: Mapping[str, str]
    items: Mapping[str, Item]
    own: Mapping[str, Parameter] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        """Whether the guideline lists no item of its own."""
        return not self.items


@dataclass(frozen=True, slots=True)
class Part:
    """A summand of a source. group: summed over its items, "" for single parameters; gas: "" for the gas of the item."""

    group: str
    gas: str
    equation: Equation
    minus: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """Something that emits.

    processes  of which processes of the statement, empty for all
    counts     whether it is in the entity's total (processes of a whole that is balanced as one are not)
    """

    id: str
    title: Mapping[str, str]
    kind: str
    parts: tuple[Part, ...]
    processes: tuple[str, ...] = ()
    counts: bool = True
    mark: str = "K"
    source: str = ""
    category: str = "process"


@dataclass(frozen=True, slots=True)
class Ratio:
    """A figure beside emissions: carbon intensity, load factor.

    equation  over emissions (``e``), single parameters, and names of ``reads``
    reads     name -> ``group.*.parameter`` (summed over items), ``group.item.parameter``, or ``emissions:group`` (t of the gas of a part)
    """

    id: str
    title: Mapping[str, str]
    unit: str
    equation: Equation
    processes: tuple[str, ...] = ()
    decimals: int | None = None
    reads: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SectorMethod:
    """A guideline.

    emission_decimals, summary_decimals  None where the guideline does not say
    gwp_beside                           gas -> potential of another set, for gases that the guideline counts and its own set lacks
    """

    id: str
    title: Mapping[str, str]
    sector: Mapping[str, str]
    standard: str
    source: str
    mark: str
    first: date
    last: date | None
    published: date
    gwp: str
    groups: Mapping[str, Group]
    parameters: Mapping[str, Parameter]
    sources: Sequence[Source]
    ratios: Sequence[Ratio]
    processes: Mapping[str, Mapping[str, str]]
    emission_decimals: int | None
    summary_decimals: int | None
    notes: tuple[Mapping[str, str], ...]
    gwp_beside: Mapping[str, Default] = field(default_factory=dict)

    def find(self, name: str) -> tuple[str, str, Parameter] | None:
        """(group, item, parameter) of a name in a statement; ("", "", ...) of a single one; None where there is none."""
        if name in self.parameters:
            return "", "", self.parameters[name]
        group_id, _, rest = name.partition(".")
        item_id, _, parameter = rest.rpartition(".")
        group = self.groups.get(group_id)
        if group is None or not (item_id or group.is_open):
            return None
        item = group.items.get(item_id)
        known = item.parameters if item else group.own
        return (group_id, item_id, known[parameter]) if parameter in known else None

    def inputs(self) -> Iterator[tuple[str, Mapping[str, str], Parameter]]:
        """(name in a statement, title, parameter) of everything that may be given."""
        for name, parameter in self.parameters.items():
            yield name, parameter.title, parameter
        for group in self.groups.values():
            for name, parameter in group.own.items() if group.is_open else ():
                yield f"{group.id}.{name}", _joined(group.title, parameter.title), parameter
            for item in group.items.values():
                for name, parameter in item.parameters.items():
                    yield f"{group.id}.{item.id}.{name}", _joined(item.title, parameter.title), parameter

    def title_of(self, name: str) -> Mapping[str, str]:
        """What a parameter of a statement is called; of an item of one's own with the name that it was given."""
        found = self.find(name)
        if found is None:
            return {"en": name, "zh": name}
        group_id, item_id, parameter = found
        if not group_id:
            return parameter.title
        group = self.groups[group_id]
        item = group.items.get(item_id)
        if item is None and item_id:
            return _joined({"en": item_id, "zh": item_id}, parameter.title)
        return _joined(item.title if item else group.title, parameter.title)

    def read_anywhere(self) -> frozenset[str]:
        """Names that some equation reads; other single parameters are listed by the guideline to stand beside the emissions."""
        equations = [part.equation for source in self.sources for part in source.parts]
        equations += [ratio.equation for ratio in self.ratios]
        for parameter in (
            *self.parameters.values(),
            *(each for group in self.groups.values() for each in group.own.values()),
        ):
            equations += [*parameter.ways, *([parameter.weight] if parameter.weight else [])]
        return frozenset().union(*(equation.names for equation in equations))

    def by_title(self) -> Mapping[str, str]:
        """Titles in both languages, in lower case -> name; those that several share are left out."""
        found: dict[str, str] = {}
        for name, title, _parameter in self.inputs():
            for text in {title["en"].casefold(), title["zh"].casefold()}:
                found[text] = "" if text in found else name
        return {text: name for text, name in found.items() if name}


def _joined(first: Mapping[str, str], second: Mapping[str, str]) -> Mapping[str, str]:
    return {"en": f"{first['en']}, {second['en']}", "zh": f"{first['zh']}：{second['zh']}"}
