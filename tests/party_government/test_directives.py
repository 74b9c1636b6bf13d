"""Directives: drafted, reviewed, issued at one press, and followed to every organ."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from services.party_government.commands import directives as commands
from services.party_government.commands import receipts
from services.party_government.domain.directives import (
    AlreadyPassedOn,
    BeyondOwnDivision,
    DeadlineNotPossible,
    DirectiveNotInForce,
    NobodyAddressed,
    NothingToSupersede,
    NotInThatState,
    OrganNotKnown,
    ReceiptsStillOpen,
    RemarkMissing,
    ReviewTooShort,
)
from services.party_government.models import CentralTask, KnownOrgan, Measure, Receipt
from services.party_government.service import PartyGovernment
from shared.clocks import CHINA
from shared.context import Context, Principal
from shared.contracts.identity_data import DivisionsMerged, TerritoryMove
from shared.contracts.party_government import (
    Audience,
    CheckFeedback,
    CloseDirective,
    CriticisedOrgans,
    DirectiveById,
    DirectiveDelivered,
    DirectiveIssued,
    DirectiveProgress,
    DirectivesReceived,
    DirectiveWithdrawn,
    DraftDirective,
    HandlingReturned,
    IssueDirective,
    LegalityReviewRequested,
    OpenWorkPassed,
    PassDirectiveOn,
    Progress,
    RecallDirective,
    ReceiptEscalated,
    ReceiptSigned,
    ReceiptsOfDirective,
    ReceivedDirectiveById,
    ReportHandling,
    RequestLegalityReview,
    ReviseDraft,
    SignReceipt,
)
from shared.contracts.rule_of_law import Finding, LegalityReviewed
from shared.divisions import level_of
from shared.errors import InvalidInput, NotAllowed, NotFound
from shared.testing.harness import ServiceHarness
from tests.counting import counted, measured, records_behind

MONDAY = datetime(2021, 3, 1, 9, tzinfo=CHINA)
CITIES_AND_ABOVE = ("33", "3301", "3302")
COUNTIES = ("330106", "330103", "330212")
TOWNSHIPS = ("330106001", "330106002", "330103001", "330212001")


def office(division: str) -> Principal:
    return Principal(
        f"office.{division}", "official", division, f"{division}-government", ("general_office",)
    )


OFFICE, CITY, COUNTY = office("33"), office("3301"), office("330106")
LEADER = Principal("leader", "official", "33", "33-government", ("leader",))
EXCHANGE = Principal("system.exchange", "system", "33", "", ("document_exchange",))


@pytest.fixture
def harness(make_service: Callable[[Any], ServiceHarness]) -> ServiceHarness:
    service = make_service(PartyGovernment)
    service.act(know_organs)
    service.move_calendar(MONDAY)
    return service


def know_organs(context: Context) -> None:
    for division in CITIES_AND_ABOVE + COUNTIES + TOWNSHIPS:
        know(context, division, "government", type="government")
    know(context, "33", "taxation", type="department")


def know(context: Context, division: str, kind: str, *, type: str) -> None:
    above = {2: "", 4: "33", 6: division[:4], 9: division[:6]}[len(division)]
    context.unit.add(
        KnownOrgan(
            id=f"{division}-{kind}",
            division=division,
            name=f"{division}{kind}",
            kind=kind,
            type=type,
            level=int(level_of(division)),
            parent=f"{above}-government" if above else None,
        )
    )


CITIES = Audience(within="33", levels=("city",), types=("government",))
ALL = Audience(within="33", levels=("city", "county", "township"), kinds=("government",))


def draft(**terms: Any) -> DraftDirective:
    given = {
        "organ": "33-government",
        "title": "关于开展燃气安全排查整治的通知",
        "text": "各市、县（市、区）人民政府：……",
        "basis": "浙江省燃气管理条例",
        "audience": CITIES,
    }
    return DraftDirective(**{**given, **terms})


@dataclass
class Given:
    """A directive that was reviewed."""

    harness: ServiceHarness
    id: str

    def issue(self) -> str:
        order = IssueDirective(directive_id=self.id, number="浙政发〔2021〕8号")
        self.harness.execute(order, LEADER)
        self.harness.settle()
        return self.id


def reviewed(harness: ServiceHarness, **terms: Any) -> Given:
    directive = harness.execute(draft(**terms), OFFICE).id
    ask_and_answer(harness, directive)
    return Given(harness, directive)


def ask_and_answer(harness: ServiceHarness, directive: str, opinion: Any = "lawful") -> None:
    harness.execute(RequestLegalityReview(directive_id=directive), OFFICE)
    asked = harness.told(LegalityReviewRequested)[-1]
    harness.deliver(
        LegalityReviewed(
            review_id=f"{directive}.{asked.round}",
            directive_id=directive,
            round=asked.round,
            opinion=opinion,
            findings=() if opinion == "lawful" else (Finding(clause="第三条", problem="越权"),),
        )
    )


def state_of(harness: ServiceHarness, directive: str) -> str:
    return harness.execute(DirectiveById(directive_id=directive), OFFICE).state


def standing(harness: ServiceHarness, directive: str, organ: str) -> tuple[str, str, str | None]:
    receipt = harness.execute(
        ReceivedDirectiveById(receipt_id=f"{directive}.{organ}"), LEADER
    ).receipt
    return receipt.state, receipt.colour, receipt.rung


def progress(harness: ServiceHarness, directive: str, division: str = "33") -> Progress:
    return harness.execute(DirectiveProgress(directive_id=directive, division=division), OFFICE)


def sign(harness: ServiceHarness, directive: str, division: str, as_: Principal = EXCHANGE) -> None:
    harness.execute(SignReceipt(receipt_id=f"{directive}.{division}-government"), as_)


def report(harness: ServiceHarness, directive: str, division: str, *evidence: str) -> None:
    harness.execute(
        ReportHandling(
            receipt_id=f"{directive}.{division}-government", text="已完成", evidence=evidence
        ),
        EXCHANGE,
    )


# The gate


def test_nothing_is_issued_before_it_was_found_lawful(harness: ServiceHarness) -> None:
    directive = harness.execute(draft(), OFFICE).id
    order = IssueDirective(directive_id=directive, number="浙政发〔2021〕8号")
    with pytest.raises(NotInThatState):
        harness.execute(order, LEADER)
    harness.execute(RequestLegalityReview(directive_id=directive), OFFICE)
    with pytest.raises(NotInThatState):
        harness.execute(order, LEADER)
    assert harness.told(DirectiveDelivered) == []


def test_a_text_that_was_found_wanting_is_a_draft_again_with_what_was_found(
    harness: ServiceHarness,
) -> None:
    directive = harness.execute(draft(), OFFICE).id
    ask_and_answer(harness, directive, "to_be_changed")
    found = harness.execute(DirectiveById(directive_id=directive), OFFICE)
    assert (found.state, found.findings) == ("draft", ("第三条：越权",))


def test_a_text_that_is_changed_after_its_review_is_reviewed_anew(harness: ServiceHarness) -> None:
    given = reviewed(harness)
    terms = {n: v for n, v in vars(draft(text="改过的正文")).items() if n != "organ"}
    harness.execute(ReviseDraft(directive_id=given.id, **terms), OFFICE)
    assert state_of(harness, given.id) == "draft"
    with pytest.raises(NotInThatState):
        given.issue()


def test_the_answer_to_an_earlier_round_changes_nothing(harness: ServiceHarness) -> None:
    given = reviewed(harness)
    terms = {n: v for n, v in vars(draft(text="改过的正文")).items() if n != "organ"}
    harness.execute(ReviseDraft(directive_id=given.id, **terms), OFFICE)
    harness.execute(RequestLegalityReview(directive_id=given.id), OFFICE)
    harness.deliver(
        LegalityReviewed(
            review_id=f"{given.id}.1", directive_id=given.id, round=1, opinion="lawful"
        ),
        sequence=9,
    )
    assert state_of(harness, given.id) == "in_review"


def test_only_an_emergency_shortens_the_review(harness: ServiceHarness) -> None:
    routine = harness.execute(draft(), OFFICE).id
    with pytest.raises(ReviewTooShort):
        harness.execute(RequestLegalityReview(directive_id=routine, working_days=1), OFFICE)
    urgent = harness.execute(draft(urgency="emergency"), OFFICE).id
    harness.execute(RequestLegalityReview(directive_id=urgent, working_days=0), OFFICE)
    (asked,) = harness.told(LegalityReviewRequested)
    assert asked.due == datetime(2021, 3, 1, 23, 59, 59, tzinfo=CHINA)


# To whom


@pytest.mark.parametrize(
    ("audience", "divisions"),
    [
        (CITIES, "3301 3302"),
        (Audience(within="33", kinds=("government",), levels=("county",)), "330103 330106 330212"),
        (
            Audience(within="3301", kinds=("government",), levels=("township",)),
            "330103001 330106001 330106002",
        ),
        (Audience(organs=("330106-government", "3302-government")), "3302 330106"),
        (Audience(within="33", kinds=("government",), coastal=True), "3302 330212 330212001"),
        (Audience(within="3302", levels=("city",), organs=("3301-government",)), "3301 3302"),
    ],
)
def test_an_audience_is_whoever_has_all_that_is_asked_for(
    harness: ServiceHarness, audience: Audience, divisions: str
) -> None:
    reviewed(harness, audience=audience).issue()
    (delivered,) = harness.told(DirectiveDelivered)
    assert set(delivered.organs) == {f"{code}-government" for code in divisions.split()}


@pytest.mark.parametrize(
    ("audience", "error"),
    [
        (Audience(), NobodyAddressed),
        (Audience(within="3301", types=("court",)), NobodyAddressed),
        (Audience(organs=("339999-government",)), OrganNotKnown),
    ],
)
def test_an_audience_of_nobody_is_refused(
    harness: ServiceHarness, audience: Audience, error: type[Exception]
) -> None:
    with pytest.raises(error):
        harness.execute(draft(audience=audience), OFFICE)
    assert harness.told() == []


def test_a_city_addresses_nobody_outside_it(harness: ServiceHarness) -> None:
    for audience in (Audience(within="33"), Audience(organs=("3302-government",))):
        with pytest.raises(BeyondOwnDivision):
            harness.execute(draft(organ="3301-government", audience=audience), CITY)


@pytest.mark.parametrize("day", [date(2021, 3, 1), date(2021, 2, 26), date(2021, 3, 6)])
def test_a_deadline_is_a_working_day_to_come(harness: ServiceHarness, day: date) -> None:
    with pytest.raises(DeadlineNotPossible):
        harness.execute(draft(handled_by=day), OFFICE)


def test_an_indicator_that_is_not_in_force_is_refused(harness: ServiceHarness) -> None:
    with pytest.raises(InvalidInput):
        harness.execute(draft(indicators=("no_such_indicator",)), OFFICE)


def test_a_directive_sets_tasks_going_that_are_to_be_done_there(harness: ServiceHarness) -> None:
    def keep(context: Context) -> None:
        for task, division, state in (
            ("of-province", "33", "registered"),
            ("of-city", "3301", "in_force"),
            ("of-other-city", "3302", "in_force"),
            ("closed", "3301", "closed"),
        ):
            context.unit.add(
                CentralTask(
                    id=task, division=division, root=task, organ=f"{division}-x", state=state
                )
            )

    harness.act(keep)
    both = ("of-province", "of-city")
    directive = reviewed(harness, tasks=both).issue()
    assert harness.told(DirectiveIssued)[-1].tasks == both
    assert harness.execute(DirectiveById(directive_id=directive), OFFICE).tasks == both
    events = len(harness.told())
    for task in ("of-other-city", "of-province", "closed", "no-such-task"):
        with pytest.raises(InvalidInput) as refusal:
            harness.execute(
                draft(
                    organ="3301-government",
                    audience=Audience(within="3301"),
                    tasks=("of-city", task),
                ),
                CITY,
            )
        assert "tasks" in refusal.value.fields
    assert len(harness.told()) == events


def test_one_press_reaches_everyone_in_parts(
    harness: ServiceHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "AT_ONCE", 4)
    directive = reviewed(harness, audience=ALL).issue()
    delivered = [len(event.organs) for event in harness.told(DirectiveDelivered)]
    assert delivered == [4, 4, 1]
    assert progress(harness, directive).total.receipts == 9


# Down, and up again


def test_a_directive_goes_down_unchanged_and_comes_back_with_evidence(
    harness: ServiceHarness,
) -> None:
    directive = reviewed(harness).issue()
    sign(harness, directive, "3301", CITY)
    down = Audience(within="3301", levels=("county",), kinds=("government",))
    onward = PassDirectiveOn(receipt_id=f"{directive}.3301-government", audience=down)
    harness.execute(onward, CITY)
    harness.settle()
    received = harness.execute(DirectivesReceived(organ="330106-government"), COUNTY).receipts
    assert [(one.sender, one.state) for one in received] == [("3301-government", "delivered")]
    seen = harness.execute(ReceivedDirectiveById(receipt_id=received[0].receipt_id), COUNTY)
    assert seen.text == draft().text
    with pytest.raises(AlreadyPassedOn):
        harness.execute(onward, CITY)
    sign(harness, directive, "330106", COUNTY)
    report(harness, directive, "330106", "排查台账2021-03")
    check = CheckFeedback(receipt_id=received[0].receipt_id, accepted=True)
    with pytest.raises(NotAllowed):
        harness.execute(check, OFFICE)
    harness.execute(check, CITY)
    assert standing(harness, directive, "330106-government") == ("closed", "green", None)


def test_what_was_not_signed_is_neither_passed_on_nor_reported(harness: ServiceHarness) -> None:
    directive = reviewed(harness).issue()
    receipt = f"{directive}.3301-government"
    for order in (
        PassDirectiveOn(receipt_id=receipt, audience=Audience(within="3301")),
        ReportHandling(receipt_id=receipt, text="已完成", evidence=("台账",)),
        CheckFeedback(receipt_id=receipt, accepted=True),
    ):
        with pytest.raises(NotInThatState):
            harness.execute(order, OFFICE if isinstance(order, CheckFeedback) else CITY)


def test_an_organ_that_was_not_addressed_has_nothing_to_sign(harness: ServiceHarness) -> None:
    directive = reviewed(harness).issue()
    with pytest.raises((NotFound, NotAllowed)):
        sign(harness, directive, "330106", COUNTY)
    with pytest.raises(NotAllowed):
        sign(harness, directive, "3302", CITY)
    assert harness.told(ReceiptSigned) == []


def test_a_hollow_report_comes_back_at_once(harness: ServiceHarness) -> None:
    directive = reviewed(harness).issue()
    sign(harness, directive, "3301")
    report(harness, directive, "3301")
    assert standing(harness, directive, "3301-government")[0] == "signed"
    (returned,) = harness.told(HandlingReturned)
    assert "佐证" in returned.remark


def test_a_report_is_sent_back_with_a_reason_alone(harness: ServiceHarness) -> None:
    directive = reviewed(harness).issue()
    sign(harness, directive, "3301")
    report(harness, directive, "3301", "台账")
    receipt = f"{directive}.3301-government"
    with pytest.raises(RemarkMissing):
        harness.execute(CheckFeedback(receipt_id=receipt, accepted=False), OFFICE)
    harness.execute(CheckFeedback(receipt_id=receipt, accepted=False, remark="数据不全"), OFFICE)
    assert standing(harness, directive, "3301-government")[0] == "signed"


def test_a_directive_is_closed_when_all_have_handled_it(harness: ServiceHarness) -> None:
    directive = reviewed(harness).issue()
    for city in ("3301", "3302"):
        with pytest.raises(ReceiptsStillOpen):
            harness.execute(CloseDirective(directive_id=directive), OFFICE)
        sign(harness, directive, city)
        report(harness, directive, city, "台账")
        receipt = f"{directive}.{city}-government"
        harness.execute(CheckFeedback(receipt_id=receipt, accepted=True), OFFICE)
    harness.execute(CloseDirective(directive_id=directive), OFFICE)
    assert state_of(harness, directive) == "closed"
    with pytest.raises(DirectiveNotInForce):
        sign(harness, directive, "3301")


# The ladder


def climbed(harness: ServiceHarness, organ: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(e.rung, e.told) for e in harness.told(ReceiptEscalated) if e.organ == organ]


def test_who_does_not_sign_is_prompted_urged_supervised_and_criticised(
    harness: ServiceHarness,
) -> None:
    directive = reviewed(harness).issue()
    sign(harness, directive, "3302")
    harness.at(datetime(2021, 3, 3, 23, 59, 58, tzinfo=CHINA))
    assert standing(harness, directive, "3301-government") == ("delivered", "green", "prompted")
    harness.at(datetime(2021, 3, 4, 0, tzinfo=CHINA))
    assert standing(harness, directive, "3301-government") == ("delivered", "red", "urged")
    harness.at(datetime(2021, 3, 13, tzinfo=CHINA))
    assert climbed(harness, "3301-government") == [
        ("prompted", ()),
        ("urged", ()),
        ("supervised", ("33-government",)),
        ("criticised", ("33-government",)),
    ]
    assert climbed(harness, "3302-government")[0][0] == "prompted"  # Of its handling.
    criticised = harness.execute(CriticisedOrgans(division="33"), COUNTY).organs
    assert [(one.organ, one.colour) for one in criticised] == [("3301-government", "red")]
    harness.settle()
    assert counted(harness) == measured(harness, Measure)
    seen, _ = records_behind(harness, CITY, "organs_criticised", "3301", "2021-03")
    assert [(one.kind, one.id) for one in seen] == [("Receipt", f"{directive}.3301-government")]


def test_a_figure_leads_to_the_receipts_that_it_counts(harness: ServiceHarness) -> None:
    directive = reviewed(harness).issue()
    for division in ("3301", "3302"):
        sign(harness, directive, division)
    harness.settle()
    assert counted(harness) == measured(harness, Measure)
    seen, _ = records_behind(harness, OFFICE, "directives_signed_in_time", "33", "2021-03")
    assert [(one.id, one.organ) for one in seen] == [
        (f"{directive}.{division}-government", f"{division}-government")
        for division in ("3301", "3302")
    ]
    seen, withheld = records_behind(harness, CITY, "directives_signed", "3301", "2021-03")
    assert ([one.division for one in seen], withheld) == (["3301"], 0)
    # Whoever runs the platform sees the figures, and no directive.
    operator = Principal("operator", "operator", "33")
    assert records_behind(harness, operator, "directives_signed", "33", "2021-03") == ([], 2)
    with pytest.raises(NotAllowed):
        records_behind(harness, CITY, "directives_signed", "33", "2021-03")


def test_who_catches_up_is_yellow_for_the_period(harness: ServiceHarness) -> None:
    directive = reviewed(harness).issue()
    harness.at(datetime(2021, 3, 5, tzinfo=CHINA))
    sign(harness, directive, "3301")
    assert standing(harness, directive, "3301-government") == ("signed", "yellow", None)
    report(harness, directive, "3301", "台账")
    harness.execute(CheckFeedback(receipt_id=f"{directive}.3301-government", accepted=True), OFFICE)
    assert standing(harness, directive, "3301-government")[:2] == ("closed", "yellow")
    counted = progress(harness, directive).total
    assert (counted.green, counted.yellow, counted.red) == (0, 1, 1)


def test_an_emergency_climbs_by_the_minute(harness: ServiceHarness) -> None:
    directive = reviewed(harness, urgency="emergency").issue()
    issued = MONDAY
    harness.at(issued + timedelta(minutes=60))
    assert [rung for rung, _ in climbed(harness, "3301-government")] == [
        "prompted",
        "urged",
        "supervised",
    ]
    sign(harness, directive, "3301")
    harness.at(issued + timedelta(minutes=240))
    assert standing(harness, directive, "3301-government") == ("signed", "red", "urged")


def test_the_ladder_is_climbed_in_parts(
    harness: ServiceHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receipts, "AT_ONCE", 2)
    directive = reviewed(harness, audience=ALL).issue()
    harness.at(datetime(2021, 3, 4, tzinfo=CHINA))
    assert progress(harness, directive).total.red == 9
    assert len(harness.told(ReceiptEscalated)) == 18


def test_a_week_of_sleep_is_caught_up_step_by_step(harness: ServiceHarness) -> None:
    reviewed(harness).issue()
    harness.move_calendar(datetime(2021, 3, 20, tzinfo=CHINA))
    harness.settle()
    assert [rung for rung, _ in climbed(harness, "3301-government")] == [
        "prompted",
        "urged",
        "supervised",
        "criticised",
    ]


def test_what_waits_for_its_check_climbs_no_further_until_it_is_sent_back(
    harness: ServiceHarness,
) -> None:
    directive = reviewed(harness).issue()
    sign(harness, directive, "3301")
    report(harness, directive, "3301", "台账")
    harness.at(datetime(2021, 4, 30, tzinfo=CHINA))
    assert standing(harness, directive, "3301-government") == ("reported", "green", None)
    harness.execute(
        CheckFeedback(receipt_id=f"{directive}.3301-government", accepted=False, remark="数据不全"),
        OFFICE,
    )
    assert standing(harness, directive, "3301-government") == ("signed", "red", "criticised")


# No more


def test_a_recall_reaches_everyone_and_ends_what_they_owe(
    harness: ServiceHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "AT_ONCE", 4)
    directive = reviewed(harness, audience=ALL).issue()
    sign(harness, directive, "3301")
    harness.execute(RecallDirective(directive_id=directive, reason="文件有误"), LEADER)
    with pytest.raises(DirectiveNotInForce):
        report(harness, directive, "3301", "台账")
    harness.settle()
    told = [organ for event in harness.told(DirectiveWithdrawn) for organ in event.organs]
    assert len(told) == len(set(told)) == 9
    states = harness.rows(sa.select(Receipt.state, Receipt.due).distinct())
    assert [tuple(row) for row in states] == [("recalled", None)]
    harness.at(datetime(2021, 4, 30, tzinfo=CHINA))
    assert harness.told(ReceiptEscalated) == []


def test_a_recall_stops_what_is_still_being_delivered(
    harness: ServiceHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "AT_ONCE", 4)
    given = reviewed(harness, audience=ALL)
    order = IssueDirective(directive_id=given.id, number="浙政发〔2021〕8号")
    harness.execute(order, LEADER)
    harness.runtime.timers.fire_due()
    harness.execute(RecallDirective(directive_id=given.id, reason="文件有误"), LEADER)
    harness.settle()
    assert len(harness.told(DirectiveDelivered)) == 1
    assert [len(event.organs) for event in harness.told(DirectiveWithdrawn)] == [4]


def test_a_directive_that_supersedes_reaches_everyone_who_received_the_first(
    harness: ServiceHarness,
) -> None:
    first = reviewed(harness, audience=Audience(organs=("330106-government",))).issue()
    second = reviewed(harness, supersedes=first).issue()
    assert state_of(harness, first) == "superseded"
    received = {
        one.organ: one.state
        for one in harness.execute(
            ReceiptsOfDirective(directive_id=second, division="33"), OFFICE
        ).receipts
    }
    assert received == {
        "3301-government": "delivered",
        "3302-government": "delivered",
        "330106-government": "delivered",
    }
    assert standing(harness, first, "330106-government")[0] == "superseded"
    with pytest.raises(NothingToSupersede):
        harness.execute(draft(supersedes=first), OFFICE)


# Questions


def test_who_has_not_signed_is_one_question(harness: ServiceHarness) -> None:
    directive = reviewed(harness, audience=ALL).issue()
    sign(harness, directive, "330106")
    unsigned = ReceiptsOfDirective(directive_id=directive, division="3301", state="delivered")
    found = harness.execute(unsigned, CITY)
    assert [one.organ[:-11] for one in found.receipts] == [
        "3301",
        "330103",
        "330103001",
        "330106001",
        "330106002",
    ]
    after = replace(unsigned, after="330103-government")
    assert len(harness.execute(after, CITY).receipts) == 3
    with pytest.raises(NotAllowed):
        harness.execute(replace(unsigned, division="33"), CITY)


def test_progress_adds_up_by_level_and_by_part(harness: ServiceHarness) -> None:
    directive = reviewed(harness, audience=ALL).issue()
    for division in ("3301", "330106", "330106001"):
        sign(harness, directive, division)
    whole = progress(harness, directive)
    assert {one.of: (one.receipts, one.signed) for one in whole.levels} == {
        "city": (2, 1),
        "county": (3, 1),
        "township": (4, 1),
    }
    assert {one.of: (one.receipts, one.signed) for one in whole.divisions} == {
        "3301": (6, 3),
        "3302": (3, 0),
    }
    hangzhou = progress(harness, directive, "3301").divisions
    assert {one.of: one.receipts for one in hangzhou} == {"3301": 1, "330103": 2, "330106": 3}


def test_what_a_district_owes_is_owed_by_its_successor(harness: ServiceHarness) -> None:
    directive = reviewed(harness, audience=ALL).issue()
    moves = (
        TerritoryMove(from_code="330103", to_code="330105"),
        TerritoryMove(from_code="330103001", to_code="330105001"),
    )
    merged = DivisionsMerged(merger_id="m1", division="33", effective=date(2021, 4, 9), moves=moves)
    harness.deliver(merged)
    harness.settle()
    receipt = harness.execute(
        ReceivedDirectiveById(receipt_id=f"{directive}.330103001-government"), LEADER
    ).receipt
    assert (receipt.division, receipt.organ) == ("330105001", "330105001-government")
    (passed,) = harness.told(OpenWorkPassed)
    assert {name for name, count in passed.counts.items() if count} == {"receipts"}
    assert passed.counts["receipts"] == 2
    sign(harness, directive, "330103", office("330105"))
