"""The resolution policy: what a change would change is seen before it counts, a second person decides, runs go by it."""

import json
from decimal import Decimal

import pytest
import yaml
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone

from hengtan.factors import load_policy
from hengtan.web.activities.models import State
from hengtan.web.library import effects, own_policies, proposals, services
from hengtan.web.library.models import OwnPolicy
from hengtan.web.library.own_policies import RuleSet, Settings
from hengtan.web.organisations.roles import MAY, Act, Role
from hengtan.web.runs.models import Run
from hengtan.web.runs.services import approved, start

from .calculated import worked
from .importing import approved as approved_batch
from .importing import work

ROWS = """activity_id,facility,activity_type,start,end,quantity,unit,region
E-1,{m} plant 1,electricity,2024-01-01,2024-01-31,50000,kWh,CN-33
E-2,{m} plant 2,electricity,2023-02-01,2023-02-28,40000,kWh,CN-33
T-1,{m} plant 3,travel.rail,2024-03-01,2024-03-31,1000,p.km,GB
G-1,{m} plant 1,fuel.natural_gas,2024-01-01,2024-12-31,120000,kWh_gcv,GB
"""
FORM = {
    "reason": "national average for all", "extends": "default", "countries": "", "classes": ["pinned", "exact", "earlier-year", "parent-region", "proxy"],
    "earlier_years": "3", "gwp_mismatch": "reject", "without_residual_mix": "location",
    "types": ["electricity"], "order": ["CN-MEE-ELECTRICITY-RESIDUAL"], "market": [""],
}  # fmt: skip


@pytest.fixture
def rows(company):
    company.people[Role.OWNER]
    return approved_batch(company, {"rows.csv": ROWS.format(m=company.mark)}, Role.OWNER)


def drafted(company, role=Role.MANAGER, **more):
    answer = company.client(role).post(company.url("library/policy/new/"), FORM | more)
    assert answer.status_code == 302, answer.content.decode()[-3000:]
    work()
    return OwnPolicy.objects.of(company.organisation).latest("pk")


def in_force(company, **more):
    row = drafted(company, **more)
    own_policies.submit(row, company.people[Role.MANAGER])
    proposals.approve(row, company.people[Role.APPROVER])
    row.refresh_from_db()
    return row


def run_of(company, name):
    run = start(company.organisation, company.people[Role.OWNER].user, name, approved(company.organisation), {})
    assert worked(run).state == "done"
    return Run.objects.get(pk=run.pk)


def test_what_would_change_is_computed_for_the_keys_and_equals_the_difference_of_two_runs(company, rows):
    before = run_of(company, "before")
    row = drafted(company)
    effect = row.effect
    assert effect["rows"] == 4 and effect["changed_rows"] >= 1 and effect["refused_rows"] == 0
    for line in effect["lines"]:
        assert line["activity_type"] == "electricity" and line["old"] != line["new"]
    page = company.client(Role.MANAGER).get(company.url(f"library/policy/{row.pk}/")).content.decode()
    assert effect["lines"][0]["new"]["factor_id"] in page and "Submit for approval" in page
    own_policies.submit(row, company.people[Role.MANAGER])
    proposals.approve(row, company.people[Role.APPROVER])
    after = run_of(company, "after")
    for basis in ("location", "market"):
        change = Decimal(effect["new"][basis]) - Decimal(effect["old"][basis])
        name = f"scope2_{basis}_kg"
        assert change == Decimal(after.totals[name]) - Decimal(before.totals[name]), basis
        assert change == sum(Decimal(line[basis]) for line in effect["lines"])
    assert Decimal(after.totals["scope2_location_kg"]) != Decimal(before.totals["scope2_location_kg"])
    manifest = json.loads((after.folder / "run.json").read_text())
    policy = next(each for each in manifest["files"] if each["role"] == "policy")
    row.refresh_from_db()
    assert policy["sha256"] == row.sha256 and row.named in policy["file"]
    assert not [
        each for each in json.loads((before.folder / "run.json").read_text())["files"] if each["role"] == "policy"
    ]


def test_rows_that_are_newly_rejected_or_resolved_are_counted(company, rows):
    strict = drafted(
        company, types=["travel.*", "electricity"], order=["CN-MEE-ELECTRICITY", "CN-MEE-ELECTRICITY"], market=["", ""]
    )
    assert strict.effect["refused_rows"] == 1
    refused = next(each for each in strict.effect["lines"] if each["new"]["refused"])
    assert refused["activity_type"] == "travel.rail" and refused["new"]["refused"]["zh"]
    shown = company.client().get(company.url(f"library/policy/{strict.pk}/")).content.decode()
    assert "rejected" in shown
    table = company.client().get(company.url(f"library/policy/{strict.pk}/?format=csv")).content.decode()
    assert "travel.rail" in table


def test_nobody_submits_before_it_is_shown_and_not_against_another_policy(company, rows):
    client = company.client(Role.MANAGER)
    client.post(company.url("library/policy/new/"), FORM)
    row = OwnPolicy.objects.of(company.organisation).latest("pk")
    client.post(company.url(f"library/policy/{row.pk}/decide/"), {"submit": "1"})
    row.refresh_from_db()
    assert row.state == State.DRAFT
    work()
    other = drafted(company, Role.OWNER, earlier_years="1")
    own_policies.submit(other, company.people[Role.OWNER])
    proposals.approve(other, company.people[Role.APPROVER])
    client.post(company.url(f"library/policy/{row.pk}/decide/"), {"submit": "1"})
    row.refresh_from_db()
    assert row.state == State.DRAFT
    client.post(company.url(f"library/policy/{row.pk}/decide/"), {"again": "1"})
    work()
    client.post(company.url(f"library/policy/{row.pk}/decide/"), {"submit": "1"})
    row.refresh_from_db()
    assert (row.state, row.supersedes) == (State.SUBMITTED, other)


def test_four_eyes_and_one_policy_in_force(company):
    row = drafted(company)
    own_policies.submit(row, company.people[Role.MANAGER])
    company.client(Role.MANAGER).post(company.url(f"library/policy/{row.pk}/decide/"), {"approve": "1"})
    row.refresh_from_db()
    assert row.state == State.SUBMITTED
    with pytest.raises(IntegrityError), transaction.atomic():
        OwnPolicy.objects.filter(pk=row.pk).update(
            state=State.APPROVED, decided_by=company.people[Role.MANAGER].user, decided_at=timezone.now()
        )
    proposals.approve(row, company.people[Role.APPROVER])
    second = in_force(company, earlier_years="1", reason="less old ones")
    row.refresh_from_db()
    assert row.state == State.SUPERSEDED and [each["role"] for each in services.inputs(company.organisation)] == [
        "policy"
    ]
    page = company.client().get(company.url(f"library/policy/{second.pk}/")).content.decode()
    assert "earlier_years: 1" in page and "earlier_years: 3" in page
    assert "less old ones" in company.client(Role.VIEWER).get(company.url("library/policy/")).content.decode()


@pytest.mark.parametrize("role", list(Role))
def test_who_may_change_the_policy_and_who_sees_its_effect(company, rows, role):
    row = drafted(company, Role.OWNER if role != Role.OWNER else Role.MANAGER)
    client = company.client(role)
    assert (client.get(company.url("library/policy/new/")).status_code == 403) == (role not in MAY[Act.CALCULATE])
    page = client.get(company.url(f"library/policy/{row.pk}/")).content.decode()
    assert ("Newly rejected rows" in page) == (role in MAY[Act.WHOLE])


def test_form_and_yaml_say_the_same():
    settings = Settings(
        "cn", "CN", ("pinned", "exact"), 1, "flag", "refuse",
        [RuleSet("electricity, heat", "CN-MEE-ELECTRICITY, CN-MEE-ELECTRICITY-PROV\nOWN-1 [proxy, anywhere]", "CN-MEE-ELECTRICITY-RESIDUAL")],
    )  # fmt: skip
    text = own_policies.as_yaml(settings, "ours")
    assert own_policies.as_yaml(own_policies.settings_of(text), "ours") == text
    rule = yaml.safe_load(text)["rules"][0]
    assert rule["order"][1] == {"factors": ["OWN-1"], "match": "proxy", "anywhere": True}


def test_what_is_wrong_is_said_and_stays_typed(company):
    client = company.client(Role.MANAGER)
    answer = client.post(company.url("library/policy/new/"), FORM | {"order": ["NO-SUCH-DATASET"]})
    assert (
        answer.status_code == 422
        and "NO-SUCH-DATASET" in answer.content.decode()
        and "national average" in answer.content.decode()
    )
    assert client.post(company.url("library/policy/new/"), FORM | {"order": ["[what]"]}).status_code == 422
    assert client.post(company.url("library/policy/new/"), FORM | {"earlier_years": "99"}).status_code == 422
    assert client.post(company.url("library/policy/new/"), FORM | {"classes": []}).status_code == 422
    more = client.post(company.url("library/policy/new/"), FORM | {"more": "1"})
    assert more.status_code == 200 and more.content.decode().count('name="types"') == 3


LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "\n".join(f"{b}: &{b} [*{a},*{a},*{a},*{a},*{a},*{a},*{a},*{a},*{a}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True))  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [LAUGHS, "name: *x", "!!python/object/apply:os.system ['true']", "[" * 5000, "{" * 50 + "}" * 50, "extends: " + "9" * 6000, "a: 2024-99-99",
     "extends: default\nrules: 1", "rules:\n  - types: [x]\n    order: [{datasets: [nothing]}]", "x" * 150_000, "", "\x00", "name: [", "- 1",
     "extends: default\nearlier_years: 1e9", "extends: ../../etc/passwd"],
)  # fmt: skip
def test_hostile_yaml_is_refused_with_a_reason(company, text):
    answer = company.client(Role.MANAGER).post(
        company.url("library/policy/new/?as=yaml"), {"body": text, "reason": "x"}
    )
    assert answer.status_code == 422 and "ht-errors" in answer.content.decode()
    assert OwnPolicy.objects.of(company.organisation).count() == 1


def test_a_policy_file_is_given_and_taken_as_yaml(company):
    client = company.client(Role.MANAGER)
    body = b"name: ours\nextends: cn-proxy\nearlier_years: 1\n"
    client.post(
        company.url("library/policy/new/?as=yaml"),
        {"file": SimpleUploadedFile("p.yaml", body), "reason": "ours", "body": ""},
    )
    row = OwnPolicy.objects.of(company.organisation).latest("pk")
    assert row.body.encode() == body
    taken = client.get(company.url(f"library/policy/{row.pk}/file/"))
    assert taken.content == body and "attachment" in taken["Content-Disposition"]


def test_two_files_of_one_name_are_two_policies(tmp_path):
    path = tmp_path / "policy.yaml"
    path.write_text("extends: default\nearlier_years: 1\n")
    assert load_policy(path).earlier_years == 1
    path.write_text("extends: default\nearlier_years: 2\n")
    assert load_policy(path).earlier_years == 2


def test_an_effect_of_a_draft_that_changed_meanwhile_is_not_kept(company, rows):
    client = company.client(Role.MANAGER)
    client.post(company.url("library/policy/new/"), FORM)
    row = OwnPolicy.objects.of(company.organisation).latest("pk")
    first = row.job
    client.post(company.url(f"library/policy/{row.pk}/edit/"), FORM | {"earlier_years": "0"})
    row.refresh_from_db()
    assert row.job != first
    assert effects.effect(first, None) is None
    work()
    row.refresh_from_db()
    assert row.effect["body_sha256"] == own_policies.digest(row.body)
