"""What the pages of intake show is true."""

import re
from pathlib import Path

import pytest

from hengtan.connectors.aliases import read_aliases
from hengtan.connectors.template import parse_template

DOCS = Path(__file__).parents[2] / "docs"


def blocks(page, kind):
    return re.findall(rf"```{kind}\n(.*?)```", (DOCS / page).read_text("utf-8"), re.DOTALL)


def test_the_template_on_the_page_is_read():
    (text,) = blocks("templates.md", "yaml")
    template = parse_template(text, "page")
    assert [carrier.activity_type for carrier in template.carriers] == ["electricity", "fuel.natural_gas"]


@pytest.mark.parametrize("page", ["intake.md", "zh/intake.md"])
def test_the_aliases_on_the_page_are_read(page, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(next(text for text in blocks(page, "text") if text.startswith("kind,")), "utf-8")
    assert read_aliases(path).name("unit", "度") == "kWh"


def test_a_ragged_row_with_a_huge_cell_is_told(tmp_path):
    from hengtan.connectors import read

    path = tmp_path / "r.csv"
    path.write_text(
        "activity_id,facility,activity_type,start,end,quantity,unit\n"
        + "a,b,c,2023,2023,5,t\n"
        + f"x,{'y' * 200_000}\n"
    )
    intake = read([path])
    assert [(p.code, p.row) for p in intake.problems] == [("cell.row-ragged", 3)]
