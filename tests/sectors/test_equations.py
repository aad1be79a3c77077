"""Every source of every guideline against its equation, written once more as it stands in the fact sheets 01 and 01b.

Nothing here reads the equations of ``sectors/data``: each line is the equation of the sheet in plain Python, with its own constants, and
values drawn at random. Section numbers: sheet 01 (§2 to §8), sheet 01b (by its heading).
"""

import random
from fractions import Fraction

import pytest

from hengtan.sectors import calculate, read_statement, sector_methods

F = Fraction
C = F(44, 12)
SAR = {"CH4": 21, "N2O": 310, "CF4": 6500, "C2F6": 9200, "C3F8": 7000, "SF6": 23900, "HFC-23": 11700, "HFC-134a": 1300}
AR5 = {"CF4": 6630, "C2F6": 11100}


def fuel(n):
    """§2: FC x NCV x CC x OF x 44/12."""
    return n["amount"] * n["ncv"] * n["cc"] * n["of"] * C


def balance(inputs, outputs):
    """01b, chemicals: (sum AD_r C_r - sum AD_p C_p) x 44/12, as a function of {group: {name: value}}."""

    def of(n):
        return (
            sum(n[group]["amount"] * n[group]["carbon"] for group in inputs)
            - sum(n[group]["amount"] * n[group]["carbon"] for group in outputs)
        ) * C

    return of


def g(group, item, *names):
    """Names of a statement for the parameters of one item."""
    return {name: f"{group}.{item}.{name}" for name in names}


FUEL = g("fuel", "straw", "amount", "ncv", "cc", "of")
POWER = {each: each for each in ("electricity_bought", "electricity_exported", "grid_factor")}
HEAT = {each: each for each in ("heat_bought", "steam_bought", "steam_enthalpy", "hot_water_bought", "hot_water_temperature", "heat_exported", "heat_factor")}  # fmt: skip
WATER = {each: each for each in ("wastewater", "cod_in", "cod_out", "sludge_cod", "bo", "mcf")}


def power(n):
    """§2: (purchased - exported) x EF."""
    return (n["electricity_bought"] - n["electricity_exported"]) * n["grid_factor"]


def heat(n):
    """§2: Q = M (h - 83.74)/1000; Q = M (T - 20) 4.1868/1000; (purchased - exported) x EF."""
    steam = n["steam_bought"] * (n["steam_enthalpy"] - F("83.74")) / 1000
    water = n["hot_water_bought"] * (n["hot_water_temperature"] - 20) * F("4.1868") / 1000
    return (n["heat_bought"] + steam + water - n["heat_exported"]) * n["heat_factor"]


def wastewater(n):
    """§2: (TOW - S) x Bo x MCF x 1e-3 t CH4, TOW = W (COD_in - COD_out)."""
    tow = n["wastewater"] * (n["cod_in"] - n["cod_out"])
    return (tow - n["sludge_cod"]) * n["bo"] * n["mcf"] / 1000 * SAR["CH4"]


def carbonates(n):
    return n["amount"] * n["ef"] * n["purity"]


def nitrous(n):
    """01b: AD x EF x (1 - eta x mu) x 1e-3, N2O 310."""
    return n["output"] * n["ef"] * (1 - n["destruction"] * n["utilisation"]) / 1000 * 310


def flare(n):
    """01b: Q x (C x OF x 44/12 + V x 19.7)."""
    return n["gas"] * (n["carbon"] * n["oxidation"] * C + n["co2_share"] * F("19.7"))


def gas_use(gas, extra="used_share"):
    """01b, electronics: (1 - h) FC (1 - U)(1 - a d) GWP; by-products B instead of 1 - U; kg."""

    def of(n):
        share = 1 - n["used_share"] if extra == "used_share" else n["per_unit"]
        return (1 - n["heel"]) * n["amount"] * share * (1 - n["abated_share"] * n["abatement"]) * SAR[gas] / 1000

    return of


def removal(name, factor=1, gas=1):
    return lambda n: n[name] * n[f"{name}_purity"] * F("7.17") * gas * factor


def purity(name):
    return {name: name, f"{name}_purity": f"{name}_purity"}


USE = ("amount", "heel", "abated_share", "abatement")
CO2_BACK = ("co2_recovery", purity("co2_recovered"), lambda n: n["co2_recovered"] * n["co2_recovered_purity"] * F("19.7"))  # fmt: skip
COMMON = [("fuel", FUEL, fuel), ("electricity", POWER, power), ("heat", HEAT, heat)]
METHANE = [
    ("ch4_used", purity("ch4_used") | {"ch4_oxidation": "ch4_oxidation"}, lambda n: removal("ch4_used", n["ch4_oxidation"], 21)(n)),
    ("ch4_sold", purity("ch4_sold"), removal("ch4_sold", 1, 21)),
    ("ch4_flared", {"ch4_flare_flow": "ch4_flare_flow", "ch4_flare_hours": "ch4_flare_hours", "ch4_flared_purity": "ch4_flared_purity", "ch4_flare_efficiency": "ch4_flare_efficiency"},
     lambda n: n["ch4_flare_flow"] * n["ch4_flare_hours"] * n["ch4_flared_purity"] * F("7.17") * n["ch4_flare_efficiency"] * 21),
]  # fmt: skip
CARBONATE = ("carbonates", g("carbonate", "CaCO3", "amount", "ef", "purity"), carbonates)


def groups(*names):
    """{group: {name: statement name}} of mass balances."""
    return {group: g(group, "x", "amount", "carbon") for group in names}


def balanced(source, inputs, outputs):
    return (source, groups(*inputs, *outputs), balance(inputs, outputs))


def single(source, *names, of):
    return (source, {name: name for name in names}, of)


EQUATIONS = {
    # 01b, first heading: B x I x EF x TR
    "cn-power-2013": [*COMMON, single("fgd", "fgd_agent", "fgd_carbonate", "fgd_factor", "fgd_conversion",
                                      of=lambda n: n["fgd_agent"] * n["fgd_carbonate"] * n["fgd_factor"] * n["fgd_conversion"])],
    # §4: FC x C_ar x OF x 44/12, C_ar = C_ad (100 - M_ar)/(100 - M_ad)
    "cn-power-2022": [
        ("coal", g("coal", "conventional", "amount", "c_ad", "m_ar", "m_ad", "of"),
         lambda n: n["amount"] * n["c_ad"] * (1 - n["m_ar"]) / (1 - n["m_ad"]) * n["of"] * C),
        ("fuel", FUEL, fuel),
    ],
    # §5: no oxidation factor at the enterprise; FC_net = bought - resold - covered power units
    "cn-steel-2024": [
        ("fuel", g("fuel", "straw", "bought", "resold", "to_power_units", "ncv", "cc"),
         lambda n: (n["bought"] - n["resold"] - n["to_power_units"]) * n["ncv"] * n["cc"] * C),
        ("material", g("material", "limestone", "amount", "ef"), lambda n: n["amount"] * n["ef"]),
        ("product", g("product", "crude_steel", "amount", "ef"), lambda n: n["amount"] * n["ef"]),
        ("power_unit", g("unit_fuel", "straw", "amount", "ncv", "cc", "of"), fuel),
        ("process", {"in": g("fuel", "straw", "amount", "ncv", "cc"), "out": g("output_fuel", "char", "amount", "ncv", "cc")},
         lambda n: (n["in"]["amount"] * n["in"]["ncv"] * n["in"]["cc"] - n["out"]["amount"] * n["out"]["ncv"] * n["out"]["cc"]) * C),
        ("electricity", POWER, power), ("heat", HEAT, heat),
    ],
    # §6: Q x EF - sum(m x deduction)
    "cn-cement-2024": [
        ("process", {"clinker": g("clinker", "special", "output", "ef"), "slag": g("material", "special", "amount", "deduction")},
         lambda n: n["clinker"]["output"] * n["clinker"]["ef"] - n["slag"]["amount"] * n["slag"]["deduction"]),
        *COMMON,
    ],
    # §6: Q x [(FR1-FR10) x 44/56 + (FR2-FR20) x 44/40] + Q x FR0 x 44/12
    "cn-cement-2013": [
        single("calcination", "clinker", "cao", "cao_other", "mgo", "mgo_other",
               of=lambda n: n["clinker"] * ((n["cao"] - n["cao_other"]) * F(44, 56) + (n["mgo"] - n["mgo_other"]) * F(44, 40))),
        single("organic_carbon", "raw_meal", "organic_carbon", of=lambda n: n["raw_meal"] * n["organic_carbon"] * C),
        ("alternative_fuel", g("alternative_fuel", "tyres", "amount", "ncv", "ef", "fossil_share"),
         lambda n: n["amount"] * n["ncv"] * n["ef"] * n["fossil_share"]),
        *COMMON,
    ],
    # §7: Q x C_net x (1 - S - A) x 44/12; slope 0.143 x AEM, C2F6 a tenth of it
    "cn-aluminium-2024": [
        single("anode", "aluminium", "anode_net", "anode_sulphur", "anode_ash",
               of=lambda n: n["aluminium"] * n["anode_net"] * (1 - n["anode_sulphur"] - n["anode_ash"]) * C),
        single("anode_effect", "aluminium", "anode_effect_minutes",
               of=lambda n: n["aluminium"] * F("0.143") * n["anode_effect_minutes"] * (AR5["CF4"] + F("0.1") * AR5["C2F6"]) / 1000),
        ("electricity", POWER, power), ("heat", HEAT, heat),
    ],
    "cn-aluminium-2013": [
        single("anode", "aluminium", "anode_net", "anode_sulphur", "anode_ash",
               of=lambda n: n["aluminium"] * n["anode_net"] * (1 - n["anode_sulphur"] - n["anode_ash"]) * C),
        single("anode_effect", "aluminium", "cf4_factor", "c2f6_factor",
               of=lambda n: n["aluminium"] * (n["cf4_factor"] * SAR["CF4"] + n["c2f6_factor"] * SAR["C2F6"]) / 1000),
        single("limestone", "limestone", "limestone_factor", of=lambda n: n["limestone"] * n["limestone_factor"]),
        *COMMON,
    ],
    "cn-chemicals-2013": [
        balanced("feedstock", ["raw"], ["product", "waste"]), CARBONATE, CO2_BACK,
        ("nitric", g("nitric", "hp", "output", "ef", "destruction", "utilisation"), nitrous),
        ("adipic", g("adipic", "oxidation", "output", "ef", "destruction", "utilisation"), nitrous), *COMMON,
    ],
    "cn-petrochemicals-2014": [
        ("flare", g("flare", "main", "gas", "carbon", "oxidation", "co2_share"), flare),
        ("accident", g("accident", "a", "flow", "hours", "carbon", "oxidation", "co2_share"),
         lambda n: n["flow"] * n["hours"] * (n["carbon"] * n["oxidation"] * C + n["co2_share"] * F("19.7"))),
        ("catalyst", g("catalyst", "fcc", "coke", "carbon", "oxidation"), lambda n: n["coke"] * n["carbon"] * n["oxidation"] * C),
        ("reforming", g("reforming", "r", "catalyst", "before", "after"),
         lambda n: n["catalyst"] * (1 - n["before"]) * (n["before"] / (1 - n["before"]) - n["after"] / (1 - n["after"])) * C),
        balanced("hydrogen", ["hydrogen_feed"], ["hydrogen_out"]), balanced("calcining", ["calcining_in"], ["calcining_out"]),
        single("asphalt", "asphalt", "asphalt_factor", of=lambda n: n["asphalt"] * n["asphalt_factor"]),
        ("decoking", g("decoking", "f", "flow", "hours", "co2_share", "co_share"),
         lambda n: n["flow"] * n["hours"] * (n["co2_share"] + n["co_share"]) * F("19.7")),
        single("ethylene_oxide", "ethylene_fed", "ethylene_carbon", "ethylene_oxide", "ethylene_oxide_carbon",
               of=lambda n: (n["ethylene_fed"] * n["ethylene_carbon"] - n["ethylene_oxide"] * n["ethylene_oxide_carbon"]) * C),
        CO2_BACK, *METHANE, *COMMON,
    ],
    "cn-flat-glass-2013": [
        single("carbon_powder", "carbon_powder", "carbon_powder_carbon", of=lambda n: n["carbon_powder"] * n["carbon_powder_carbon"] * C),
        ("carbonates", g("carbonate", "Na2CO3", "amount", "ef", "calcined"), lambda n: n["amount"] * n["ef"] * n["calcined"]), *COMMON,
    ],
    "cn-ceramics-2013": [
        ("carbonates", g("raw", "clay", "amount", "utilisation", "caco3", "mgco3"),
         lambda n: n["amount"] * n["utilisation"] * (n["caco3"] * F(44, 100) + n["mgco3"] * F(44, 84))), *COMMON,
    ],
    "cn-paper-2015": [
        single("limestone", "limestone", "limestone_factor", of=lambda n: n["limestone"] * n["limestone_factor"]),
        ("wastewater", WATER, wastewater), single("methane_recovered", "methane_recovered", of=lambda n: n["methane_recovered"] * 21),
        ("biomass", g("biomass", "bark", "amount", "ef"), lambda n: n["amount"] * n["ef"]), *COMMON,
    ],
    "cn-aviation-2013": [
        ("flight", g("flight", "jet", "amount", "ncv", "cc", "of", "bio_share"), lambda n: fuel(n) * (1 - n["bio_share"])),
        ("biofuel", g("flight", "jet", "amount", "ncv", "cc", "of", "bio_share"), lambda n: fuel(n) * n["bio_share"]), *COMMON,
    ],
    "cn-public-buildings-2015": [
        ("refrigerant", g("refrigerant", "HFC-134a", "amount"), lambda n: n["amount"] * 1300), *COMMON,
    ],
    "cn-grid-2013": [
        ("sf6_repair", g("repair", "gis", "capacity", "recovered"), lambda n: (n["capacity"] - n["recovered"]) / 1000 * 23900),
        ("sf6_retirement", g("retirement", "gis", "capacity", "recovered"), lambda n: (n["capacity"] - n["recovered"]) / 1000 * 23900),
        single("loss", "fed_in", "imported", "exported", "sold", "grid_factor",
               of=lambda n: (n["fed_in"] + n["imported"] - n["exported"] - n["sold"]) * n["grid_factor"]),
    ],
    "cn-other-industry-2015": [CARBONATE, ("wastewater", WATER, wastewater), *METHANE, CO2_BACK, *COMMON],
    "cn-magnesium-2013": [
        single("ferrosilicon", "ferrosilicon", "ferrosilicon_factor", of=lambda n: n["ferrosilicon"] * n["ferrosilicon_factor"]),
        single("dolomite", "dolomite", "dolomite_factor", of=lambda n: n["dolomite"] * n["dolomite_factor"]), *COMMON,
    ],
    "cn-carbon-materials-2024": [
        balanced("calcining", ["calcining_in"], ["calcining_out"]), balanced("baking", ["baking_in"], ["baking_out"]),
        balanced("graphitising", ["graphitising_in"], ["graphitising_out"]),
        ("fume", g("fume", "x", "amount", "carbon"), lambda n: n["amount"] * n["carbon"] * C),
        single("fgd", "fgd_agent", "fgd_carbonate", "fgd_factor", of=lambda n: n["fgd_agent"] * n["fgd_carbonate"] * n["fgd_factor"]), *COMMON,
    ],
    "cn-machinery-2015": [
        ("filling", g("filling", "SF6", "stock_begin", "bought", "stock_end", "in_products", "recovered"),
         lambda n: (n["stock_begin"] + n["bought"] - n["stock_end"] - n["in_products"] - n["recovered"]) / 1000 * 23900),
        ("coupling", g("coupling", "SF6", "filled", "couplings", "loss"), lambda n: n["filled"] * n["couplings"] * n["loss"] / 1000 * 23900),
        ("welding", g("welding", "mix", "amount", "co2_share"), lambda n: n["amount"] * n["co2_share"]), *COMMON,
    ],
    "cn-electronics-2015": [
        ("process_gas", g("process_gas", "C3F8", *USE, "used_share"), gas_use("C3F8")),
        ("byproduct", g("byproduct", "C2F6", *USE, "per_unit"), gas_use("CF4", "per_unit")),
        ("byproduct_c2f6", g("byproduct_c2f6", "C4F8", *USE, "per_unit"), gas_use("C2F6", "per_unit")),
        ("byproduct_c3f8", g("byproduct_c3f8", "C4F8", *USE, "per_unit"), gas_use("C3F8", "per_unit")), *COMMON,
    ],
    "cn-road-transport-2015": [
        ("by_distance", g("by_distance", "diesel", "distance", "per_distance", "density", "ncv", "cc", "of"),
         lambda n: n["distance"] * n["per_distance"] * n["density"] / 1000 * n["ncv"] * n["cc"] * n["of"] * C),
        ("vehicle_ch4", g("vehicle", "bus", "distance", "ch4", "n2o"), lambda n: n["distance"] * n["ch4"] / 10**6 * 21),
        ("vehicle_n2o", g("vehicle", "bus", "distance", "ch4", "n2o"), lambda n: n["distance"] * n["n2o"] / 10**6 * 310),
        single("urea", "urea", "urea_purity", of=lambda n: n["urea"] * F(12, 60) * n["urea_purity"] * C), *COMMON,
    ],
    "cn-coal-2014": [
        ("mine", g("mine", "a", "ventilated", "drained", "used"), lambda n: (n["ventilated"] + n["drained"] - n["used"]) * F("0.67") / 1000 * 21),
        ("mine_co2", g("mine", "a", "ventilated", "co2"), lambda n: n["co2"] * F("1.84") / 1000),
        ("open_cast", g("open_cast", "a", "output", "ef"), lambda n: n["output"] * n["ef"] * F("0.67") / 1000 * 21),
        ("post_mining", g("post_mining", "a", "output", "ef"), lambda n: n["output"] * n["ef"] * F("0.67") / 1000 * 21),
        ("flare", g("flare", "a", "methane", "oxidation"), lambda n: n["methane"] * F("7.17") * n["oxidation"] * F(44, 16)), *COMMON,
    ],
    "cn-oil-gas-2014": [
        ("flare_co2", g("flare", "main", "gas", "carbon", "oxidation", "co2_share", "ch4_share"), flare),
        ("flare_ch4", g("flare", "main", "gas", "carbon", "oxidation", "ch4_share"), lambda n: n["gas"] * n["ch4_share"] * (1 - n["oxidation"]) * F("7.17") * 21),
        ("venting", g("venting", "well", "count", "ef"), lambda n: n["count"] * n["ef"] * 21),
        ("leakage", g("leakage", "well", "count", "ef"), lambda n: n["count"] * n["ef"] * 21),
        ("dehydration", g("dehydration", "teg", "gas", "ef"), lambda n: n["gas"] * n["ef"] * 21),
        ("acid_gas", g("acid_gas", "a", "gas_in", "co2_in", "gas_out", "co2_out"),
         lambda n: (n["gas_in"] * n["co2_in"] - n["gas_out"] * n["co2_out"]) * F("19.7")),
        *METHANE, CO2_BACK, *COMMON,
    ],
    "cn-coking-2014": [
        ("coking", groups("coking_in", "coking_out", "coking_gas"), balance(["coking_in"], ["coking_out", "coking_gas"])), CO2_BACK, *COMMON,
    ],
    "cn-fluorochemicals-2015": [
        single("hfc23", "hcfc22", "hfc23_rate", "hfc23_recovered", "hfc23_destroyed",
               of=lambda n: (n["hcfc22"] * n["hfc23_rate"] - n["hfc23_recovered"] - n["hfc23_destroyed"]) * 11700),
        single("hfc23_co2", "hcfc22", "hfc23_rate", "hfc23_destroyed", of=lambda n: n["hfc23_destroyed"] * F(44, 70)),
        ("product", g("product", "HFC-134a", "output", "loss"), lambda n: n["output"] * n["loss"] * 1300), *COMMON,
    ],
    "cn-mining-2015": [
        ("carbonates", g("carbonate", "MgCO3", "amount", "content", "decomposed", "ef"), lambda n: n["amount"] * n["content"] * n["decomposed"] * n["ef"]),
        single("carbonation", "carbonated", of=lambda n: n["carbonated"]), *COMMON,
    ],
    "cn-food-2015": [
        CARBONATE, ("wastewater", WATER, wastewater), single("co2_loss", "co2_bought", "co2_loss", of=lambda n: n["co2_bought"] * n["co2_loss"]), *COMMON,
    ],
}  # fmt: skip
ONLY_IN = {"process": "ironmaking", "power_unit": "power"}


def flat(names):
    """(keys, name in the statement) of a mapping that may be nested."""
    for key, value in names.items():
        if isinstance(value, dict):
            yield from (((key, inner), name) for inner, name in value.items())
        else:
            yield (key,), value


def drawn(parameter, rng):
    """A number within what may be, with six digits; large where nothing bounds it."""
    low, high = parameter.low or F(0), parameter.high
    if high is None or high > 1000:
        return F(rng.randint(1000, 999999), 1000) + low
    return low + (high - low) * F(rng.randint(1, 999), 1000)


@pytest.mark.parametrize("method_id", list(sector_methods()))
@pytest.mark.parametrize("seed", [1, 2])
def test_each_source_is_the_equation_of_the_sheet(method_id, seed):
    method, rng = sector_methods()[method_id], random.Random(f"{method_id}{seed}")
    for source, names, equation in EQUATIONS[method_id]:
        given, rows = {}, []
        for keys, name in flat(names):
            parameter = method.find(name)[2]
            default = parameter.default(2023)
            value = default.value if parameter.only_default and default else drawn(parameter, rng)
            place = given
            for key in keys[:-1]:
                place = place.setdefault(key, {})
            place[keys[-1]] = value
            process = ONLY_IN.get(source, "") if method.processes else ""
            rows.append({"entity": "E", "process": process, "parameter": name, "value": f"{float(value)!r}",
                         "unit": parameter.unit, "obtained": "measured"})  # fmt: skip
        result = calculate(read_statement(list(enumerate(rows, 2)), method, 2023), method, 2023)
        wrong = [problem.sentence() for problem in result.problems if problem.severity == "error"]
        assert not wrong, (source, wrong)
        (found,) = [each for each in result.sources if each.source.id == source]
        expected = equation(given)
        if method.emission_decimals is None:
            assert found.co2e_t == expected, (source, float(found.co2e_t), float(expected))
        else:  # steel rounds values and emissions: a percent of a percent of what is weighed
            assert float(found.co2e_t) == pytest.approx(float(expected), rel=2e-3, abs=0.02), source


def test_every_source_of_every_guideline_has_its_equation_here():
    for method in sector_methods().values():
        assert {each.id for each in method.sources} == {source for source, *_ in EQUATIONS[method.id]}, method.id
