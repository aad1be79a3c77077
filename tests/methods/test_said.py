"""A Chinese reader meets the documents under their Chinese names."""

import re

from hengtan.market.allocation import plans
from hengtan.methods.said import said
from hengtan.sectors import sector_methods

CHINESE_OR_NUMBER = re.compile(r"[\u4e00-\u9fff]|^CETS-AG-[0-9.]+-V01-2024$|^GB/T [0-9.-]+$|101.325 kPa")


def test_every_source_and_standard_has_its_chinese_name():
    for method in sector_methods().values():
        texts = {method.source, method.standard, *(each.source for each in method.sources)}
        texts |= {each.source for _, _, parameter in method.inputs() for each in parameter.defaults}
        for text in texts:
            assert CHINESE_OR_NUMBER.search(said(text, "zh")), (method.id, text)
            assert said(text, "en") == text


def test_what_an_enterprise_wrote_stays_as_it_is():
    assert said("belt scale: left", "zh") == "belt scale: left"
    assert said("ncv * cc: NDRC chemical guideline (2013)", "zh") == "ncv * cc：国家发展改革委化工指南（2013）"


def test_the_sources_of_allocation_plans_have_their_chinese_names():
    for plan in plans().values():
        texts = {plan.source, plan.published_source, *(each.source for each in plan.benchmarks.values())}
        texts |= {each.source for each in (*plan.rules.values(), *plan.special)} | (
            {plan.load.source} if plan.load else set()
        )
        for text in texts:
            assert CHINESE_OR_NUMBER.search(said(text.partition(": ")[2], "zh")), (plan.id, text)
