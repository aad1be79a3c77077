from __future__ import annotations

import pytest

from hengtan.factors import open_library
from hengtan.factors.placing import Place, category_in, place, scope_in


@pytest.mark.parametrize(
    ("text", "scope", "category"),
    [
        ("mobile", 1, "mobile"),
        ("Mobile combustion", 1, "mobile"),
        ("移动源", 1, "mobile"),
        ("Purchased Electricity", 2, "electricity"),
        ("6", 3, "6"),
        ("3.6", 3, "6"),
        ("Category 15", 3, "15"),
        ("类别6", 3, "6"),
        ("Business travel", 3, "6"),
        ("员工通勤", 3, "7"),
        ("3.16", 3, ""),
        ("6", 1, ""),
        ("mobile", 3, ""),
        ("", 1, ""),
    ],
)
def test_a_category_is_understood_as_people_write_it(text: str, scope: int, category: str) -> None:
    assert category_in(text, scope) == category


@pytest.mark.parametrize(
    ("text", "scope"), [("1", 1), ("Scope 2", 2), ("范围三", 3), ("3.0", 3), ("4", None), ("3.6", None), ("", None)]
)
def test_a_scope_is_understood_as_people_write_it(text: str, scope: int | None) -> None:
    assert scope_in(text) == scope


def test_every_row_of_the_library_has_a_place_of_its_own() -> None:
    for part in open_library().parts:
        for row in range(0, len(part.ids), 7):
            factor = part.factor(row)
            if factor.category == "project_baseline":
                continue
            found = place(factor, None, "", "", pinned=True)
            assert isinstance(found, Place), factor.factor_id
            assert (found.scope is None) is (factor.category == "biogenic_outside_scopes"), factor.factor_id
            if factor.scope in (1, 2):
                assert found.scope == factor.scope
                assert found.category, factor.factor_id
