"""From the total to the row, its explanation, its evidence and its proof; each person sees what is his."""

import csv
import io
import json
import re
import shutil
from datetime import date
from decimal import Decimal
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from hengtan.engine import read_parquet
from hengtan.inventory.posted import Asked, posted
from hengtan.web.accounts.models import User
from hengtan.web.boundaries.models import Denominator, Facility
from hengtan.web.organisations.roles import Role
from hengtan.web.runs import services
from hengtan.web.runs.dashboard import Dashboard
from hengtan.web.runs.models import Cube, Run
from hengtan.web.runs.templatetags import masses
from house.house import ROOT

from . import importing
from .calculated import YEAR, calculated, ningbo, worked

# session, person, membership, run, current run (chosen, newest), switcher; the dashboard: the run a year before, denominators, places;
# figures lie with the run, explanations in the cache
WEB = ROOT / "src/hengtan/web"
GOLDEN = {"": 11, "rows/": 5, "facilities/": 5, "explain/?id=G-1": 6, "problems/": 5}


@pytest.fixture
def run(company):
    return calculated(company)


def page(company, run, path="", role=Role.OWNER):
    return company.client(role).get(company.url(f"runs/{run.pk}/{path}"))


def text_of(answer):
    shown = re.sub(r"<script.*?</script>|<[^>]+>", " ", answer.content.decode(), flags=re.S)
    return re.sub(r"\s+", " ", unescape(shown))


def test_three_clicks_lead_from_the_total_to_the_cell_and_the_proof(company, run):
    first = page(company, run)
    assert masses.t(sum(Decimal(run.totals[name]) for name in ("scope1_kg", "scope2_location_kg"))) in text_of(first)
    rows = re.search(r'href="([^"]+/rows/\?basis=location)"', first.content.decode()).group(1)
    second = company.client().get(rows)
    number = re.search(r'href="([^"]+/explain/[^"]+)"', second.content.decode()).group(1)
    third = company.client().get(unescape(number))
    words = text_of(third)
    assert third.status_code == 200
    for told in ("year.csv", "Proof verified", "Inclusion proof", "50,000", "kWh", run.run_sha256):
        assert told in words, told
    assert 'class="cell num"' in third.content.decode()


def test_every_mark_of_the_charts_leads_to_rows_that_add_up_to_it(company, run):
    client = company.client()
    for basis in ("location", "market"):
        board = Dashboard(run, run.figures, basis)
        for chart in (board.categories, board.facilities, board.units):
            for bar in chart["rows"]:
                answer = client.get(bar["href"])
                shown = re.search(r"([\d,.]+)\s*tCO₂e", text_of(answer)).group(1).replace(",", "")
                assert abs(float(shown) - sum(bar["parts"])) < 0.02, bar
        months = board.months
        assert months["labels"] == [f"2025-{month:02d}" for month in range(1, 13)]
        told = [row["values"] for row in months["series"]]
        assert all(abs(sum(parts[:-1]) - parts[-1]) < 0.02 for parts in zip(*told, strict=True))


def test_hot_spots_follow_the_basis_and_what_is_outside_the_scopes_is_in_no_total(company):
    run = calculated(company, YEAR + "W-1,{m} plant 1,fuel.wood.pellets,2025-01-01,2025-12-31,90,t,GB\n")
    for basis in ("location", "market"):
        board = Dashboard(run, run.figures, basis)
        told = posted(run.folder, Asked(basis=basis), 5).rows
        assert [row["activity_id"] for row in board.hot] == [row["activity_id"] for row in told]
        assert [Decimal(row["co2e_kg"]) for row in board.hot] == [row["co2e_kg"] for row in told]
        assert posted(run.folder, Asked(basis=basis), 1).co2e_kg == board.total
    assert page(company, run, "rows/?scope=0").status_code == 200


def test_the_months_of_the_run_before_stand_beside_also_a_year_later_but_not_for_who_sees_a_part(company):
    company.people[Role.CONTRIBUTOR].facilities.add(company.plants[0])
    before = calculated(company)
    services.choose(before, company.people[Role.OWNER].user)
    after = calculated(company, YEAR.replace("2025-", "2026-"), name="2026")
    told = {row["month"]: row["location_kg"] for row in before.figures["months"]}
    drawn = Dashboard(after, after.figures, "location", before).months
    (dashed,) = [line for line in drawn["series"] if line.get("dashed")]
    assert dashed["name"] == before.code
    assert dashed["told"] == [masses.t(told[month.replace("2026", "2025")]) for month in drawn["labels"]]
    assert drawn["series"][-1]["name"] == "Total"
    assert '"dashed": true' in page(company, after).content.decode()
    assert '"dashed": true' not in page(company, after, role=Role.CONTRIBUTOR).content.decode()


def test_who_enters_data_for_one_plant_sees_its_rows_and_sums_alone(company, run):
    company.people[Role.CONTRIBUTOR].facilities.add(company.plants[1])
    ours, all_rows = page(company, run, role=Role.CONTRIBUTOR), page(company, run)
    plant = company.plants[1].name
    kg = posted(run.folder, Asked(facility=plant), 10).co2e_kg
    assert masses.t(kg) in text_of(ours)
    whole = masses.t(sum(Decimal(run.totals[name]) for name in ("scope1_kg", "scope2_location_kg")))
    assert whole in text_of(all_rows)
    assert whole not in text_of(ours)
    assert "of the facilities that are given to you" in text_of(ours)
    assert "Intensity" not in text_of(ours)
    assert "Intensity" in text_of(all_rows)
    for path in ("", "rows/", "facilities/", "rows/?format=csv", "?table=facilities&format=csv"):
        body = page(company, run, path, Role.CONTRIBUTOR).content.decode()
        assert plant in body, path
        assert company.plants[0].name not in body, path
    assert "Loading" in text_of(ours)
    hot = text_of(page(company, run, "hot/", Role.CONTRIBUTOR))
    assert "E-2" in hot
    assert "E-1" not in hot
    assert "G-1" in text_of(page(company, run, "hot/"))
    assert page(company, run, "explain/?id=E-2", Role.CONTRIBUTOR).status_code == 200
    assert page(company, run, "explain/?id=E-1", Role.CONTRIBUTOR).status_code == 404
    assert page(company, run, "explain/?id=X-1", Role.CONTRIBUTOR).status_code == 404
    assert (
        page(company, run, f"rows/?facility={company.plants[0].name}", Role.CONTRIBUTOR)
        .content.decode()
        .count("explain/")
        == 0
    )
    assert page(company, run, "file/?name=run.json", Role.CONTRIBUTOR).status_code == 403
    listed = company.client(Role.CONTRIBUTOR).get(company.url("runs/"))
    assert masses.t(run.totals["scope1_kg"]) not in text_of(listed)


def test_a_run_of_approved_batches_leads_back_to_the_cell_that_somebody_typed_and_to_both_pairs_of_eyes(company):
    importing.forget_jobs()
    company.people[Role.CONTRIBUTOR].facilities.add(company.plants[0])
    plant = company.plants[0].name
    bills = importing.HEAD + "".join(importing.line(n, plant, q) for n, q in enumerate(("100", "250.5")))
    importing.approved(company, {"bills.csv": bills})
    client = company.client(Role.MANAGER)
    where = client.post(company.url("runs/new/"), {"name": "January", "gwp": "AR5"})["Location"]
    run = Run.objects.of(company.organisation).get(name="January")
    assert where.endswith(f"/runs/{run.pk}/")
    assert "Calculation" in text_of(client.get(where))
    assert worked(run).state == "done"
    run.refresh_from_db()
    assert run.rows_posted == 2
    answer = client.get(company.url(f"runs/{run.pk}/explain/?id=A-1"))
    words = text_of(answer)
    for told in (
        "bills.csv",
        "F3",
        "250.5",
        "entered by Contributor yong, approved by Approver yong",
        "Proof verified",
    ):
        assert told in words, told
    assert re.search(r'class="cell num"[^>]*>\s*250.5\s*<', answer.content.decode())


def test_without_approved_data_there_is_nothing_to_calculate(company):
    answer = company.client().post(company.url("runs/new/"), {"name": "x", "gwp": "AR5"})
    assert "No data is approved yet" in text_of(answer)
    assert not Run.objects.filter(name="x").exists()


def test_a_row_that_was_rejected_says_why_and_is_in_no_total(company, run):
    words = text_of(page(company, run, "explain/?id=X-1"))
    assert "it is in no total" in words
    assert "many" in words


def test_tables_come_as_csv_with_every_digit_and_no_formula(company):
    run = calculated(company, YEAR.replace("G-1,", "=1+1,"))
    answer = page(company, run, "rows/?format=csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert {row["activity_id"] for row in rows} >= {"'=1+1", "E-1"}
    assert sum(Decimal(row["co2e_kg"]) for row in rows) == sum(
        Decimal(run.totals[name]) for name in ("scope1_kg", "scope2_location_kg")
    )
    months = page(company, run, "?table=months&format=csv").content.decode("utf-8-sig")
    assert (
        months.splitlines()[0]
        == "month,scope1_kg,scope2_location_kg,scope2_market_kg,scope3_kg,location_kg,market_kg,rows"
    )
    assert page(company, run, "?table=nonsense&format=csv").status_code == 404


NONSENSE = (
    "rows/?scope=9&month=2025-13&page=x", "rows/?page=0", "rows/?page=9999999", "rows/?q=%27%22%3Cscript%3E", "facilities/?page=-1",
    "?basis=nothing", "problems/?code=none", "rows/?category=%00", "explain/?basis=market&id=E-1",
)  # fmt: skip


def test_nonsense_in_an_address_is_passed_over(company, run):
    for path in NONSENSE:
        answer = page(company, run, path)
        assert answer.status_code == 200, path
        assert "<script>'" not in answer.content.decode(), path


def test_what_the_run_does_not_know_is_not_there(company, run):
    for path in (
        "explain/?id=none",
        "file/?name=../../ledger/private/key",
        "file/?name=private",
        "file/?name=report.docx",
    ):
        assert page(company, run, path).status_code == 404, path


def test_a_run_that_was_altered_says_so_first(company, run):
    file = run.folder / "run.json"
    told = json.loads(file.read_text())
    told["counts"]["rows_posted"] = 5
    file.chmod(0o644)
    file.write_text(json.dumps(told))
    words = text_of(page(company, run))
    assert "The proof of this run does not hold." in words
    assert "proven: entry" not in words


def test_the_rows_of_a_run_that_were_altered_are_told_beside_the_number(company, run):
    assert "Proof verified" in text_of(page(company, run, "explain/?id=E-1"))
    file = run.folder / "emissions.parquet"
    data = bytearray(file.read_bytes())
    data[len(data) // 3 : len(data) // 2] = bytes(len(data) // 2 - len(data) // 3)
    file.write_bytes(data)
    assert "Proof failed" in text_of(page(company, run, "explain/?id=E-1"))


def test_a_page_of_a_run_asks_the_database_this_often_however_large_the_run(company, run):
    client, few, many = company.client(), {}, {}

    def asked(path):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(company.url(f"runs/{run.pk}/{path}")).status_code == 200
        return [query["sql"][:200] for query in queries]

    for path in GOLDEN:
        asked(path)
        few[path] = asked(path)
    Cube.objects.bulk_create(
        Cube(organisation=company.organisation, run=run, basis="-", scope=1, category="stationary", facility=f"f {at}", org_unit="",
             month="2025-01", match="exact", factor_id="x", rows=1, kg=1, nano=0, atto=0, biogenic_kg=0, biogenic_nano=0, biogenic_atto=0)
        for at in range(300)
    )  # fmt: skip
    for path in GOLDEN:
        many[path] = asked(path)
        assert len(few[path]) == len(many[path]), many[path]
    assert {path: len(told) for path, told in many.items()} == GOLDEN


def test_a_manager_chooses_the_run_that_everybody_sees_first(company):
    first, second = calculated(company), calculated(company, name="again")
    where = company.client(Role.VIEWER).get(company.url("inventory/"))["Location"]
    assert where.endswith(f"/runs/{second.pk}/")
    company.client(Role.MANAGER).post(company.url(f"runs/{first.pk}/choose/"))
    assert company.client(Role.VIEWER).get(company.url("inventory/"))["Location"].endswith(f"/runs/{first.pk}/")
    assert services.current(company.organisation) == first


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_pages_of_a_run_stay_in_one_language(company, language):
    """Nothing of the other language beside what is named so: here a Chinese file with Chinese ids, in both."""
    User.objects.update(language=language)
    run = ningbo(company)
    paths = ["", "rows/", "facilities/", "problems/", "explain/?id=净购入电力-2021", "explain/?id=柴油-2021"]
    client = company.client()
    client.get("/")
    words = " ".join(text_of(client.get(company.url(f"runs/{run.pk}/{path}"))) for path in paths)
    words += text_of(client.get(company.url("runs/"))) + text_of(client.get(company.url("runs/new/")))
    with translation.override("zh-hans"):
        ours = [(message, translation.gettext(message)) for message in SENTENCES]
    for english, chinese in ours:
        assert english != chinese, english
        assert (chinese in words) == (language == "zh-hans"), chinese
        assert (english in words) == (language == "en"), english


SENTENCES = (
    "Emissions by month", "By category", "Hot spots", "How well the factors match", "To check", "Rows are conserved", "not collected",
    "Purchased electricity", "Stationary combustion", "Inclusion proof", "Where the factor comes from", "How this number came about",
    "Check it yourself", "No data is approved yet",
)  # fmt: skip


def test_two_runs_differ_by_effects_that_add_up_and_the_reason_stands_first(company):
    before, after = ningbo(company, "initial"), ningbo(company, "verified")
    words = text_of(page(company, after, f"compare/?with={before.pk}"))
    for told in ("1,508.19", "1,372.98", "−135.22", "−9.0%", "703.5", "to the last digit"):
        assert told in words, told
    assert words.index("Factors: Grid electricity bought") < words.index("In detail")
    rows = list(csv.DictReader(io.StringIO(
        page(company, after, f"compare/?with={before.pk}&by=type&format=csv").content.decode("utf-8-sig")
    )))  # fmt: skip
    for row in rows:
        effects = sum(Decimal(row[f"{name}_kg"]) for name in ("activity", "factor", "method", "boundary", "gwp"))
        assert Decimal(row["after_kg"]) - Decimal(row["before_kg"]) == effects == Decimal(row["difference_kg"])
    back = text_of(page(company, before, f"compare/?with={after.pk}&basis=market&by=scope"))
    assert "+135.22" in back


def test_a_run_alone_is_compared_with_nothing_and_never_with_another_tenants(company, stranger, run):
    assert "There is no other run to compare with" in text_of(page(company, run, "compare/"))
    assert page(company, run, f"compare/?with={stranger.run.pk}").status_code == 404
    assert page(company, run, "compare/", Role.CONTRIBUTOR).status_code == 403


@pytest.mark.parametrize("lost", ["folder", "rows", "spoilt", "plan"])
def test_a_folder_that_was_removed_by_hand_is_told_with_the_way_to_mend_it_and_is_no_fault(company, run, lost):
    other = calculated(company, name="again")
    file = run.folder / ("plan.parquet" if lost == "plan" else "emissions.parquet")
    if lost == "folder":
        shutil.rmtree(run.folder)
    elif lost == "spoilt":
        file.write_bytes(file.read_bytes()[:-9])
    else:
        file.unlink()
    for path in ("rows/", "rows/?format=csv", "explain/?id=E-1", "problems/", "hot/", f"compare/?with={other.pk}"):
        answer = page(company, run, path)
        assert answer.status_code == 410, path
        told = text_of(answer)
        assert file.name in told, path
        assert "calculate again" in told, path
    assert page(company, other, f"compare/?with={run.pk}").status_code == 410
    board = page(company, run)
    assert board.status_code == 200
    if lost == "folder":
        words = text_of(board)
        assert words.index("does not hold") < words.index("Total, scopes")
    assert page(company, run, "facilities/").status_code == 200
    assert company.client().get(company.url("find/?q=E-1")).status_code in (200, 302)
    assert page(company, other, "rows/").status_code == 200


def test_a_proof_that_fails_is_the_first_thing_on_every_page_of_numbers(company, run):
    (run.folder / "run.json").write_text((run.folder / "run.json").read_text() + " ")
    for path in ("", "rows/", "explain/?id=E-1"):
        words = text_of(page(company, run, path)).partition("Skip to content")[2]
        main = words[words.index("The proof of this run does not hold") :]
        assert "CO₂e" in main, path


MIXED = YEAR + (
    "D-1,{m} plant 2,fuel.diesel,2025-01-01,2025-12-31,5000,L,GB\n"
    "F-1,{m} plant 1,freight.road.hgv.rigid_17t,2025-01-01,2025-12-31,1200,km,GB\n"
)


@pytest.mark.parametrize("basis", ["location", "market"])
def test_gases_add_up_to_the_total_and_each_leads_to_the_rows_that_hold_it(company, basis):
    run = calculated(company, MIXED)
    board = Dashboard(run, run.figures, basis)
    assert sum(row["co2e_kg"] for row in board.gases) == board.total
    assert {row["name"] for row in board.gases} >= {"co2", "ch4", "n2o"}
    for row in board.gases:
        told = posted(run.folder, Asked(basis=basis, gas=row["name"]), 100).rows
        assert told, row["name"]
        assert company.client().get(row["href"]).status_code == 200
        if row["kg"] is not None:
            column = f"{row['name']}_kg"
            ids = {each["activity_id"] for each in told}
            rows = read_parquet(run.folder / "emissions.parquet").to_pylist()
            wanted = [each for each in rows if each["basis"] in ("-", basis) and each["scope"] and each[column]]
            assert {each["activity_id"] for each in wanted} == ids
            assert sum(each[column] for each in wanted) == row["kg"]
    assert "CH₄" in text_of(page(company, run, f"?basis={basis}"))


def test_what_is_not_collected_in_scope_3_is_named_and_is_not_zero(company):
    run = calculated(company, MIXED)
    rows = Dashboard(run, run.figures, "location").scope3_categories
    assert [row["name"] for row in rows][:15] == [str(number) for number in range(1, 16)]
    known = [row for row in rows if row["kg"] is not None]
    assert sum(row["kg"] for row in known) == Decimal(run.totals["scope3_kg"])
    assert {row["name"] for row in known} <= {"4", "9"}
    words = text_of(page(company, run))
    assert "15 Investments — not collected" in words


def test_an_intensity_counts_the_months_that_its_denominator_is_known_for(company, run):
    def known(kind, value, unit, first, last):
        Denominator.objects.create(
            organisation=company.organisation,
            kind=kind,
            value=value,
            unit=unit,
            start=date(2025, *first),
            end=date(2025, *last),
        )

    known("output", 40, "t", (1, 1), (1, 31))
    known("output", 60, "t", (2, 1), (2, 28))
    known("revenue", 7, "CNY_2025", (3, 5), (3, 31))  # not whole months: no intensity
    (told,) = Dashboard(run, run.figures, "location").intensities(services.denominators(run))
    months = {row["month"]: Decimal(row["location_kg"]) for row in run.figures["months"]}
    assert told["kg"] == months["2025-01"] + months["2025-02"]
    assert told["per"] == told["kg"] / 100
    assert (told["first"], told["last"]) == ("2025-01", "2025-02")
    assert "Output" in text_of(page(company, run))


def test_the_year_before_that_was_chosen_last_is_what_a_dashboard_is_compared_with(company, run):
    options = {"period": "2025-01-01/2025-12-31"}
    first = calculated(company, name="2025 a", **options)
    second = calculated(company, name="2025 b", **options)
    services.choose(first, company.people[Role.OWNER].user)
    after = calculated(company, YEAR.replace("2025-", "2026-"), name="2026", period="2026-01-01/2026-12-31")
    assert services.run_before(after) == first
    assert second.number > first.number
    assert "a year before" in text_of(page(company, after))


def test_the_map_shows_facilities_whose_place_is_known_and_counts_the_others(company, run):
    assert "Map of facilities" not in text_of(page(company, run))
    Facility.objects.filter(pk=company.plants[0].pk).update(latitude="29.868300", longitude="121.544000")
    answer = page(company, run)
    told = json.loads(re.search(r'<script id="chart-map"[^>]*>(.*?)</script>', answer.content.decode(), re.S).group(1))
    (point,) = told["points"]
    assert (point["name"], point["at"]) == (company.plants[0].name, [121.544, 29.8683])
    assert company.client().get(point["href"]).status_code == 200
    assert "2 of the largest have no coordinates" in text_of(answer)
    land = json.loads((WEB / "shell/static/hengtan/vendor/land.json").read_text())
    assert [each["properties"] for each in land["features"]] == [{"name": "land"}]  # no country, no border


def test_a_page_that_names_other_runs_does_not_call_them_organisations(company, run):
    again = calculated(company, name="again")
    shown = company.client().get(company.url(f"runs/{again.pk}/compare/?with={run.pk}")).content.decode()
    assert "You belong to this organisation alone." in shown
