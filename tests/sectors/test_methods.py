"""Every guideline with a worked case: published where there is one, else by hand beside the equation of the fact sheets 01 and 01b."""

import csv
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from hengtan.sectors import calculate, read_statement, sector_methods
from hengtan.sectors.statement import converted

FUELS = Path(__file__).parents[2] / "src/hengtan/sectors/data/fuels_cets.csv"


def result(method_id, values, year=None, place=("Plant", "", "")):
    """values: parameter -> (value, unit), or a list of twelve for the months."""
    method = sector_methods()[method_id]
    rows = []
    for name, (value, unit) in values.items():
        months = [("", value)] if not isinstance(value, list) else [(str(at), each) for at, each in enumerate(value, 1)]
        rows += [
            {"entity": place[0], "process": place[1], "unit_name": place[2], "parameter": name, "month": month,
             "value": str(each), "unit": unit, "obtained": "measured" if "default" not in str(each) else "default"}
            for month, each in months
            if each is not None
        ]  # fmt: skip
    return calculate(read_statement(list(enumerate(rows, 2)), method, year), method, year)


def only(found, source):
    (one,) = [each for each in found.sources if each.source.id == source]
    return one


def co2(method_id, values, source, **more):
    found = result(method_id, values, **more)
    assert not [problem for problem in found.problems if problem.severity == "error"], [
        p.sentence() for p in found.problems
    ]
    return only(found, source)


# (method, values, source, t CO2e, tolerance, where the number comes from)
CASES = [
    # --- published: CN-H36 coal combustion of the power guideline
    ("cn-power-2022", {"coal.conventional.amount": (1000000, "t"), "coal.conventional.c_ar": ("0.5236", "tC/t"), "coal.conventional.of": ("0.99", "1")},
     "coal", "1900668", 0, "CN-H36: 1,000,000 t x 20 GJ/t x 0.02618 tC/GJ x 0.99 x 44/12"),
    # --- published: CN-H38 steam and hot water
    ("cn-other-industry-2015", {"steam_bought": (10000, "t"), "steam_enthalpy": ("2776.2", "kJ/kg")},
     "heat", "2961.706", 0.001, "CN-H38: 26,924.6 GJ x 0.11"),
    ("cn-other-industry-2015", {"hot_water_bought": (1000, "t"), "hot_water_temperature": (90, "℃")},
     "heat", "32.23836", 0, "CN-H38: 293.076 GJ x 0.11"),
    # --- published: aluminium 1.4708 t CO2/t and 0.263 t CO2e/t (CETS-AG-04.01-V01-2024, sheet 01 section 7)
    ("cn-aluminium-2024", {"aluminium": (1, "t")}, "anode", "1.4708", 0.00005, "CETS-AG-04.01-V01-2024"),
    ("cn-aluminium-2024", {"aluminium": (1, "t")}, "anode_effect", "0.263", 0.0005, "CETS-AG-04.01-V01-2024"),
    # slope: AEM 0.2: CF4 0.0286 kg/t, C2F6 0.00286: 100,000 x (0.0286 x 6630 + 0.00286 x 11100)/1000 = 22,136.4
    ("cn-aluminium-2024", {"aluminium": (100000, "t"), "anode_effect_minutes": ("0.2", "1")}, "anode_effect", "22136.4", 0, "by hand"),
    # 2013, SAR: (0.034 x 6500 + 0.0034 x 9200)/1000 = 0.25228
    ("cn-aluminium-2013", {"aluminium": (1000, "t")}, "anode_effect", "252.28", 0, "by hand"),
    ("cn-aluminium-2013", {"limestone": (1000, "t")}, "limestone", "405", 0, "sheet 01 section 7"),
    # --- published: jet kerosene 3.153 t/t
    ("cn-aviation-2013", {"flight.jet.amount": (1, "t")}, "flight", "3.153", 0.0005, "NDRC civil aviation guideline: 3.153 t/t"),
    ("cn-aviation-2013", {"flight.jet.amount": (1000, "t"), "flight.jet.bio_share": (10, "%")}, "flight", "2837.835", 0.001, "nine tenths of 3,153.15"),
    # --- cement: 1,000,000 x 0.535 - 100,000 x 0.48 = 487,000
    ("cn-cement-2024", {"clinker.portland.output": (1000000, "t"), "material.carbide_slag.amount": (100000, "t")}, "process", "487000", 0, "CETS-AG-02.01: E = Q EF - sum(m deduction)"),
    # 1000 x ((0.65 - 0.01) x 44/56 + (0.02 - 0) x 44/40) = 524.857
    ("cn-cement-2013", {"clinker": (1000, "t"), "cao": ("0.65", "1"), "cao_other": ("0.01", "1"), "mgo": (2, "%"), "mgo_other": (0, "%")}, "calcination", "524.857143", 1e-5, "by hand"),
    ("cn-cement-2013", {"raw_meal": (1500, "t"), "organic_carbon": ("0.002", "tC/t")}, "organic_carbon", "11", 0, "1500 x 0.002 x 44/12"),
    # --- steel, sheet 01 section 5
    ("cn-steel-2024", {"material.limestone.amount": (1000, "t"), "material.electrode.amount": (10, "t")}, "material", "476.63", 0, "1000 x 0.440 + 10 x 3.663"),
    ("cn-steel-2024", {"fuel.coke.amount": (1000, "t")}, "fuel", "3067.38", 0.005, "1000 x 28.435 x 0.02942 x 44/12, no oxidation factor"),
    ("cn-steel-2024", {"product.crude_steel.amount": (100000, "t")}, "product", "3700", 0, "100,000 x 0.037"),
    # --- chemicals: (1000 x 0.8 - 500 x 0.375)... methanol 0.375: CO2 = (800 - 187.5) x 44/12
    ("cn-chemicals-2013", {"raw.coal.amount": (1000, "t"), "raw.coal.carbon": ("0.8", "tC/t"), "product.methanol.amount": (500, "t")}, "feedstock", "2245.8333", 0.001, "by hand, methanol 0.375 tC/t"),
    # nitric acid: 1000 t x 13.9 kg x (1 - 0.8 x 0.9)/1000 x 310 = 1,206.52
    ("cn-chemicals-2013", {"nitric.hp.output": (1000, "t"), "nitric.hp.destruction": (80, "%"), "nitric.hp.utilisation": (90, "%")}, "nitric", "1206.52", 1e-6, "by hand, N2O 310 (SAR)"),
    ("cn-chemicals-2013", {"adipic.oxidation.output": (10, "t")}, "adipic", "930", 0, "10 x 300 kg x 310"),
    ("cn-chemicals-2013", {"carbonate.CaCO3.amount": (100, "t"), "carbonate.CaCO3.purity": (95, "%")}, "carbonates", "41.7715", 0, "100 x 0.4397 x 0.95"),
    ("cn-chemicals-2013", {"co2_recovered": (10, "万Nm3"), "co2_recovered_purity": (99, "%")}, "co2_recovery", "195.03", 0, "10 x 0.99 x 19.7"),
    # --- petrochemicals, sheet 01b
    ("cn-petrochemicals-2014", {"flare.main.gas": (100, "万Nm3"), "flare.main.carbon": (5, "tC/万Nm3"), "flare.main.co2_share": (2, "%")}, "flare", "1836.0667", 0.001, "100 x (5 x 0.98 x 44/12 + 0.02 x 19.7)"),
    ("cn-petrochemicals-2014", {"catalyst.fcc.coke": (1000, "t")}, "catalyst", "3593.3333", 0.001, "1000 x 1 x 0.98 x 44/12"),
    ("cn-petrochemicals-2014", {"reforming.r.catalyst": (100, "t"), "reforming.r.before": (5, "%"), "reforming.r.after": (1, "%")}, "reforming", "14.8148", 0.001, "100 x 0.95 x (0.05/0.95 - 0.01/0.99) x 44/12"),
    ("cn-petrochemicals-2014", {"asphalt": (1000, "t")}, "asphalt", "30", 0, "0.03 t/t"),
    ("cn-petrochemicals-2014", {"ethylene_fed": (100, "t"), "ethylene_oxide": (120, "t")}, "ethylene_oxide", "74.0667", 0.001, "(100 x 0.856 - 120 x 0.545) x 44/12"),
    ("cn-petrochemicals-2014", {"hydrogen_feed.gas.amount": (100, "t"), "hydrogen_feed.gas.carbon": ("0.75", "tC/t"), "hydrogen_out.tail.amount": (20, "t"), "hydrogen_out.tail.carbon": ("0.3", "tC/t")}, "hydrogen", "253", 0, "(75 - 6) x 44/12"),
    # --- glass, ceramics, paper
    ("cn-flat-glass-2013", {"carbon_powder": (12, "t")}, "carbon_powder", "44", 0, "12 x 44/12"),
    ("cn-flat-glass-2013", {"carbonate.Na2CO3.amount": (1000, "t"), "carbonate.CaMgCO32.amount": (100, "t")}, "carbonates", "462.63", 0, "1000 x 0.4149 + 100 x 0.4773"),
    ("cn-ceramics-2013", {"raw.clay.amount": (1000, "t"), "raw.clay.caco3": (10, "%"), "raw.clay.mgco3": (5, "%")}, "carbonates", "63.1714", 0.001, "1000 x 0.9 x (0.1 x 44/100 + 0.05 x 44/84)"),
    ("cn-paper-2015", {"limestone": (1000, "t")}, "limestone", "405", 0, "0.405 t/t"),
    # 100,000 m3 x (2 - 0.5) kg x 0.25 x 0.5 / 1000 x 21 = 393.75
    ("cn-paper-2015", {"wastewater": (100000, "m3"), "cod_in": (2, "kg COD/m3"), "cod_out": ("0.5", "kgCOD/m3")}, "wastewater", "393.75", 0, "TOW x Bo x MCF, CH4 21 (SAR)"),
    # --- buildings, grid
    ("cn-public-buildings-2015", {"electricity_bought": (1000, "MWh")}, "electricity", "530.6", 0, "1000 x 0.5306 (2023)"),
    ("cn-grid-2013", {"repair.breakers.capacity": (100, "kg"), "repair.breakers.recovered": (96, "kg")}, "sf6_repair", "95.6", 0, "4 kg x 23,900"),
    ("cn-grid-2013", {"fed_in": (1000, "MWh"), "sold": (950, "MWh"), "grid_factor": ("0.5810", "tCO2/MWh")}, "loss", "29.05", 0, "50 x 0.5810"),
    # --- other industry
    ("cn-other-industry-2015", {"ch4_used": (1, "万Nm3"), "ch4_used_purity": (50, "%")}, "ch4_used", "74.53215", 1e-6, "0.5 x 7.17 x 0.99 x 21"),
    ("cn-magnesium-2013", {"ferrosilicon": (100, "t")}, "ferrosilicon", "279", 0, "2.79 t/t"),
    ("cn-magnesium-2013", {"dolomite": (1000, "t")}, "dolomite", "478", 0, "0.478 t/t"),
    ("cn-carbon-materials-2024", {"calcining_in.coke.amount": (1000, "t"), "calcining_in.coke.carbon": ("0.9", "tC/t"), "calcining_out.coke.amount": (800, "t"), "calcining_out.coke.carbon": ("0.98", "tC/t")}, "calcining", "425.3333", 0.001, "(900 - 784) x 44/12"),
    ("cn-carbon-materials-2024", {"fgd_agent": (100, "t")}, "fgd", "39.6", 0, "100 x 0.9 x 0.44"),
    ("cn-machinery-2015", {"filling.SF6.stock_begin": (100, "kg"), "filling.SF6.bought": (500, "kg"), "filling.SF6.stock_end": (80, "kg"), "filling.SF6.in_products": (510, "kg")}, "filling", "239", 0, "10 kg x 23,900"),
    ("cn-machinery-2015", {"welding.mix.amount": (10, "t"), "welding.mix.co2_share": (20, "%")}, "welding", "2", 0, "10 x 0.2"),
    # 100 kg x 0.9 x (1 - 0.5) x (1 - 0.8 x 0.9)/1000 x 6500 = 81.9
    ("cn-electronics-2015", {"process_gas.CF4.amount": (100, "kg"), "process_gas.CF4.used_share": (50, "%"), "process_gas.CF4.abated_share": (80, "%"), "process_gas.CF4.abatement": (90, "%")}, "process_gas", "81.9", 0, "by hand, CF4 6,500 (SAR)"),
    ("cn-electronics-2015", {"byproduct.C2F6.amount": (100, "kg"), "byproduct.C2F6.per_unit": ("0.1", "t/t")}, "byproduct", "58.5", 0, "100 x 0.9 x 0.1 x 6,500/1000"),
    # urea: 10 x 12/60 x 0.325 x 44/12 = 2.38333
    ("cn-road-transport-2015", {"urea": (10, "t")}, "urea", "2.383333", 1e-5, "M x 12/60 x P x 44/12"),
    ("cn-road-transport-2015", {"vehicle.truck.distance": (1000000, "km"), "vehicle.truck.ch4": ("0.05", "gCH4/km"), "vehicle.truck.n2o": ("0.03", "gN2O/km")}, "vehicle_n2o", "9.3", 0, "1e6 x 0.03 g x 310"),
    # coal: 1,000,000 m3 x 0.67 kg = 670 t x 21
    ("cn-coal-2014", {"mine.a.ventilated": (800000, "m3"), "mine.a.drained": (300000, "m3"), "mine.a.used": (100000, "m3")}, "mine", "14070", 0, "1e6 x 0.67e-3 x 21"),
    ("cn-oil-gas-2014", {"acid_gas.a.gas_in": (100, "万Nm3"), "acid_gas.a.co2_in": (5, "%"), "acid_gas.a.gas_out": (96, "万Nm3"), "acid_gas.a.co2_out": (1, "%")}, "acid_gas", "79.588", 0, "(5 - 0.96) x 19.7"),
    ("cn-oil-gas-2014", {"venting.well.count": (10, "1"), "venting.well.ef": ("0.5", "tCH4")}, "venting", "105", 0, "10 x 0.5 x 21"),
    ("cn-coking-2014", {"coking_in.coal.amount": (1300, "t"), "coking_in.coal.carbon": ("0.75", "tC/t"), "coking_out.coke.amount": (1000, "t"), "coking_out.coke.carbon": ("0.85", "tC/t"), "coking_gas.cog.amount": (10, "万Nm3"), "coking_gas.cog.carbon": (2, "tC/万Nm3")}, "coking", "385", 0, "(975 - 850 - 20) x 44/12"),
    # HFC-23: (1000 x 0.02 - 15) = 5 t x 11,700
    ("cn-fluorochemicals-2015", {"hcfc22": (1000, "t"), "hfc23_rate": ("0.02", "t/t"), "hfc23_destroyed": (15, "t")}, "hfc23", "58500", 0, "5 t x 11,700 (SAR)"),
    ("cn-fluorochemicals-2015", {"hcfc22": (1000, "t"), "hfc23_rate": ("0.02", "t/t"), "hfc23_destroyed": (15, "t")}, "hfc23_co2", "9.428571", 1e-5, "15 x 44/70"),
    ("cn-mining-2015", {"carbonate.CaCO3.amount": (1000, "t"), "carbonate.CaCO3.content": (90, "%"), "carbonate.CaCO3.decomposed": (50, "%")}, "carbonates", "197.865", 0, "1000 x 0.9 x 0.5 x 0.4397"),
    ("cn-food-2015", {"co2_bought": (100, "t"), "co2_loss": (40, "%")}, "co2_loss", "40", 0, "100 x 0.4"),
    ("cn-power-2013", {"fgd_agent": (1000, "t")}, "fgd", "396", 0, "1000 x 0.9 x 0.440 x 1"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("method_id", "values", "source", "expected", "tolerance", "origin"),
    CASES,
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_a_worked_case(method_id, values, source, expected, tolerance, origin):
    year = 2023
    found = co2(method_id, values, source, year=year)
    assert abs(found.co2e_t - Fraction(expected)) <= Fraction(tolerance), (origin, float(found.co2e_t))


def test_every_method_has_a_case():
    assert {case[0] for case in CASES} == set(sector_methods())


def test_the_published_factors_of_fuels_are_reached():
    """Sheet 01 section 3: NCV x CC x OF x 44/12 of both rule sets, as printed in fuel_parameters.csv."""
    printed = {"anthracite": "2.497112", "bituminous": "2.255713", "lignite": "1.548349", "washed_coal": "2.429926"}
    for fuel, factor in printed.items():
        found = co2("cn-cement-2024", {f"fuel.{fuel}.amount": (1, "t")}, "fuel")
        assert round(float(found.co2_t), 6) == pytest.approx(float(factor), abs=1e-6)


def test_defaults_carry_a_source_and_a_mark():
    for method in sector_methods().values():
        assert method.mark in "RK"
        for name, title, parameter in method.inputs():
            assert title["en"], (method.id, name)
            assert title["zh"], (method.id, name)
            assert converted(parameter.unit, parameter.unit) == 1, (method.id, name, parameter.unit)
            assert all(each.source and each.mark in "RK" for each in parameter.defaults), (method.id, name)


def test_every_name_in_an_equation_is_a_parameter():
    for method in sector_methods().values():
        for source in method.sources:
            for part in source.parts:
                group = method.groups.get(part.group)
                shapes = set(method.parameters)
                if group:
                    shapes |= set(group.own) | {name for item in group.items.values() for name in item.parameters}
                assert part.equation.names <= shapes, (method.id, source.id)


def test_the_tables_are_those_of_the_guideline():
    with FUELS.open(encoding="utf-8", newline="") as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    assert len(rows) == 25
    assert Decimal(rows["natural_gas"]["ncv"]) == Decimal("389.31")
    assert rows["natural_gas"]["unit"] == "万Nm3"
