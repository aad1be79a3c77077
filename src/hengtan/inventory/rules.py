"""Everything besides the rows that decides a coefficient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from hengtan.factors import Library, Policy
from hengtan.methods import Method, find

from .instruments import Instrument
from .organisation import NO_ORGANISATION, Organisation


@dataclass(frozen=True, slots=True)
class Rules:
    """What a calculation goes by.

    as_of         factors published later are not seen
    instruments   None: no instruments file, an ``instrument`` in a row names a factor
    upstream      derive scope 3 category 3 from the fuels and the energy of scope 1 and 2
    methods       the company's own, by id
    """

    library: Library
    policy: Policy
    gwp: str = "AR5"
    as_of: date | None = None
    organisation: Organisation = NO_ORGANISATION
    instruments: Mapping[str, Instrument] | None = None
    upstream: bool = False
    methods: Mapping[str, Method] = field(default_factory=dict)

    def method(self, name: str) -> Method | None:
        """A method by the name that a row gives: the company's own first; None for an unknown or empty name."""
        name = name.strip()
        return (self.methods.get(name) or find(name)) if name else None
