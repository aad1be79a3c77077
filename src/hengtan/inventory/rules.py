"""Everything besides the rows that decides a coefficient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from hengtan.factors import Library, Policy

from .instruments import Instrument
from .organisation import NO_ORGANISATION, Organisation


@dataclass(frozen=True, slots=True)
class Rules:
    """What a calculation goes by.

    as_of         factors published later are not seen
    instruments   None: no instruments file, an ``instrument`` in a row names a factor
    upstream      derive scope 3 category 3 from the fuels and the energy of scope 1 and 2
    """

    library: Library
    policy: Policy
    gwp: str = "AR5"
    as_of: date | None = None
    organisation: Organisation = NO_ORGANISATION
    instruments: Mapping[str, Instrument] | None = None
    upstream: bool = False
