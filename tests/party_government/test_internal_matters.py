"""Matters between organs: submitted once, consents asked in parallel, decided in promised days."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from services.identity_data.reference.organs import organs_on
from services.party_government.domain.internal_matters import (
    ConsentRefused,
    ConsentsAwaited,
    MaterialsMissing,
    MatterInWrongState,
    MatterKind,
    MatterSupplementAlreadyRequested,
    NoCompetentOrgan,
    NotYoursToConsent,
    NotYoursToDecide,
    ObjectionNeedsOpinion,
    UnfitMatter,
)
from services.party_government.models import KnownOrgan
from services.party_government.reference import internal_matters as reference
from services.party_government.service import PartyGovernment
from shared.clocks import CHINA
from shared.context import Context, Principal
from shared.contracts.identity_data import DivisionsMerged, TerritoryMove
from shared.contracts.party_government import (
    AcceptInternalMatter,
    AnswerMatterConsent,
    DecideInternalMatter,
    InternalMatterById,
    InternalMatterDecided,
    InternalMatterFile,
    InternalMatterKinds,
    InternalMatterSubmitted,
    InternalMatterWithdrawn,
    ListedMatter,
    MatterConsentAsked,
    MatterConsentChanged,
    MatterEscalated,
    MatterHandlingById,
    MatterMaterial,
    MattersInHand,
    MattersSubmitted,
    MeasureChanged,
    OpenAlerts,
    OpenWorkPassed,
    RequestMatterSupplement,
    SubmitInternalMatter,
    SupplementInternalMatter,
    WantedMaterial,
    WithdrawInternalMatter,
)
from shared.divisions import Level, level_of
from shared.errors import Conflict, NotAllowed
from shared.testing.harness import ServiceHarness
from tests.counting import records_behind

MONDAY = datetime(2021, 3, 1, 9, tzinfo=CHINA)
COUNTY = "330103"
JUSTICE = f"{COUNTY}-justice"
TAXATION = f"{COUNTY}-taxation"
GOVERNMENT = f"{COUNTY}-government"
HUMAN_RESOURCES = f"{COUNTY}-human_resources"
COMMITTEE = f"{COUNTY}-party_committee"
KINDS = ("government", "human_resources", "party_committee", "justice", "taxation")


def official(organ: str, name: str = "official") -> Principal:
    division = organ.partition("-")[0]
    return Principal(f"{name}.{organ}", "official", division, organ, ("case_officer",))


APPLICANT = official(JUSTICE)
SUPERVISOR = Principal("supervisor", "official", "33", "33-supervision", ("supervisor",))


@pytest.fixture
def harness(make_service: Callable[[Any], ServiceHarness]) -> ServiceHarness:
    service = make_service(PartyGovernment)
    service.act(know_organs)
    service.move_calendar(MONDAY)
    return service


def know_organs(context: Context) -> None:
    for division in ("33", "3301", COUNTY, "330105", "330203"):
        for kind in KINDS:
            know(context, division, kind)
    know(context, f"{COUNTY}001", "government")


def know(context: Context, division: str, kind: str) -> None:
    context.unit.add(
        KnownOrgan(
            id=f"{division}-{kind}",
            division=division,
            name=f"{division}{kind}",
            kind=kind,
            level=int(level_of(division)),
            parent=None if kind == "government" else f"{division}-government",
        )
    )


def order(kind: str, **terms: Any) -> SubmitInternalMatter:
    materials = tuple(
        MatterMaterial(material=one.code, document=f"{one.zh}1号")
        for one in reference.KINDS[kind].materials
    )
    given = {
        "organ": JUSTICE,
        "kind": kind,
        "title": "增设岗位",
        "content": "增设法律援助岗位一个",
        "materials": materials,
    }
    return SubmitInternalMatter(**{**given, **terms})


POST_CHANGE = order("post_change")
TRANSFER = order("asset_transfer", receiver=TAXATION)


def submit(harness: ServiceHarness, wanted: SubmitInternalMatter = POST_CHANGE) -> str:
    return harness.execute(wanted, official(wanted.organ), scenario="scenario-1").id


def file_of(harness: ServiceHarness, matter: str) -> InternalMatterFile:
    return harness.execute(InternalMatterById(matter_id=matter), SUPERVISOR)


def part_of(harness: ServiceHarness, matter: str, organ: str) -> Any:
    (part,) = [one for one in file_of(harness, matter).handlings if one.organ == organ]
    return part


def accept(harness: ServiceHarness, matter: str, organ: str = HUMAN_RESOURCES) -> None:
    handling = part_of(harness, matter, organ).handling_id
    harness.execute(AcceptInternalMatter(handling_id=handling), official(organ))


def answer(
    harness: ServiceHarness, matter: str, organ: str = COMMITTEE, agreed: bool = True, **more: Any
) -> None:
    handling = part_of(harness, matter, organ).handling_id
    wanted = AnswerMatterConsent(handling_id=handling, agreed=agreed, **more)
    harness.execute(wanted, official(organ))


def decide(
    harness: ServiceHarness,
    matter: str,
    outcome: Any = "granted",
    organ: str = HUMAN_RESOURCES,
    name: str = "official",
) -> None:
    handling = part_of(harness, matter, organ).handling_id
    wanted = DecideInternalMatter(handling_id=handling, outcome=outcome, reasons="符合规定")
    harness.execute(wanted, official(organ, name))


def request_supplement(harness: ServiceHarness, matter: str) -> None:
    handling = part_of(harness, matter, HUMAN_RESOURCES).handling_id
    wanted = WantedMaterial(material="post_plan", problem="岗位职责未写明")
    harness.execute(
        RequestMatterSupplement(handling_id=handling, wanted=(wanted,)), official(HUMAN_RESOURCES)
    )


def supplement(harness: ServiceHarness, matter: str) -> None:
    better = MatterMaterial(material="post_plan", document="岗位设置方案（修订）")
    harness.execute(SupplementInternalMatter(matter_id=matter, materials=(better,)), APPLICANT)


def in_hand(harness: ServiceHarness, organ: str, open_only: bool = True) -> list[ListedMatter]:
    found = harness.execute(MattersInHand(organ=organ, open_only=open_only), official(organ))
    return list(found.matters)


def days(number: int) -> datetime:
    return MONDAY + timedelta(days=number)


def end_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=CHINA)


# One visit


def test_a_matter_is_submitted_once_and_comes_back_decided(harness: ServiceHarness) -> None:
    matter = submit(harness)
    (asked,) = harness.told(InternalMatterSubmitted)
    assert (asked.decided_by, asked.consents_of) == (HUMAN_RESOURCES, (COMMITTEE,))
    accept(harness, matter)
    answer(harness, matter)
    decide(harness, matter, name="colleague")
    (decided,) = harness.told(InternalMatterDecided)
    assert (decided.outcome, decided.in_time, decided.colour) == ("granted", True, "green")
    assert decided.applicant == JUSTICE
    found = file_of(harness, matter)
    assert (found.matter.state, found.matter.outcome) == ("decided", "granted")
    assert [(one.act, one.organ) for one in found.history] == [
        ("submit", JUSTICE),
        ("accept", HUMAN_RESOURCES),
        ("answer", COMMITTEE),
        ("decide", HUMAN_RESOURCES),
    ]
    assert found.history[-1].text == "予以同意：符合规定"
    assert found.history[-1].by == f"colleague.{HUMAN_RESOURCES}"
    assert in_hand(harness, HUMAN_RESOURCES) == in_hand(harness, COMMITTEE) == []


def test_consents_are_asked_at_once_and_in_parallel_when_it_is_accepted(
    harness: ServiceHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = replace(reference.KINDS["asset_transfer"], consents=("party_committee", "justice"))
    monkeypatch.setattr(reference, "_KINDS", ())
    monkeypatch.setitem(reference.KINDS, kind.code, kind)  # type: ignore[arg-type]
    matter = submit(harness, TRANSFER)
    assert in_hand(harness, TAXATION) == []
    accept(harness, matter, GOVERNMENT)
    asked = harness.told(MatterConsentAsked)
    # The applicant is asked for nothing, although organs of its kind must consent.
    assert {one.organ for one in asked} == {TAXATION, COMMITTEE}
    assert {one.due for one in asked} == {end_of(date(2021, 3, 4))}
    (listed,) = in_hand(harness, TAXATION)
    assert (listed.handling.role, listed.handling.days_left) == ("receive", 3)


def test_a_township_submits_to_its_county_and_nobody_decides_its_own_matter(
    harness: ServiceHarness,
) -> None:
    for applicant, decider in {
        f"{COUNTY}001-government": GOVERNMENT,
        GOVERNMENT: "3301-government",
        "3301-government": "33-government",
    }.items():
        submit(harness, order("budget_release", organ=applicant))
        assert harness.told(InternalMatterSubmitted)[-1].decided_by == decider
    with pytest.raises(NoCompetentOrgan):
        submit(harness, order("budget_release", organ="33-government"))


def test_another_kind_is_one_entry(
    harness: ServiceHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = MatterKind(
        code="seal_use",
        zh="用印",
        en="use of a seal",
        organ_kind="government",
        promised_days=2,
        consent_days=1,
        materials=(),
        consents=("justice",),
    )
    monkeypatch.setitem(reference.KINDS, kind.code, kind)  # type: ignore[arg-type]
    matter = submit(harness, order("seal_use", organ=TAXATION))
    accept(harness, matter, GOVERNMENT)
    answer(harness, matter, JUSTICE)
    decide(harness, matter, organ=GOVERNMENT)
    assert file_of(harness, matter).matter.kind_zh == "用印"
    listed = harness.execute(InternalMatterKinds(), APPLICANT).kinds
    assert [one.kind for one in listed][-1] == "seal_use"


def test_an_organ_sees_what_it_submitted_and_what_it_has_to_do(harness: ServiceHarness) -> None:
    first = submit(harness)
    harness.move_calendar(days(1))
    second = submit(harness)
    accept(harness, second)
    submitted = harness.execute(MattersSubmitted(organ=JUSTICE), APPLICANT).matters
    assert [one.matter.matter_id for one in submitted] == [second, first]
    assert [one.handling.organ for one in submitted] == [HUMAN_RESOURCES] * 2
    desk = in_hand(harness, HUMAN_RESOURCES)
    assert [(one.matter.matter_id, one.handling.days_left) for one in desk] == [
        (first, 1),
        (second, 5),
    ]
    assert {one.handling.colour for one in desk} == {"green"}
    assert desk[0].matter.organ_name == f"{COUNTY}justice"
    own = MattersSubmitted(organ=JUSTICE, open_only=True)
    harness.execute(WithdrawInternalMatter(matter_id=first, reason="不再需要"), APPLICANT)
    (left,) = harness.execute(own, APPLICANT).matters
    assert left.matter.matter_id == second
    assert [one.handling.state for one in in_hand(harness, HUMAN_RESOURCES, False)] == [
        "open",
        "ended",
    ]


def test_a_list_is_read_with_as_many_statements_for_one_as_for_many(
    harness: ServiceHarness, statements: Callable[[ServiceHarness], list[str]]
) -> None:
    seen = statements(harness)
    counts = []
    for number in (1, 5):
        for _ in range(number):
            submit(harness)
        for query in (MattersInHand(organ=HUMAN_RESOURCES), MattersSubmitted(organ=JUSTICE)):
            seen.clear()
            harness.execute(query, official(query.organ))
            counts.append(len(seen))
    assert counts[:2] == counts[2:]


# The clock


def test_the_clock_stands_still_while_a_supplement_is_awaited(harness: ServiceHarness) -> None:
    matter = submit(harness)
    accept(harness, matter)
    assert part_of(harness, matter, HUMAN_RESOURCES).due == end_of(date(2021, 3, 8))
    harness.at(days(1))
    request_supplement(harness, matter)
    paused = [part_of(harness, matter, one).due for one in (HUMAN_RESOURCES, COMMITTEE)]
    assert paused == [None, None]
    (waiting,) = in_hand(harness, HUMAN_RESOURCES)
    assert waiting.matter.state == "awaiting_supplement"
    harness.at(days(21))
    assert harness.told(MatterEscalated) == []
    supplement(harness, matter)
    # The days from 2 to 22 March do not count: of five, five are left; of three, three.
    assert part_of(harness, matter, HUMAN_RESOURCES).due == end_of(date(2021, 3, 29))
    assert part_of(harness, matter, COMMITTEE).due == end_of(date(2021, 3, 25))
    found = file_of(harness, matter)
    assert [one.document for one in found.materials if one.material == "post_plan"] == [
        "岗位设置方案（修订）"
    ]
    answer(harness, matter)
    decide(harness, matter)
    assert harness.told(InternalMatterDecided)[0].in_time


def test_what_is_supplemented_before_acceptance_is_to_be_accepted_then(
    harness: ServiceHarness,
) -> None:
    matter = submit(harness)
    request_supplement(harness, matter)
    with pytest.raises(MatterInWrongState):
        accept(harness, matter)
    supplement(harness, matter)
    assert file_of(harness, matter).matter.state == "submitted"
    accept(harness, matter)
    with pytest.raises(MatterSupplementAlreadyRequested):
        request_supplement(harness, matter)


def test_whoever_is_late_climbs_the_ladder_and_supervisors_are_alerted(
    harness: ServiceHarness,
) -> None:
    matter = submit(harness)
    accept(harness, matter)
    answer(harness, matter)
    harness.at(datetime(2021, 3, 18, 9, tzinfo=CHINA))
    climbed = harness.told(MatterEscalated)
    assert [(one.rung, one.told) for one in climbed] == [
        ("prompted", ()),
        ("urged", ()),
        ("supervised", (GOVERNMENT,)),
        ("criticised", (GOVERNMENT, JUSTICE)),
    ]
    (late,) = in_hand(harness, HUMAN_RESOURCES)
    assert (late.handling.colour, late.handling.rung) == ("red", "criticised")
    assert late.handling.days_left == -8
    decide(harness, matter, name="colleague")
    (decided,) = harness.told(InternalMatterDecided)
    assert (decided.in_time, decided.colour) == (False, "yellow")
    assert [one.text for one in file_of(harness, matter).history if one.act == "escalate"] == [
        "临期提示",
        "催办",
        "督办",
        "通报",
    ]
    harness.settle()
    alerts = harness.execute(OpenAlerts(division="33"), SUPERVISOR).alerts
    assert [(one.rule, one.organ) for one in alerts] == [("escalated", HUMAN_RESOURCES)]


def test_what_was_late_before_a_supplement_stays_late_and_climbs_on_from_where_it_stopped(
    harness: ServiceHarness,
) -> None:
    matter = submit(harness)
    accept(harness, matter)
    answer(harness, matter)
    harness.at(datetime(2021, 3, 10, 9, tzinfo=CHINA))
    request_supplement(harness, matter)
    harness.at(datetime(2021, 3, 30, 9, tzinfo=CHINA))
    supplement(harness, matter)
    assert part_of(harness, matter, HUMAN_RESOURCES).due == end_of(date(2021, 3, 8))
    # One working day late before it, so two are left to the third: 31 March and 1 April.
    harness.at(end_of(date(2021, 4, 1)) - timedelta(seconds=1))
    assert [one.rung for one in harness.told(MatterEscalated)] == ["prompted", "urged"]
    harness.at(end_of(date(2021, 4, 1)))
    assert [one.rung for one in harness.told(MatterEscalated)][2:] == ["supervised"]
    decide(harness, matter)
    (decided,) = harness.told(InternalMatterDecided)
    assert (decided.in_time, decided.colour) == (False, "yellow")


def test_who_accepts_late_is_yellow_but_decides_in_time(harness: ServiceHarness) -> None:
    matter = submit(harness)
    harness.at(days(4))
    accept(harness, matter)
    answer(harness, matter)
    decide(harness, matter)
    (decided,) = harness.told(InternalMatterDecided)
    assert (decided.in_time, decided.colour) == (True, "yellow")


def test_a_clock_that_rang_while_the_process_slept_is_made_up_for_at_its_instants(
    harness: ServiceHarness,
) -> None:
    submit(harness)
    harness.at(days(14))
    assert [one.rung for one in harness.told(MatterEscalated)][-1] == "criticised"
    assert [envelope.name for envelope in harness.envelopes()].count("MatterEscalated") == 4


# Bad input


def test_materials_that_are_missing_are_all_named_at_once(harness: ServiceHarness) -> None:
    with pytest.raises(MaterialsMissing) as refusal:
        submit(harness, replace(POST_CHANGE, materials=()))
    assert "变动申请、岗位设置方案" in refusal.value.sentences["zh"]
    assert harness.told() == []


def test_a_supplement_gives_all_that_was_wanted(harness: ServiceHarness) -> None:
    matter = submit(harness)
    request_supplement(harness, matter)
    other = MatterMaterial(material="application", document="变动申请2号")
    wanted = SupplementInternalMatter(matter_id=matter, materials=(other,))
    with pytest.raises(MaterialsMissing):
        harness.execute(wanted, APPLICANT)


UNKNOWN = MatterMaterial(material="poem", document="一首诗")


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (replace(POST_CHANGE, kind="no_such_kind"), "kind"),
        (replace(POST_CHANGE, materials=(*POST_CHANGE.materials, UNKNOWN)), "materials"),
        (replace(POST_CHANGE, materials=POST_CHANGE.materials * 2), "materials"),
        (replace(POST_CHANGE, receiver=TAXATION), "receiver"),
        (replace(TRANSFER, receiver=None), "receiver"),
        (replace(TRANSFER, receiver=JUSTICE), "receiver"),
        (replace(TRANSFER, receiver="330203-taxation"), "receiver"),
    ],
)
def test_what_does_not_fit_the_kind_is_refused_and_its_field_named(
    harness: ServiceHarness, wanted: SubmitInternalMatter, field: str
) -> None:
    with pytest.raises(UnfitMatter) as refusal:
        submit(harness, wanted)
    assert list(refusal.value.fields) == [field]


def test_an_organ_that_is_not_competent_handles_nothing(harness: ServiceHarness) -> None:
    matter = submit(harness)
    deciding = part_of(harness, matter, HUMAN_RESOURCES).handling_id
    consenting = part_of(harness, matter, COMMITTEE).handling_id
    with pytest.raises(NotAllowed):
        harness.execute(AcceptInternalMatter(handling_id=deciding), official(TAXATION))
    with pytest.raises(NotYoursToDecide):
        harness.execute(AcceptInternalMatter(handling_id=consenting), official(COMMITTEE))
    accept(harness, matter)
    wanted = AnswerMatterConsent(handling_id=deciding, agreed=True)
    with pytest.raises(NotYoursToConsent):
        harness.execute(wanted, official(HUMAN_RESOURCES))
    with pytest.raises(NotAllowed):
        harness.execute(
            WithdrawInternalMatter(matter_id=matter, reason="不再需要"), official(TAXATION)
        )
    with pytest.raises(NotAllowed):
        harness.execute(MattersInHand(organ=HUMAN_RESOURCES), official(TAXATION))


def test_the_decision_waits_for_every_consent(harness: ServiceHarness) -> None:
    matter = submit(harness)
    with pytest.raises(MatterInWrongState):
        decide(harness, matter)
    with pytest.raises(MatterInWrongState):
        answer(harness, matter)
    accept(harness, matter)
    for outcome in ("granted", "refused"):
        with pytest.raises(ConsentsAwaited, match=COMMITTEE):
            decide(harness, matter, outcome)


def test_nothing_is_granted_against_an_objection_until_it_is_changed(
    harness: ServiceHarness,
) -> None:
    matter = submit(harness)
    accept(harness, matter)
    with pytest.raises(ObjectionNeedsOpinion):
        answer(harness, matter, agreed=False)
    answer(harness, matter, agreed=False, opinion="超出编制")
    with pytest.raises(ConsentRefused, match=COMMITTEE):
        decide(harness, matter)
    answer(harness, matter, opinion="已核减")
    assert [one.agreed for one in harness.told(MatterConsentChanged)] == [True]
    decide(harness, matter)
    said = [one.text for one in file_of(harness, matter).history if one.act == "answer"]
    assert said == ["不同意：超出编制", "同意：已核减"]
    with pytest.raises(MatterInWrongState):
        answer(harness, matter, agreed=False, opinion="仍不同意")


def test_a_matter_with_an_objection_can_be_refused(harness: ServiceHarness) -> None:
    matter = submit(harness)
    accept(harness, matter)
    answer(harness, matter, agreed=False, opinion="超出编制")
    decide(harness, matter, "refused")
    assert file_of(harness, matter).matter.outcome == "refused"


def test_what_was_withdrawn_is_nobodys_to_do_and_not_decided(harness: ServiceHarness) -> None:
    matter = submit(harness)
    accept(harness, matter)
    withdrawal = WithdrawInternalMatter(matter_id=matter, reason="不再需要")
    harness.execute(withdrawal, APPLICANT)
    assert [one.matter_id for one in harness.told(InternalMatterWithdrawn)] == [matter]
    for late in (decide, answer):
        with pytest.raises(MatterInWrongState):
            late(harness, matter)
    with pytest.raises(MatterInWrongState):
        harness.execute(withdrawal, APPLICANT)
    harness.at(days(30))
    assert harness.told(MatterEscalated) == []
    assert in_hand(harness, COMMITTEE) == []


def test_of_two_officials_who_decide_at_once_one_is_refused(
    harness: ServiceHarness, make_service: Callable[[Any], ServiceHarness]
) -> None:
    matter = submit(harness)
    accept(harness, matter)
    answer(harness, matter)
    seen = part_of(harness, matter, HUMAN_RESOURCES)
    wanted = DecideInternalMatter(
        handling_id=seen.handling_id,
        outcome="granted",
        reasons="符合规定",
        expected_version=seen.version,
    )
    other = make_service(PartyGovernment)
    pipeline = harness.runtime.pipeline
    write = pipeline._committer.commit

    def after_the_other(*effects: Any, **more: Any) -> Any:
        pipeline._committer.commit = write  # type: ignore[method-assign]
        refusing = replace(wanted, outcome="refused", reasons="不符合规定")
        other.execute(refusing, official(HUMAN_RESOURCES, "colleague"))
        return write(*effects, **more)

    pipeline._committer.commit = after_the_other  # type: ignore[method-assign]
    with pytest.raises(Conflict):
        harness.execute(wanted, official(HUMAN_RESOURCES))
    assert [one.outcome for one in harness.told(InternalMatterDecided)] == ["refused"]
    with pytest.raises(MatterInWrongState):
        harness.execute(replace(wanted, expected_version=None), official(HUMAN_RESOURCES))


def end_organ(harness: ServiceHarness, organ: str) -> None:
    def end(context: Context) -> None:
        context.unit.get(KnownOrgan, organ).valid_to = date(2021, 2, 1)

    harness.act(end)


@pytest.mark.parametrize("organ", [HUMAN_RESOURCES, COMMITTEE, JUSTICE])
def test_a_matter_of_an_abolished_organ_or_before_one_is_refused(
    harness: ServiceHarness, organ: str
) -> None:
    end_organ(harness, organ)
    with pytest.raises(NoCompetentOrgan, match=organ):
        submit(harness)
    assert harness.told() == []


# What follows


def merge(harness: ServiceHarness) -> None:
    move = TerritoryMove(from_code=COUNTY, to_code="330105")
    merged = DivisionsMerged(
        merger_id="m1", division="33", effective=date(2021, 3, 1), moves=(move,)
    )
    harness.deliver(merged)
    harness.settle()


def test_open_matters_pass_to_the_successors_of_all_whom_they_concern(
    harness: ServiceHarness,
) -> None:
    matter, decided = submit(harness), submit(harness)
    accept(harness, decided)
    answer(harness, decided)
    decide(harness, decided)
    merge(harness)
    found = file_of(harness, matter)
    assert (found.matter.organ, found.matter.division) == ("330105-justice", "330105")
    assert [one.organ for one in found.handlings] == [
        "330105-human_resources",
        "330105-party_committee",
    ]
    assert file_of(harness, decided).matter.organ == JUSTICE
    (passed,) = harness.told(OpenWorkPassed)
    assert (passed.counts["internal_matters"], passed.counts["matter_handlings"]) == (1, 2)
    accept(harness, matter, "330105-human_resources")
    answer(harness, matter, "330105-party_committee")
    decide(harness, matter, organ="330105-human_resources")


def test_a_successor_can_change_what_was_answered_before_the_merger(
    harness: ServiceHarness,
) -> None:
    matter = submit(harness)
    accept(harness, matter)
    answer(harness, matter, agreed=False, opinion="超出编制")
    merge(harness)
    deciding, consenting = "330105-human_resources", "330105-party_committee"
    with pytest.raises(ConsentRefused, match=consenting):
        decide(harness, matter, organ=deciding)
    answer(harness, matter, consenting, opinion="已核减")
    decide(harness, matter, organ=deciding)
    assert file_of(harness, matter).matter.outcome == "granted"


def test_whoever_accepted_a_matter_and_decides_it_raises_the_alert_of_cases(
    harness: ServiceHarness,
) -> None:
    for name in ("official", "colleague"):
        matter = submit(harness)
        accept(harness, matter)
        answer(harness, matter)
        decide(harness, matter, name=name)
    harness.settle()
    (alert,) = harness.execute(OpenAlerts(division="33"), SUPERVISOR).alerts
    assert (alert.rule, alert.official) == ("same_hand", f"official.{HUMAN_RESOURCES}")


def test_submitted_decided_and_in_time_are_counted(harness: ServiceHarness) -> None:
    kept, late = submit(harness), submit(harness)
    submit(harness)
    for matter in (kept, late):
        accept(harness, matter)
        answer(harness, matter)
    decide(harness, kept)
    harness.at(days(9))
    decide(harness, late)
    harness.settle()
    counted = {
        one.measure: one.value
        for one in harness.told(MeasureChanged)
        if one.measure.startswith("internal_matters") and one.division == COUNTY
    }
    assert counted == {
        "internal_matters_submitted": 3,
        "internal_matters_decided": 2,
        "internal_matters_in_time": 1,
    }
    for measure, kind in (
        ("internal_matters_submitted", "InternalMatter"),
        ("internal_matters_decided", "MatterHandling"),
    ):
        seen, withheld = records_behind(harness, SUPERVISOR, measure, COUNTY, "2021-03")
        assert ({one.kind for one in seen}, len(seen), withheld) == ({kind}, counted[measure], 0)


def test_an_official_of_the_organ_without_the_office_sees_matters_and_handles_none(
    harness: ServiceHarness,
) -> None:
    matter = submit(harness)
    handling = part_of(harness, matter, HUMAN_RESOURCES).handling_id
    researcher = replace(official(HUMAN_RESOURCES, "researcher"), roles=("researcher",))
    in_hand = harness.execute(MattersInHand(organ=HUMAN_RESOURCES), researcher).matters
    assert [one.matter.matter_id for one in in_hand] == [matter]
    with pytest.raises(NotAllowed):
        harness.execute(AcceptInternalMatter(handling_id=handling), researcher)
    with pytest.raises(NotAllowed):
        harness.execute(replace(POST_CHANGE, organ=HUMAN_RESOURCES), researcher)


def test_an_organ_below_another_sees_a_matter_that_it_has_a_part_in(
    harness: ServiceHarness,
) -> None:
    township = f"{COUNTY}001-government"
    matter = submit(harness, replace(TRANSFER, receiver=township))
    receiving = part_of(harness, matter, township).handling_id
    found = harness.execute(MatterHandlingById(handling_id=receiving), official(township))
    assert found.matter.matter_id == matter
    with pytest.raises(NotAllowed):
        harness.execute(InternalMatterById(matter_id=matter), official(township))
    with pytest.raises(NotAllowed):
        harness.execute(MatterHandlingById(handling_id=receiving), official("330203-government"))


def test_every_kind_names_organs_that_are_at_each_level_where_it_is_decided() -> None:
    at_level: dict[int, set[str]] = {}
    for organ in organs_on(MONDAY.date()):
        at_level.setdefault(organ.level, set()).add(organ.kind)
    for kind in reference.KINDS.values():
        for level in range(Level.PROVINCE, kind.lowest + 1):
            assert {kind.organ_kind, *kind.consents} <= at_level[level]
