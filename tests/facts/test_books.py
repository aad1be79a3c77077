"""A book says what stood at any moment; the order is that of its sequence, whatever the clock said."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
import rfc8785
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hengtan.facts import FactRefused, Manifest
from hengtan.facts.entry import Entry
from hengtan.problems import HengtanError

from .batches import filled, refusal

CALM = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}  # a busy machine is no fault

CHINA = timezone(timedelta(hours=8))


class Clock:
    """A clock that says what the test wants."""

    def __init__(self, *when):
        self.when = list(when)

    def __call__(self):
        return self.when.pop(0) if len(self.when) > 1 else self.when[0]


def day(number, hour=12):
    return datetime(2026, 3, number, hour, tzinfo=UTC)


def names(manifests):
    return [manifest.name for manifest in manifests]


def added(book, name, *, when, supersedes=(), **members):
    given = {"kind": "activities", "who": "ann", "rows": 1, "media": "text/csv", **members}
    book._sequence._clock = Clock(when)
    return book.add(
        name.encode(), name=name, when=when, supersedes=tuple(each.manifest.id for each in supersedes), **given
    )


@pytest.fixture
def told(place):
    """January booked on the 10th, corrected on the 20th; February booked on the 15th; a bill attached on the 31st, at night."""
    book = place.book()
    january = added(book, "january", when=day(10), period="2026-01-01/2026-01-31")
    added(book, "february", when=day(15), period="2026-02-01/2026-02-28")
    added(book, "january again", when=day(20), period="2026-01-01/2026-01-31", supersedes=[january])
    added(book, "bill", when=day(31, 17), kind="evidence")
    return place


def test_the_state_is_what_was_recorded_by_then_and_not_superseded_by_then(told):
    book = told.book()
    assert names(book.as_of(day(9))) == []
    assert names(book.as_of(day(10))) == ["january"]
    assert names(book.as_of(day(19))) == ["january", "february"]
    assert names(book.as_of(day(20))) == ["february", "january again"]
    assert names(book.as_of()) == ["february", "january again", "bill"]
    assert names(entry.manifest for entry in book.history()) == ["january", "february", "january again", "bill"]


def test_a_day_is_meant_to_its_end_where_one_is(told):
    book = told.book()
    assert names(book.as_of(date(2026, 3, 9))) == []
    assert names(book.as_of(date(2026, 3, 10))) == ["january"]
    assert "bill" in names(book.as_of(date(2026, 3, 31)))
    assert "bill" not in names(book.as_of(date(2026, 3, 31), zone=CHINA))  # there it was the first of April
    assert "bill" in names(book.as_of(date(2026, 4, 1), zone=CHINA))


def test_both_clocks_ask_what_was_known_then_about_that_period(told):
    book = told.book()
    january = (date(2026, 1, 15), date(2026, 1, 15))
    assert names(book.as_of(day(12), period=january)) == ["january"]
    assert names(book.as_of(day(25), period=january)) == ["january again"]
    assert names(book.as_of(period=(date(2026, 1, 31), date(2026, 2, 1)))) == ["february", "january again"]
    assert names(book.as_of(period=(date(2025, 1, 1), date(2025, 12, 31)))) == []
    assert names(book.as_of(kind="evidence")) == ["bill"]


def test_the_ends_of_the_calendar_are_days_like_others(told):
    book = told.book()
    assert len(book.as_of(date.max)) == len(book.as_of(datetime.max.replace(tzinfo=timezone(-timedelta(hours=8))))) == 3
    assert book.as_of(date.min) == book.as_of(datetime.min.replace(tzinfo=CHINA)) == ()


def test_a_time_without_a_zone_is_refused(told):
    with pytest.raises(HengtanError, match="time zone"):
        told.book().as_of(datetime(2026, 3, 31))


def test_a_clock_that_is_set_back_changes_no_order_and_is_told(place):
    clock = Clock(day(10), day(10), day(5), day(5), day(11))
    book = place.book(clock=clock)
    entries = filled(book, 3)
    assert [entry.sequence for entry in place.book().history()] == [0, 1, 2]
    assert [entry.recorded for entry in entries] == [day(10), day(10), day(11)]
    assert [entry.clock for entry in entries] == [day(10), day(5), day(11)]
    assert len(place.book().as_of(day(10))) == 2
    assert place.book().as_of(day(9)) == ()
    (warning,) = place.book().verify()
    assert (warning.code, warning.severity, warning.values["sequence"]) == ("facts.clock-behind", "warning", "1")


def test_a_manifest_that_is_appended_again_stands_once(place):
    book = place.book()
    entry = filled(book, 1)[0]
    assert book.append(entry.manifest) == entry
    assert place.book().append(entry.manifest) == entry
    assert len(place.book().history()) == 1


def test_a_batch_has_one_successor_or_two_corrections_would_both_count(place):
    book, other = place.book(), place.book()
    first = filled(book, 1)[0]
    other.as_of()
    second = added(book, "correction", when=day(1), supersedes=[first])
    with pytest.raises(FactRefused) as raised:
        added(other, "another correction", when=day(1), supersedes=[first])
    assert (raised.value.problem.code, raised.value.problem.file) == ("facts.superseded-before", first.manifest.id)
    added(other, "another correction", when=day(1), supersedes=[second])
    assert names(place.book().as_of()) == ["another correction"]
    unknown = refusal(
        lambda: book.append(Manifest("a", second.manifest.digest, 0, "ann", day(1), supersedes=("0" * 64,)))
    )
    assert unknown == ("facts.supersedes-unknown", "0" * 64)


def test_what_is_refused_leaves_nothing_behind(place):
    book = place.book()
    filled(book, 1)
    before = place.store().usage()
    lost = Manifest("a", "0" * 64, 0, "ann", day(1), supersedes=("1" * 64,))
    assert refusal(lambda: book.append(lost)) is not None
    assert place.store().usage() == before


def test_a_manifest_whose_object_is_not_there_is_refused(place):
    lost = Manifest("a", "0" * 64, 0, "ann", day(1))
    assert refusal(lambda: place.book().append(lost)) == ("facts.missing", "0" * 64)
    assert place.book().history() == ()


def test_every_manifest_is_an_object_of_its_own(place):
    entry = filled(place.book(), 1)[0]
    assert place.store().read(entry.manifest.id) == entry.manifest.encoded
    assert Manifest.parse(entry.manifest.encoded) == entry.manifest


def test_the_head_vouches_for_all_that_came_before(place):
    book, heads = place.book(), []
    assert book.head == (0, "0" * 64)
    for number in range(3):
        filled(book, 1, first=number)
        heads.append(book.head)
    entries = place.book().entries()
    assert heads[:2] == [(entry.sequence, entry.previous) for entry in entries[1:]]
    assert place.book().head == heads[2] == (3, entries[2].digest)


def test_books_of_one_store_do_not_know_each_other(place):
    filled(place.book("energy"), 2)
    filled(place.book("travel"), 1)
    assert [len(place.book(name).as_of()) for name in ("energy", "travel", "waste")] == [2, 1, 0]


@pytest.mark.parametrize("name", ["", "..", "a/b", "Energy", "能源", "-a", "a" * 101, "a\n"])
def test_a_name_that_is_no_file_name_everywhere_is_refused(tmp_path, name):
    from hengtan.facts import Book, Store

    with pytest.raises(HengtanError) as raised:
        Book(Store(tmp_path), name)
    assert raised.value.problems[0].code == "facts.book-name"


GOOD = {"kind": "activities", "digest": "ab" * 32, "rows": 3, "who": "ann", "when": day(1)}


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("kind", ""), ("kind", None), ("who", ""), ("who", "\ud800"), ("digest", "ab"), ("rows", -1), ("rows", True), ("rows", "3"),
        ("when", datetime(2026, 1, 1)), ("when", "2026-01-01"), ("when", datetime.min.replace(tzinfo=CHINA)), ("period", "2026"), ("period", "2026-02-01/2026-01-01"),
        ("period", "2026-1-1/2026-2-1"), ("period", "20260101/20260201"), ("control_totals", {"kWh": "1e3"}),
        ("control_totals", {"kWh": 1}), ("control_totals", {"kWh": "01"}), ("control_totals", None), ("supersedes", ["ab" * 32]),
        ("supersedes", ("ab",)), ("supersedes", ("ab" * 32, "ab" * 32)), ("canonical", "x"), ("rows_digest", ""), ("name", None),
        ("control_totals", {str(number): "1" * 1000 for number in range(1100)}),
    ],
)  # fmt: skip
def test_a_manifest_says_which_member_cannot_be_that(member, value):
    with pytest.raises(HengtanError) as raised:
        Manifest(**{**GOOD, member: value})
    assert raised.value.problems[0].code == "facts.manifest"
    assert raised.value.problems[0].values["member"] == member
    raised.value.problems[0].sentence("zh").encode()


TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=9)
DIGEST = st.text("0123456789abcdef", min_size=64, max_size=64)
MANIFEST = st.builds(
    Manifest,
    kind=TEXT,
    digest=DIGEST,
    rows=st.integers(0, 10**17),
    who=TEXT,
    when=st.datetimes(timezones=st.timezones()).filter(lambda when: 2 < when.year < 9998),
    name=TEXT,
    media=TEXT,
    period=st.tuples(st.dates(), st.dates()).map(lambda days: f"{min(days)}/{max(days)}"),
    control_totals=st.dictionaries(
        TEXT, st.decimals(allow_nan=False, allow_infinity=False).map("{:f}".format), max_size=3
    ),
    supersedes=st.lists(DIGEST, unique=True, max_size=3).map(tuple),
    canonical=st.none() | DIGEST,
    rows_digest=st.none() | DIGEST,
)


@settings(**CALM)
@given(MANIFEST)
def test_a_manifest_is_rfc_8785_with_strings_only_and_reads_back(manifest):
    again = Manifest.parse(manifest.encoded)
    assert again == manifest
    assert again.encoded == manifest.encoded == rfc8785.dumps(__import__("json").loads(manifest.encoded))


@settings(**CALM)
@given(MANIFEST, st.integers(0, 10**8), st.datetimes(min_value=datetime(1970, 1, 1)))
def test_an_entry_reads_back(manifest, sequence, when):
    entry = Entry(sequence, when.replace(tzinfo=UTC), when.replace(tzinfo=UTC), "cd" * 32, "0123456789abcdef", manifest)
    assert Entry.parse(entry.lines) == (entry, entry.digest)


@settings(**CALM)
@given(st.binary(max_size=300))
def test_bytes_that_are_no_manifest_and_no_entry_are_refused_without_a_fault(data):
    for parse in (Manifest.parse, Entry.parse):
        with pytest.raises(ValueError):
            parse(data)


@settings(**CALM)
@given(MANIFEST, st.data())
def test_a_manifest_with_anything_else_in_a_member_is_refused_without_a_fault(manifest, data):
    from hengtan.facts.text import decoded, encoded

    value = decoded(manifest.encoded)
    member = data.draw(st.sampled_from(sorted(value)))
    value[member] = data.draw(st.sampled_from([None, "", "x", [], {}, ["x"], {"x": "y"}, [None], {"x": None}, [["x"]]]))
    try:
        again = Manifest.parse(encoded(value))
    except ValueError:
        return
    assert decoded(again.encoded) == value
