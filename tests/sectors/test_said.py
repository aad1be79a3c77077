"""A Chinese reader meets the documents under their Chinese names."""

import re

from hengtan.sectors import sector_methods
from hengtan.sectors.said import said

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
