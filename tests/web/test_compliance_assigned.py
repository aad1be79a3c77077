"""What was proposed or posted without the plan is given to a step of it: offered, one click, never by itself; and taken back."""

import json
import re

import pytest
from django.core.exceptions import ValidationError

from hengtan.market.book.decide import Account
from hengtan.web.assets import services as assets
from hengtan.web.assets.models import Posting, Proposal
from hengtan.web.compliance import assigned, steps
from hengtan.web.compliance.models import Assigned, CompliancePlan
from hengtan.web.organisations.roles import Role
from hengtan.web.vault.models import Outbox

from .booked import post
from .surrendering import TODAY, book, planned
from .test_api import Caller, codes
from .test_compliance_steps import links, page

SURRENDER = {"kind": "surrender", "day": "2026-11-20", "account": "YJ", "instrument": "CEA25", "quantity": "972400", "year": "2025", "due_t": "1186320"}  # fmt: skip
BUY = {"kind": "buy", "day": "2026-11-20", "account": "YJ", "instrument": "CEA25", "quantity": "53004", "price": "97.40", "way": "listed"}  # fmt: skip


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *_args, **_more: TODAY)


@pytest.fixture
def ours(company):
    CompliancePlan.objects.of(company.organisation).delete()
    book(company)
    return company


@pytest.fixture
def plan(ours):
    return planned(ours)


def states(ours, one):
    parts = steps.parts(one.record, 2025)
    steps.seen(ours.organisation, one, parts)
    return {each.key: (each.state, each.open_t) for each in parts}


def form(ours, told, role=Role.MANAGER, **more):
    fields = {name: value for name, value in told.items() if name != "kind"}
    return ours.client(role).post(ours.url(f"assets/new/?kind={told['kind']}"), {"token": "t", **fields, **more})


def last(ours):
    return Proposal.objects.of(ours.organisation).order_by("-pk").first()


def text(answer):
    return re.sub(r"\s+", " ", answer.content.decode())


def give(ours, one, key, row, role=Role.MANAGER, **more):
    return ours.client(role).post(
        ours.url(f"compliance/plans/{one.pk}/assign/"), {"proposal": row.pk, "step": f"{one.key}:{key}:1", "act": "assign", **more}, follow=True
    )  # fmt: skip


def test_the_form_of_a_surrender_offers_the_step_that_it_fits_and_one_click_takes_it(ours, plan):
    asked = ours.client(Role.MANAGER).get(ours.url("assets/new/beside/"), {**SURRENDER})
    keys = re.findall(r'name="step" value="([^"]+)"', text(asked))
    assert keys[0] == f"{plan.key}:2:surrender:1"
    assert "972,400 t CEA25" in text(asked)
    form(ours, SURRENDER, step=keys[0])
    assert last(ours).key == f"plan:{keys[0]}"
    assert states(ours, plan)["2:surrender"] == ("proposed", 0)


def test_nothing_is_given_to_a_step_by_itself(ours, plan):
    form(ours, SURRENDER)
    assert states(ours, plan)["2:surrender"] == ("open", 972_400)
    assert not Assigned.objects.filter(plan=plan).exists()


@pytest.mark.parametrize(
    "change", [{"instrument": "CEA24"}, {"year": "2024"}, {"quantity": "972401"}, {"account": "ZZ"}]
)
def test_what_fits_no_step_is_offered_none(ours, plan, change):
    """Lines of CEA25 for 2025 are open for at most 972,400 t."""
    assets.open_account(ours.people[Role.MANAGER], Account("ZZ", "Another Works", "CRS", "z"))
    asked = ours.client(Role.MANAGER).get(ours.url("assets/new/beside/"), {**SURRENDER, **change})
    assert 'name="step"' not in text(asked)
    row = assets.propose(ours.people[Role.MANAGER], BUY)  # of no surrender's kind
    with pytest.raises(ValidationError):
        assigned.assign(ours.people[Role.MANAGER], plan, "2:surrender", row.id, "")


def test_what_waits_in_the_queue_is_given_to_a_step_with_one_click(ours, plan):
    form(ours, SURRENDER)
    row = last(ours)
    shown = text(ours.client(Role.MANAGER).get(ours.url(f"assets/queue/{row.pk}/")))
    assert f'name="step" value="{plan.key}:2:surrender:1"' in shown and "It is this step" in shown
    give(ours, plan, "2:surrender", row)
    assert states(ours, plan)["2:surrender"] == ("proposed", 0)
    assert "Step of a plan" in text(ours.client(Role.APPROVER).get(ours.url(f"assets/queue/{row.pk}/")))
    assets.approve(ours.people[Role.APPROVER], row.pk)
    assert states(ours, plan)["2:surrender"] == ("posted", 0)
    assert f"posted, no. {Posting.objects.of(ours.organisation).get(proposal_id=row.pk).number}" in page(ours)


def test_what_is_posted_needs_a_reason_and_the_ledger_keeps_who_said_so(ours, plan):
    posting = post(ours, **BUY)
    row = Posting.objects.of(ours.organisation).get(number=posting.number)
    shown = text(ours.client(Role.MANAGER).get(ours.url(f"assets/postings/{row.pk}/")))
    assert f'value="{plan.key}:4:buy:1"' in shown
    assert "Say why" in text(give(ours, plan, "4:buy", row.proposal, reason="  "))
    assert states(ours, plan)["4:buy"][0] == "open"
    give(ours, plan, "4:buy", row.proposal, reason="bought by phone on the 20th")
    assert states(ours, plan)["4:buy"] == ("posted", 0)
    told = json.loads(Outbox.objects.of(ours.organisation).get(kind="compliance.step-assigned").record)
    assert (told["step"], told["reason"], told["plan"]) == ("4:buy", "bought by phone on the 20th", plan.key)
    assert "stands for a step already" in text(give(ours, plan, "4:buy", row.proposal, reason="again"))
    assert "The book has moved" not in page(ours)


def test_it_is_taken_back_with_a_reason_and_the_step_is_open_again(ours, plan):
    row = assets.propose(ours.people[Role.MANAGER], BUY)
    proposal = Proposal.objects.of(ours.organisation).get(pk=row.id)
    give(ours, plan, "4:buy", proposal)
    assert "Say why" in text(give(ours, plan, "", proposal, act="undo"))
    assert states(ours, plan)["4:buy"][0] == "proposed"
    give(ours, plan, "", proposal, act="undo", reason="another deal")
    assert states(ours, plan)["4:buy"] == ("open", 53_004)
    kinds = (
        Outbox.objects.of(ours.organisation).filter(kind__startswith="compliance.step").values_list("kind", flat=True)
    )
    assert list(kinds) == ["compliance.step-assigned", "compliance.step-unassigned"]


def test_what_was_turned_down_or_reversed_leaves_the_step_open(ours, plan):
    row = assets.propose(ours.people[Role.MANAGER], BUY)
    assigned.assign(ours.people[Role.MANAGER], plan, "4:buy", row.id, "")
    assets.reject(ours.people[Role.APPROVER], row.id, "no money")
    assert states(ours, plan)["4:buy"] == ("open", 53_004)
    with pytest.raises(ValidationError):
        assigned.assign(ours.people[Role.MANAGER], plan, "4:buy", row.id, "still")


def test_a_part_leaves_the_rest_open_and_more_than_is_open_is_refused(ours, plan):
    manager = ours.people[Role.MANAGER]
    for n, quantity in enumerate(("50000", "3004", "5")):
        row = assets.propose(manager, {**BUY, "quantity": quantity}, key=f"k{n}")
        if quantity == "5":
            with pytest.raises(ValidationError):
                assigned.assign(manager, plan, "4:buy", row.id, "")
        else:
            assigned.assign(manager, plan, "4:buy", row.id, "")
    assert states(ours, plan)["4:buy"] == ("proposed", 0)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.APPROVER, Role.AUDITOR, Role.CONTRIBUTOR])
def test_only_who_proposes_may_say_it_and_a_stranger_finds_nothing(ours, plan, stranger, role):
    row = Proposal.objects.of(ours.organisation).get(pk=assets.propose(ours.people[Role.MANAGER], BUY).id)
    assert give(ours, plan, "4:buy", row, role).status_code == 403
    path = f"compliance/plans/{plan.pk}/assign/"
    assert stranger.client(Role.OWNER).post(stranger.url(path), {"proposal": row.pk, "step": "x"}).status_code == 404
    theirs = stranger.url(f"compliance/plans/{stranger.compliance_plan.pk}/assign/")
    assert stranger.client(Role.OWNER).post(theirs, {"proposal": row.pk, "step": "x:1:buy:1"}).status_code == 404
    assert not Assigned.objects.filter(plan=plan).exists()


@pytest.mark.parametrize("proposal", ["", "-1", "0", "9" * 30, "٣", "x"])
def test_a_number_that_is_none_finds_nothing(ours, plan, proposal):
    answer = ours.client(Role.MANAGER).post(
        ours.url(f"compliance/plans/{plan.pk}/assign/"), {"proposal": proposal, "step": "::::"}
    )
    assert answer.status_code == 404


def test_a_form_of_a_step_that_was_changed_to_something_else_is_proposed_by_itself_and_says_so(ours, plan):
    """Under the key of the purchase of CEA25 somebody buys CEA26: the step stays open."""
    (address, _told) = next(
        each for each in links(ours) if each[1]["kind"] == "buy" and each[1].get("instrument") == "CEA25"
    )
    fields = {name: value for name, value in BUY.items() if name != "kind"}
    answer = ours.client(Role.MANAGER).post(address, {**fields, "token": "q", "instrument": "CEA26"}, follow=True)
    assert "does not fit the step" in text(answer)
    assert last(ours).key.startswith("form:")
    assert states(ours, plan)["4:buy"] == ("open", 53_004)
    answer = ours.client(Role.MANAGER).post(address, {**fields, "token": "q2"}, follow=True)
    assert last(ours).key == f"plan:{plan.key}:4:buy:1"
    assert "was sent before" in text(ours.client(Role.MANAGER).post(address, {**fields, "token": "q3"}, follow=True))


def test_ranges_that_are_picked_on_the_form_of_a_step_count_as_many_as_they_are(ours, plan):
    """10,000 of the 28,000 t of line 5: 18,000 t stay open."""
    mark, (address, told) = ours.mark, next(each for each in links(ours) if each[1].get("instrument") == "CCER-WIND")
    fields = {name: value for name, value in told.items() if name not in ("kind", "step", "quantity")}
    ours.client(Role.MANAGER).post(address, {**fields, "serials": f"{mark}W:1-10000", "token": "s"})
    assert last(ours).key == f"plan:{plan.key}:5:surrender:1"
    assert states(ours, plan)["5:surrender"] == ("partly", 18_000)


def test_the_form_of_a_purchase_has_all_that_the_plan_knows(ours, plan):
    """Line 4: 53,004 t of CEA25 at 97.40 and no more typing than the counterparty's own data."""
    (address, _told) = next(
        each for each in links(ours) if each[1]["kind"] == "buy" and each[1].get("instrument") == "CEA25"
    )
    shown = text(ours.client(Role.MANAGER).get(address))
    for name, value in {"quantity": "53004", "price": "97.40", "instrument": "CEA25"}.items():
        assert re.search(rf'name="{name}"[^>]*value="{value}"', shown), name
    assert f'name="step" value="{plan.key}:4:buy:1"' in shown and "step 4 of the plan" in shown
    fields = dict(re.findall(r'<input[^>]*name="(\w+)"[^>]*value="([^"]*)"', shown)) | {
        "account": "YJ",
        "way": "listed",
    }
    assert ours.client(Role.MANAGER).post(address, fields).status_code == 302
    assert states(ours, plan)["4:buy"] == ("proposed", 0)


def test_a_program_gives_a_posting_to_a_step(ours, plan):
    caller, number = Caller(ours.people[Role.MANAGER]), post(ours, **BUY).number
    proposal = Posting.objects.of(ours.organisation).get(number=number).proposal_id
    asked = {"line": 4, "kind": "buy", "proposal": proposal}
    path = f"/compliance-plans/{plan.key}/steps/assign"
    assert codes(caller.post(path, asked)) == ["call.refused"]  # without a reason
    answer = caller.post(path, {**asked, "reason": "by phone"})
    assert (answer.status_code, answer.json()["postings"], answer.json()["state"]) == (200, [number], "posted"), (
        answer.content
    )
    assert codes(caller.post(path, {**asked, "proposal": 2**62})) == ["call.not-there"]
    back = caller.post(path, {**asked, "reason": "another deal", "undo": True}).json()
    assert (back["state"], back["open_t"]) == ("open", 53_004)
    assert codes(Caller(ours.people[Role.VIEWER]).post(path, {**asked, "reason": "x"})) == ["call.role"]
