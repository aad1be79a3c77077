"""The statement of a retirement as a paper that is handed over: one page, nothing of a report about it, places and kinds by name."""

from datetime import date

import pymupdf
import pytest

from hengtan.market.book.instrument import Instrument
from hengtan.market.book.posting import Batch, Claim, Lot, Posting
from hengtan.reports.html import page
from hengtan.reports.pdf import paper
from hengtan.reports.retirement import Proved, retirement_document

PROVED = Proved(34, "ab" * 32, "cd" * 32, "hengtan.example/organisation+1a2b3c4d+AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=")  # fmt: skip


def document(lang, *, ranges=1, issued="2026-11-22"):
    """Of certificates from Inner Mongolia, in so many ranges of 100."""
    of = Instrument(kind="gec", code="GEC-2026", produced_on=date(2026, 3, 1), region="CN-15")
    batch = Batch(19, of, "GEC-2026|G26", 1, 100_000, date(2026, 7, 8), "buy")
    lots = tuple(Lot(19, 1000 * at + 1, 1000 * at + 100, "A1", "retired") for at in range(ranges))
    claim = Claim("scope2", "受益公司 Beneficiary", 2026)
    posting = Posting(27, "retire", date(2026, 10, 15), {}, made=lots, claim=claim, entity="甲")
    return retirement_document(posting, {19: batch}, ("甲", "登记系统", "A-1"), PROVED, lang, issued=issued)


@pytest.mark.parametrize(
    ("lang", "words"), [("zh", ("注销证明", "内蒙古", "持有人（签字、盖章）", "2026-11-22")), ("en", ("Inner Mongolia", "Issued on"))]
)  # fmt: skip
def test_it_is_one_page_with_place_day_of_issue_and_room_for_a_seal(lang, words):
    with pymupdf.open(stream=paper(document(lang)), filetype="pdf") as pdf:
        text = " ".join(" ".join(each.get_text() for each in pdf).split())
        assert len(pdf) == 1
    for word in (*words, "受益公司 Beneficiary", "100 MWh", PROVED.commitment):
        assert word in text.replace("\u200b", ""), word
    for word in ("CN-15", "[K]", "目录", "Contents"):
        assert word not in text


def test_many_ranges_run_on_over_pages_and_each_says_its_number():
    with pymupdf.open(stream=paper(document("zh", ranges=60)), filetype="pdf") as pdf:
        assert len(pdf) > 1
        assert "第 2 页" in pdf[1].get_text()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_file_for_the_screen_has_no_contents_and_no_empty_card(lang):
    text = page(document(lang))
    assert "<nav" not in text
    assert "card cover" not in text
    assert '<body class="brief">' in text


def test_without_a_day_of_issue_it_is_left_to_be_written():
    assert page(document("en", issued="")).count('class="line"') == 2
