"""What a person asked ``calculate`` for, and how run.json remembers it, so that ``replay`` asks for the same."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hengtan.problems import HengtanError, Problem

if TYPE_CHECKING:
    from hengtan.connectors import Intake
    from hengtan.inventory.rules import Rules
    from hengtan.inventory.run import Options


@dataclass(frozen=True, slots=True)
class Request:
    """Files and options as typed; paths are relative to ``base`` ("" is the working directory).

    places   where a file lies now that is not to be read where it lay, by its name
    """

    inputs: tuple[str, ...]
    template: str | None = None
    factors: tuple[str, ...] = ()
    policy: str | None = None
    instruments: str | None = None
    organisation: str | None = None
    aliases: str | None = None
    methods: tuple[str, ...] = ()
    period: str | None = None
    gwp: str = "AR5"
    as_of: str | None = None
    upstream: bool = False
    draws: int = 0
    lang: str = "en"
    base: str = ""
    places: Mapping[str, Path] = field(default_factory=dict)

    def path(self, given: str) -> Path:
        """Where a file lies that the person named so."""
        if given in self.places:
            return self.places[given]
        return Path(self.base) / given if self.base else Path(given)

    def load(self) -> tuple[Intake, Rules, Options]:
        """Read everything. Raises HengtanError for whatever is unreadable or cannot be used (exit 2)."""
        from hengtan.connectors import read
        from hengtan.factors import load_policy, open_library
        from hengtan.factors.tabular import read_sheet
        from hengtan.inventory.instruments import parse_instruments
        from hengtan.inventory.organisation import NO_ORGANISATION, parse_organisation
        from hengtan.inventory.rules import Rules
        from hengtan.inventory.run import Options
        from hengtan.methods import load_method

        library = open_library([self.path(name) for name in self.factors])
        policy = load_policy(self._name_or_path(self.policy) if self.policy else "default")
        organisation, instruments = NO_ORGANISATION, None
        if self.organisation:
            sheet = read_sheet(self.path(self.organisation), "facility", self.organisation)
            if "activity_id" in sheet.headers:
                raise HengtanError(Problem("organisation.activities", file=self.organisation))
            cells, rows = [line.cells for line in sheet.lines], [line.row for line in sheet.lines]
            organisation = parse_organisation(cells, self.organisation, rows)
        if self.instruments:
            sheet = read_sheet(self.path(self.instruments), "instrument_id", self.instruments)
            cells, rows = [line.cells for line in sheet.lines], [line.row for line in sheet.lines]
            instruments = parse_instruments(cells, self.instruments, rows)
        methods = {method.id: method for method in map(load_method, map(self.path, self.methods))}
        rules = Rules(
            library, policy, self.gwp, day(self.as_of, "--as-of"), organisation, instruments, self.upstream, methods
        )
        intake = read(
            [self.path(name) for name in self.inputs],
            template=self._name_or_path(self.template) if self.template else None,
            aliases=self.path(self.aliases) if self.aliases else None,
        )
        options = Options(
            period=period(self.period),
            draws=self.draws,
            upstream=self.upstream,
            lang=self.lang,
            given=self.remembered(),
        )
        return intake, rules, options

    def _name_or_path(self, given: str) -> str:
        path = self.path(given)
        return str(path) if path.exists() else given

    def remembered(self) -> dict[str, Any]:
        """The options that run.json keeps beside those of the rules."""
        return {
            "template": self.template,
            "factors": list(self.factors),
            "policy_file": self.policy,
            "instruments": self.instruments,
            "organisation_file": self.organisation,
            "aliases": self.aliases,
            "methods": list(self.methods),
            "inputs": list(self.inputs),
        }

    def files(self) -> list[tuple[str, str]]:
        """(role, name) of every file besides the inputs."""
        named = [
            ("template", self.template),
            ("policy", self.policy),
            ("instruments", self.instruments),
            ("organisation", self.organisation),
            ("aliases", self.aliases),
            *(("factors", name) for name in self.factors),
            *(("method", name) for name in self.methods),
        ]
        return [(role, name) for role, name in named if name and self.path(name).is_file()]

    @classmethod
    def remember(cls, manifest: Mapping[str, Any], folder: Path) -> Request:
        """The request that made a run; its relative paths are searched where they lay beside the folder."""
        options = manifest["options"]
        return cls(
            inputs=tuple(options["inputs"]),
            template=options.get("template"),
            factors=tuple(options.get("factors", ())),
            policy=options.get("policy_file"),
            instruments=options.get("instruments"),
            organisation=options.get("organisation_file"),
            aliases=options.get("aliases"),
            methods=tuple(options.get("methods", ())),
            period=options.get("period"),
            gwp=options["gwp"],
            as_of=options.get("as_of"),
            upstream=bool(options.get("upstream")),
            draws=int(options.get("draws") or 0),
            lang=options.get("lang", "en"),
            base=os.path.relpath(folder / manifest.get("base", "."), Path.cwd()),
        )


def day(text: str | None, option: str) -> date | None:
    """A date of the command line."""
    if not text:
        return None
    try:
        if "W" in text:  # a week is no day
            raise ValueError(text)
        return date.fromisoformat(text)
    except ValueError:
        raise HengtanError(Problem("option.not-a-date", values={"option": option, "value": text})) from None


def period(text: str | None) -> Any:
    """FROM/TO, both inclusive, either may be empty; a year or a month stands for its days."""
    from hengtan.inventory.checks import Period

    if not text:
        return Period()
    first, slash, last = text.partition("/")
    if not slash:
        last = first
    found = Period(_edge(first, first_day=True), _edge(last, first_day=False))
    if found.first and found.last and found.last < found.first:
        raise HengtanError(Problem("option.period-backwards", values={"value": text}))
    return found


def _edge(text: str, *, first_day: bool) -> date | None:
    text = text.strip()
    if len(text) == 4 and text.isdigit():
        return day(f"{text}-01-01" if first_day else f"{text}-12-31", "--period")
    if len(text) == 7 and text[4] == "-":
        start = day(f"{text}-01", "--period")
        if start and not first_day:
            from calendar import monthrange

            return start.replace(day=monthrange(start.year, start.month)[1])
        return start
    return day(text, "--period")
