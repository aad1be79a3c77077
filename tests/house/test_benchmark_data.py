"""The benchmark is about rows that can be weighed."""

import pyarrow.compute as pc
from benchmarks import generate as benchmarks

from hengtan.factors import Choice, Coefficients, Query, coefficients, find_type, open_library, policy_for, resolve


def test_every_type_unit_region_and_year_finds_its_factor():
    library, lost = open_library(), []
    for country, kinds in benchmarks.kinds().items():
        policy = policy_for(country)
        for kind in kinds:
            bases = ("location", "market") if find_type(kind.activity_type).scope == 2 else ("-",)
            for region, year, basis in [
                (r, y, b) for r in benchmarks.REGIONS[country] for y in benchmarks.YEARS for b in bases
            ]:
                found = resolve(
                    Query(kind.activity_type, kind.unit, region, year), basis=basis, library=library, policy=policy
                )
                if not (
                    isinstance(found, Choice) and isinstance(coefficients(found.factor, "AR5", policy), Coefficients)
                ):
                    lost.append((kind.activity_type, kind.unit, region, year, basis))
    assert lost == []


def test_there_are_200_types_and_40_regions():
    assert len({kind.activity_type for kinds in benchmarks.kinds().values() for kind in kinds}) == 200
    assert sum(len(regions) for regions in benchmarks.REGIONS.values()) == 40


def test_the_same_rows_come_out_whatever_the_chunks_before_and_about_one_in_a_thousand_is_wrong():
    company = benchmarks.streams(1_000_000)
    table = benchmarks.chunk(company, 0, 100_000)
    assert table.equals(benchmarks.chunk(company, 0, 100_000))
    assert pc.count_distinct(table["activity_id"]).as_py() == 100_000
    wrong = pc.or_kleene(
        pc.is_null(table["quantity"]),
        pc.or_kleene(pc.less(table["quantity"], 0), pc.less(table["end"], table["start"])),
    )
    wrong = pc.or_kleene(wrong, pc.equal(table["activity_type"], "misc. energy"))
    assert 50 < pc.sum(pc.fill_null(wrong, True)).as_py() < 200
