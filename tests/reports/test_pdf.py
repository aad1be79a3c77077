import sys
from collections.abc import Callable
from pathlib import Path

import pymupdf
import pytest

from hengtan.problems import HengtanError
from hengtan.reports import render
from hengtan.reports.blocks import Document, Section, Text
from hengtan.reports.glyphs import drawable
from hengtan.reports.pdf import paper
from reports import samples

Drawn = Callable[..., Path]
EVERY = [
    (sample, lang, standard)
    for sample in ("toronto", "plant", "empty", "unnamed", "hostile")
    for lang, standard in (("en", "iso14064"), ("zh", "ghgp"), ("zh", "cn-enterprise"))
]


def text(path: Path) -> str:
    with pymupdf.open(path) as pdf:
        return "\n".join(page.get_text() for page in pdf)


@pytest.mark.parametrize(("sample", "lang", "standard"), EVERY)
def test_no_character_of_a_report_is_an_empty_box(drawn: Drawn, sample: str, lang: str, standard: str) -> None:
    with pymupdf.open(drawn(sample, lang, standard) / "report.pdf") as pdf:
        for page in pdf:
            for span in page.get_texttrace():
                boxes = [chr(char[0]) for char in span["chars"] if char[1] == 0 or char[0] == 0xFFFD]
                assert not boxes, (page.number, span["font"], boxes)


@pytest.mark.parametrize(("sample", "lang", "standard"), EVERY[:6])
def test_every_font_is_embedded_and_none_comes_from_the_system(
    drawn: Drawn, sample: str, lang: str, standard: str
) -> None:
    with pymupdf.open(drawn(sample, lang, standard) / "report.pdf") as pdf:
        for page in pdf:
            for xref, extension, _, name, *_ in page.get_fonts(full=True):
                assert xref and extension in ("ttf", "cff", "otf"), name
                assert any(own in name for own in ("HengtanSansSC", "DejaVuSansMono", "Libertinus")), name


def test_the_totals_stand_in_the_text(drawn: Drawn) -> None:
    found = text(drawn("toronto", "en", "iso14064") / "report.pdf")
    for figure in (
        "161,981.15",
        "101,723.14",
        "60,258.01",
        "170,144.74",
        "−8,163.59",
        "1,468 of 1,481",
        "not collected",
    ):
        assert figure in found, figure
    assert samples.DIGEST in found.replace("\n", "")
    assert found.count("Nashdene Yard") >= 2
    assert "City Hall" in found and "2,513.37" in found and "537.93" in found


def test_all_thirteen_operations_that_differ_are_listed(drawn: Drawn) -> None:
    found = text(drawn("toronto", "zh", "ghgp") / "report.pdf")
    for row in samples.toronto().reference["differing"]:  # type: ignore[index]
        assert f"\n{row['row']}\n" in found, row


def test_facilities_that_are_not_listed_are_summed_and_counted(drawn: Drawn) -> None:
    found = text(drawn("toronto", "en", "iso14064") / "report.pdf")
    assert "1,448 other facilities" in found and "85,388.30" in found


def test_paper_is_a4_has_a_title_a_language_and_structure(drawn: Drawn) -> None:
    with pymupdf.open(drawn("plant", "zh", "cn-enterprise") / "report.pdf") as pdf:
        assert [round(side) for side in pdf[0].rect[2:]] == [595, 842]
        assert pdf.metadata["title"].startswith("企业温室气体排放报告")
        catalog = pdf.xref_object(pdf.pdf_catalog())
        assert "/Lang (zh" in catalog and "/StructTreeRoot" in catalog
        assert len(pdf.get_toc()) >= 18
        assert "第 2 页，共" in pdf[1].get_text()


def test_markup_in_a_name_is_only_text(drawn: Drawn) -> None:
    found = text(drawn("hostile", "en", "iso14064") / "report.pdf")
    for name in (
        '#import "/etc/passwd"',
        "[[$x^2$]] *bold* _it_ `raw`",
        "<script>alert(1)</script>",
        '=cmd|" /C calc"!A0',
    ):
        assert name in found, name
    assert "root:" not in found


def test_a_sample_says_so_on_every_page(drawn: Drawn) -> None:
    with pymupdf.open(drawn("plant", "en", "iso14064") / "report.pdf") as pdf:
        assert all("Sample" in page.get_text() for page in pdf)
    assert "Sample" not in text(drawn("toronto", "en", "iso14064") / "report.pdf")


def test_an_empty_inventory_states_no_emissions_and_says_why(drawn: Drawn) -> None:
    found = text(drawn("empty", "en", "iso14064") / "report.pdf")
    assert "all 4 rows were rejected" in found and "The quantity is below zero." in found
    assert "0.00" not in found.replace("0.00 is a value", "")


def test_the_fonts_hold_every_character_that_we_say_they_hold() -> None:
    characters = [chr(c) for c in range(0x21, 0x30000) if not 0xD800 <= c < 0xE000 and drawable(chr(c))]
    assert len(characters) > 13_600
    lines = tuple(Text(" ".join(characters[i : i + 300])) for i in range(0, len(characters), 300))
    for lang in ("en", "zh"):
        labels = dict.fromkeys(("contents", "period", "sample.short", "page", "digest-short"), "x")
        figures = samples_figures()
        made = Document(lang, "t", "o", "p", "s", "", "", "", figures, (), (Section("all", "", lines),), labels)
        with pymupdf.open(stream=paper(made)) as pdf:
            for page in pdf:
                for span in page.get_texttrace():
                    assert not [hex(char[0]) for char in span["chars"] if char[1] == 0], span["font"]


def samples_figures() -> tuple[object, ...]:
    from hengtan.reports.blocks import Figure

    return (Figure("a", "1"),)


def test_without_typst_the_pdf_is_refused_with_a_way_out_and_the_others_are_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hengtan.reports import pdf

    pdf._compiler.cache_clear()
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(HengtanError) as caught:
        render(samples.plant(), tmp_path, ("pdf",))
    assert caught.value.problems[0].code == "report.typst-missing"
    assert "hengtan[report]" in caught.value.problems[0].mend("zh")
    assert [p.name for p in render(samples.plant(), tmp_path, ("xlsx", "html"))] == ["report.xlsx", "report.html"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["report.html", "report.xlsx"]
