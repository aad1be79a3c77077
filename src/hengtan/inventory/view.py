"""What a report is told about one finished run: plain values, no table, no file.

The calculation fills :class:`ReportData`; ``hengtan.reports`` draws it and computes nothing but shares and rounding.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Row = Mapping[str, Any]
"""One line of a table. Masses are exact ``Decimal`` in kg (or decimal text), counts ``int``, the rest text.

``None`` (or an absent key) means "not known"; it is never shown as 0.
"""


@dataclass(frozen=True, slots=True)
class ReportData:
    """One inventory as the reports need it. Masses in kg; CO2e in the GWP set of ``summary["gwp_set"]``.

    manifest        run.json: hengtan {version}, created, command, inputs [{file, sha256, bytes, rows, sheet}],
                    options {gwp, as_of, policy, period, template, approach, upstream, draws, lang, engine},
                    library {version, digest}, files [{role, file, sha256}], outputs {emissions_sha256, digest},
                    counts, control, uncertainty {stated}, organisation {name?, period, ...}, phases {name: seconds}, sample? (marks a demo)
    summary         summary.json as the contract (section 4) says it
    gases           scope, category, basis, co2_kg, ch4_kg, n2o_kg, other_co2e_kg, co2e_kg, biogenic_co2_kg
                    (gas masses are kg of the gas itself; None where a factor states CO2e only), and optionally
                    unsplit_co2e_kg: the CO2e of those of its rows whose factors state no gases and whose gas nobody tells,
                    groups: {group: kg CO2e} of ``hengtan.gases.GROUPS``, of what is neither CO2, CH4 nor N2O,
                    ungrouped_co2e_kg: what of other_co2e_kg is in no group
    factors         factor_id, name, name_zh, dataset, activity_unit, region, valid_from, valid_to, published,
                    published_assumed, source_title, source_table, source_url, licence, gwp_set, match, basis,
                    rows, co2e_kg, unverified, co2e_per_unit (as published, kg per activity_unit), and optionally
                    quantity: what was used in all, in activity_unit
    methods         id, title_en, title_zh, standard, equation, rows
    facilities      facility, org_unit, scope1_kg, scope2_location_kg, scope2_market_kg, scope3_kg, share_pct;
                    largest first
    hot_spots       activity_id, facility, activity_type, co2e_kg, share (of the total, 0..1)
    problem_counts  code, severity, count, reason, mend
    problems        the first 200 rows of problems.csv
    reference       {title, published_kg, recomputed_kg, agree, total, tolerance_pct,
                    differing: [{name, row, published_kg, recomputed_kg}]} when the template brings totals
    previous        the effects of ``compare`` against the run before: {activity, factor, method, boundary, gwp,
                    total} in kg, and optionally {before_kg, after_kg, run, name: what people call that run}
    data_quality    label, rows, co2e_kg, of the column data_quality
    """

    manifest: Mapping[str, Any]
    summary: Mapping[str, Any]
    gases: Sequence[Row] = field(default_factory=tuple)
    factors: Sequence[Row] = field(default_factory=tuple)
    methods: Sequence[Row] = field(default_factory=tuple)
    facilities: Sequence[Row] = field(default_factory=tuple)
    hot_spots: Sequence[Row] = field(default_factory=tuple)
    problem_counts: Sequence[Row] = field(default_factory=tuple)
    problems: Sequence[Row] = field(default_factory=tuple)
    reference: Row | None = None
    previous: Row | None = None
    data_quality: Sequence[Row] = field(default_factory=tuple)
