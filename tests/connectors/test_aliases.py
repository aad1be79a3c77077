"""A company's own names."""

import pytest

from hengtan.connectors import read
from hengtan.problems import HengtanError

from .conftest import HEADER, quantities, row

ALIASES = """kind,alias,name
unit,度,kWh
unit,Kubikmeter,m3
activity_type,Strom,electricity
facility,W1,Werk 1
region,本部,CN-33
column,Menge,quantity
format,numbers,decimal-comma
format,dates,day-first
"""


@pytest.fixture
def aliases(tmp_path):
    def write(text, name="aliases.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_names_are_replaced_and_the_given_one_is_kept(csv_of, aliases):
    header = [name if name != "quantity" else "Menge" for name in HEADER]
    rows = [
        row(facility="w1 ", activity_type="STROM", unit="度", quantity="1.234", start="03/04/2023"),
        row(quantity="1,5"),
    ]
    one, two = csv_of(rows, header=header, aliases=aliases(ALIASES)).sources[0].data.to_pylist()
    assert (one["facility"], one["activity_type"], one["unit"], one["quantity"]) == (
        "Werk 1",
        "electricity",
        "kWh",
        "1234",
    )
    assert (one["unit_as_given"], one["activity_type_as_given"], str(one["start"])) == ("度", "STROM", "2023-04-03")
    assert (two["unit"], two["unit_as_given"], two["quantity"]) == ("kWh", None, "1.5")


def test_yaml_says_the_same(csv_of, aliases):
    path = aliases("unit: {度: kWh}\nformat:\n  numbers: decimal-point\n", "a.yaml")
    intake = csv_of([row(unit="度", quantity="1,234")], aliases=path)
    assert quantities(intake) == ["1234"]
    assert intake.sources[0].data.column("unit").to_pylist() == ["kWh"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("kind,alias,name\nunits,a,b\n", "file.alias-kind"), ("kind,alias,name\nunit,,b\n", "file.alias-empty"),
        ("kind,alias,name\ncolumn,a,amount\n", "file.alias-name"), ("kind,alias,name\nformat,numbers,comma\n", "file.alias-name"),
        ("kind,alias,name\nunit,a,kg\nunit,A,t\n", "file.alias-twice"), ("unit,a,kg\n", "file.alias-header"),
    ],
)  # fmt: skip
def test_a_bad_aliases_file_is_refused(csv_of, aliases, text, code):
    with pytest.raises(HengtanError) as caught:
        csv_of([row()], aliases=aliases(text))
    assert [problem.code for problem in caught.value.problems] == [code]


@pytest.mark.parametrize("text", ["- a", "unit: {a: [1]}", "unit: [a]", "{", "unit: {a: b"])
def test_bad_yaml_is_refused(csv_of, aliases, text):
    with pytest.raises(HengtanError):
        csv_of([row()], aliases=aliases(text, "a.yaml"))


def test_a_missing_aliases_file_is_refused(tmp_path):
    with pytest.raises(HengtanError) as caught:
        read([tmp_path / "x.csv"], aliases=tmp_path / "none.csv")
    assert caught.value.problems[0].code == "file.missing"
