"""The parts of a report: each reads the run and returns blocks; the files of the standards put them in order.

``PARTS`` names them all. A part returns no block where it has nothing to say, and says so in words where a reader would miss something.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..blocks import Block
from ..reading import Reading
from . import checks, chinese, emissions, evidence, factors, gases, methods, places, quality

Part = Callable[[Reading], list[Block]]

PARTS: Mapping[str, Part] = {
    part.__name__: part
    for part in (
        emissions.summary,
        emissions.scopes,
        emissions.categories,
        emissions.iso_categories,
        emissions.scope2,
        emissions.scope3,
        gases.gases,
        gases.biogenic,
        places.facilities,
        places.hot_spots,
        places.months,
        methods.organisation,
        methods.boundary,
        methods.methods,
        methods.gwp,
        factors.factors,
        factors.sources,
        quality.uncertainty,
        quality.quality,
        checks.index,
        checks.control,
        checks.exclusions,
        checks.reference,
        checks.changes,
        evidence.statement,
        evidence.evidence,
        evidence.attributions,
        chinese.cn_summary,
        chinese.cn_activity,
        chinese.cn_signature,
    )
}

__all__ = ["PARTS", "Part"]
