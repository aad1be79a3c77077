"""An equation that gives another thing than it says is refused when the guideline is read."""

import json
from dataclasses import replace

import pytest

from hengtan.methods import Equation
from hengtan.sectors import sector_methods
from hengtan.sectors.dimension import DimensionError, check
from hengtan.sectors.loader import _merged, _method, _yaml


def broken(method_id, old, new, key="sources"):
    """The guideline as its file says it, with one text replaced in its equations."""
    body = _merged(_yaml(f"{method_id}.yaml"), _yaml("blocks.yaml"))
    text = json.dumps(body[key], ensure_ascii=False)
    assert old in text
    return _method({**body, key: json.loads(text.replace(old, new, 1))})


def test_every_guideline_gives_tonnes_of_its_gas():
    for method in sector_methods().values():
        check(method)


BROKEN = [
    ("cn-chemicals-2013", "amount * ncv * cc * of * 44 / 12", "amount * ncv * cc * of", "sources", "mass C"),  # carbon, not CO2
    ("cn-chemicals-2013", "output * ef * (1 - destruction * utilisation) / 1000", "output * ef * (1 - destruction * utilisation)", "sources", "mass N2O of 1,"),
    ("cn-grid-2013", "(capacity - recovered) / 1000", "(capacity - recovered)", "sources", "mass of 1,"),  # kg, not t
    ("cn-paper-2015", "(tow - sludge_cod) * bo", "(tow - wastewater) * bo", "sources", "volume"),
    ("cn-steel-2024", "amount * ncv * cc * 44 / 12", "amount * cc * 44 / 12", "sources", "energy"),
    ("cn-other-industry-2015", "steam_bought * (steam_enthalpy - 83.74) / 1000", "steam_bought * (steam_enthalpy - 83.74)", "parameters", "steam_heat"),
    ("cn-petrochemicals-2014", "co2_share * 19.7", "co2_share * 7.17", "sources", "mass CH4"),
    ("cn-power-2022", "generation / (rated_power * running_hours)", "generation / rated_power", "ratios", "load_factor"),
]  # fmt: skip


@pytest.mark.parametrize(("method_id", "old", "new", "key", "told"), BROKEN)
def test_a_slip_in_an_equation_is_refused_on_load(method_id, old, new, key, told):
    with pytest.raises(DimensionError, match=told):
        check(broken(method_id, old, new, key))


def test_a_name_that_nothing_gives_is_refused():
    method = sector_methods()["cn-steel-2024"]
    (source, *others) = method.sources
    (part,) = source.parts
    wrong = replace(
        method, sources=(replace(source, parts=(replace(part, equation=Equation("amount * ncvv")),)), *others)
    )
    with pytest.raises(DimensionError, match="there is no ncvv"):
        check(wrong)
