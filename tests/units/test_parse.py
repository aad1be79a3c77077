"""What people write for a unit, and what is refused rather than guessed."""

import pytest

from hengtan.problems import catalogue
from hengtan.units import (
    AmbiguousUnitError,
    PriceYearError,
    UnitError,
    UnknownUnitError,
    parse,
    parse_compound,
    symbols,
)

CONTRACT = """t kg g mg lb short_ton long_ton kWh MWh GWh Wh 万kWh MJ GJ TJ kBtu mmBtu therm tce kgce L m3 ML Nm3 万Nm3 scf gal_us
gal_uk bbl km mile vehicle.km vehicle.mile p.km passenger.mile t.km short_ton.mile room.night FTE.hour kg_COD USD_2022 CNY_2023""".split()  # noqa: SIM905
ENERGY = "kWh MWh GWh Wh 万kWh MJ GJ TJ kBtu mmBtu therm tce kgce".split()  # noqa: SIM905


@pytest.mark.parametrize("symbol", CONTRACT + [unit + basis for unit in ENERGY for basis in ("_ncv", "_gcv", "_hhv")])
def test_every_symbol_of_the_contract_is_itself(symbol):
    assert parse(symbol).symbol == symbol


@pytest.mark.parametrize(
    ("text", "symbol"),
    [
        ("千瓦时", "kWh"), ("度", "kWh"), ("万千瓦时", "万kWh"), ("万度", "万kWh"), ("兆瓦时", "MWh"), ("吨", "t"), ("公斤", "kg"),
        ("千克", "kg"), ("克", "g"), ("升", "L"), ("立方米", "m3"), ("立方", "m3"), ("标立方米", "Nm3"), ("标方", "Nm3"),
        ("万标方", "万Nm3"), ("万标立方米", "万Nm3"), ("10⁴Nm³", "万Nm3"), ("吉焦", "GJ"), ("百万千焦", "GJ"), ("吨标准煤", "tce"),
        ("吨标煤", "tce"), ("千克标准煤", "kgce"), ("公里", "km"), ("吨公里", "t.km"), ("人公里", "p.km"), ("间夜", "room.night"),
        ("kwh", "kWh"), ("KWH", "kWh"), ("ｋＷｈ", "kWh"), ("Kilowatt hours", "kWh"), ("kilowatt-hour", "kWh"), ("MWH", "MWh"),
        ("cubic meter", "m3"), ("cubic meters", "m3"), ("Cubic Metres", "m3"), ("metre cubed", "m3"), ("m³", "m3"), ("㎥", "m3"),
        ("litres", "L"), ("liter", "L"), ("l", "L"), ("US gallons", "gal_us"), ("tonnes", "t"), ("metric ton", "t"), ("T", "t"),
        ("therms", "therm"), ("MMBtu", "mmBtu"), ("mmbtu", "mmBtu"), ("gj", "GJ"), ("Nm³", "Nm3"), ("barrels", "bbl"),
        ("kWh (Gross CV)", "kWh_gcv"), ("kWh (Net CV)", "kWh_ncv"), ("kWh (gross CV)", "kWh_gcv"), ("kWh HHV", "kWh_gcv"),
        ("GJ (LHV)", "GJ_ncv"), ("吉焦（低位发热量）", "GJ_ncv"), ("passenger.km", "p.km"), ("passenger-km", "p.km"),
        ("t·km", "t.km"), ("tonne-km", "t.km"), ("vehicle miles", "vehicle.mile"), ("kg COD", "kg_COD"), ("  kg ", "kg"),
        ("USD2022", "USD_2022"), ("2022 USD", "USD_2022"), ("usd 2022", "USD_2022"), ("人民币2023", "CNY_2023"), ("2023年人民币", "CNY_2023"),
    ],
)  # fmt: skip
def test_names_in_chinese_and_english_are_understood(text, symbol):
    assert parse(text).symbol == symbol


@pytest.mark.parametrize(
    "text",
    [
        "ton",
        "Tons",
        "gallon",
        "gallons",
        "加仑",
        "m",
        "cf",
        "mt",
        "Mt",
        "MT",
        "MG",
        "mL",
        "ml",
        "Mcf",
        "万立方米",
        "ton-mile",
        "BTU",
    ],
)
def test_a_name_with_several_meanings_is_refused_with_the_candidates(text):
    with pytest.raises(AmbiguousUnitError) as told:
        parse(text)
    assert told.value.near
    assert all(parse(symbol) for symbol in told.value.near)
    assert told.value.problem_code == "unit.ambiguous"


@pytest.mark.parametrize(
    ("text", "currency"), [("USD", "USD"), ("cny", "CNY"), ("元", "CNY"), ("RMB", "CNY"), ("€", "EUR")]
)
def test_money_without_a_price_year_is_refused_with_a_problem_of_its_own(text, currency):
    with pytest.raises(PriceYearError) as told:
        parse(text)
    assert told.value.problem_code == "unit.price-year"
    assert told.value.values["currency"] == currency


@pytest.mark.parametrize(
    "text", ["", " ", "parsec", "$", "¥", "USD_22", "XYZ_2022", "kWh_foo", "kg/t", "%", "CO2e", "m2"]
)
def test_an_unknown_unit_is_told_and_never_guessed(text):
    with pytest.raises(UnknownUnitError) as told:
        parse(text)
    assert told.value.problem_code in catalogue()


def test_the_nearest_units_are_named():
    with pytest.raises(UnknownUnitError) as told:
        parse("tonnez")
    assert "t" in told.value.near


def test_a_companys_own_names_come_first():
    assert parse("ton", {"ton": "short_ton"}).symbol == "short_ton"
    assert parse("tons", {"ton": "short_ton", "tons": "t"}).symbol == "t"


def test_megagrams_are_not_milligrams():
    with pytest.raises(AmbiguousUnitError):
        parse("Mg")
    assert parse("mg").symbol == "mg"


def test_every_unit_error_has_a_sentence_in_both_languages():
    for name in (
        "unknown",
        "ambiguous",
        "price-year",
        "mismatch",
        "calorific-basis",
        "price-index",
        "exchange-rate",
    ):
        entry = catalogue()[f"unit.{name}"]
        assert set(entry.reason) == set(entry.mend) == {"en", "zh"}


@pytest.mark.parametrize(
    ("text", "dimension"),
    [
        ("t C/GJ_ncv", "mass C / energy ncv"), ("kg CO2/kg C", "mass CO2 / mass C"), ("GJ_ncv/万Nm3", "energy ncv / normal_volume"),
        ("1", "1"), ("%", "1"), ("kJ/kg", "energy / mass"), ("kg/TJ_ncv", "mass / energy ncv"), ("kg CH4/kg_COD", "mass CH4 / cod"),
    ],
)  # fmt: skip
def test_the_unit_of_a_parameter_keeps_substance_and_calorific_basis_apart(text, dimension):
    assert parse_compound(text).dimension() == dimension


def test_a_compound_unit_that_does_not_parse_says_which_part():
    with pytest.raises(UnitError) as told:
        parse_compound("t/parsec")
    assert "parsec" in str(told.value)


def test_symbols_are_case_sensitive_but_unique():
    assert len({unit.symbol for unit in symbols().values()}) == len(symbols())
