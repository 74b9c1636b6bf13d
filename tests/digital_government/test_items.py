"""The item catalogue: what can stand in it, who offers what of it, and editions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import pytest

from services.digital_government.domain import decisions, procedures
from services.digital_government.domain.items import (
    AlreadyClaimed,
    DayHasPassed,
    EditionPlanned,
    HeldByGovernment,
    ItemExists,
    ItemNotInForce,
    LevelDoesNotHandle,
    NothingToPublish,
    NotTheItemsOrgan,
    NotTheProvinces,
    PromiseTooLong,
    UnfitItem,
)
from services.digital_government.domain.one_things import ItemNotOffered
from services.digital_government.service import DigitalGovernment
from shared.contracts.digital_government import (
    CancelItem,
    CaseById,
    ClaimItem,
    DecisionTable,
    DeclareHeldDocument,
    DefineItem,
    DrawingOfProcedure,
    ItemByCode,
    ItemDefinition,
    ItemsOffered,
    OpenApplication,
    ProcedureStep,
    PublishItem,
    ReviseItem,
    ReviseTerms,
    WithdrawItem,
)
from shared.errors import InvalidInput, NotFound
from shared.testing.harness import ServiceHarness
from tests.contracts import sample_items as sample
from tests.contracts.ready import MONDAY

TODAY = MONDAY.date()
NEXT_WEEK = TODAY + timedelta(days=7)


@pytest.fixture
def government(make_service: Callable[[Any], ServiceHarness]) -> ServiceHarness:
    made = make_service(DigitalGovernment)
    sample.prepare(made)
    return made


def changed(**fields: Any) -> ItemDefinition:
    """The sample with other parts."""
    return ItemDefinition.load({**sample.DEFINITION.dump(), **fields})


def step(key: str, stage: str, by: str, *after: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "name": key, "stage": stage, "by": by, "after": list(after), **more}


ACCEPT = step("accept", "acceptance", "case_officer")
DECIDE = step("decide", "decision", "case_officer", "accept")


# What can stand in the catalogue


@pytest.mark.parametrize(
    ("part", "value", "told"),
    [
        ("procedure", [ACCEPT], "exactly one step of stage “decision”"),
        ("procedure", [ACCEPT, DECIDE, DECIDE], "two steps have one key"),
        (
            "procedure",
            [ACCEPT, step("decide", "decision", "applicant", "accept")],
            "nobody can do a step of this stage as applicant",
        ),
        (
            "procedure",
            [ACCEPT, step("decide", "decision", "rule", "accept")],
            "no decision table to go by",
        ),
        (
            "procedure",
            [ACCEPT, step("look", "review", "leader"), {**DECIDE, "after": ["accept", "look"]}],
            "“look” does not follow the acceptance",
        ),
        (
            "procedure",
            [ACCEPT, step("look", "review", "leader", "accept"), DECIDE],
            "review “look” leads to no decision",
        ),
        (
            "procedure",
            [ACCEPT, step("look", "review", "leader", "nothing"), DECIDE],
            "no step “nothing”",
        ),
        (
            "procedure",
            [
                ACCEPT,
                step("one", "review", "leader", "accept", "other"),
                step("other", "review", "leader", "one"),
                {**DECIDE, "after": ["one"]},
            ],
            "they wait for each other",
        ),
        (
            "procedure",
            [
                ACCEPT,
                step("look", "review", "leader", "accept", when="answers.ground =="),
                {**DECIDE, "after": ["look"]},
            ],
            "its condition is faulty",
        ),
        (
            "procedure",
            [ACCEPT, {**DECIDE, "when": "true"}],
            "only reviews can be left out",
        ),
        (
            "form",
            {"type": "object", "properties": {"name": {"type": "string", "title": "姓名"}}},
            "source",
        ),
        ("form", {"type": "nothing"}, "no valid JSON Schema"),
        ("facts", ["enterprise.name"], "is nothing of the person"),
        (
            "materials",
            [{"key": "card", "name": "证件", "document": "card", "source": "shared_data"}],
            "which facts stand for it?",
        ),
        (
            "materials",
            [{"key": "card", "name": "证件", "document": "card", "source": "licence"}],
            "which licence stands for it?",
        ),
        ("fee", 100, "a fee needs its basis"),
        (
            "decision",
            {**sample.TABLE, "rows": [{**sample.TABLE["rows"][0], "when": {"months": ">> 6"}}]},
            "row 1, “months”",
        ),
        (
            "decision",
            {**sample.TABLE, "rows": [{**sample.TABLE["rows"][0], "when": {"months": "half"}}]},
            "texts stand in quotation marks",
        ),
        (
            "decision",
            {**sample.TABLE, "rows": sample.TABLE["rows"][:1]},
            "the last row must apply",
        ),
        (
            "decision",
            {
                **sample.TABLE,
                "columns": [{"key": "months", "label": "月", "field": "answers.weeks"}],
            },
            "is no value that is known",
        ),
    ],
)
def test_an_item_that_could_not_be_handled_is_refused_with_what_to_mend(
    government: ServiceHarness, part: str, value: Any, told: str
) -> None:
    with pytest.raises(UnfitItem) as refusal:
        sample.define(government, changed(**{part: value}))
    assert told in " ".join(refusal.value.fields.get(part) or refusal.value.fields["fee_basis"])
    with pytest.raises(NotFound):
        government.execute(ItemByCode(code=sample.CODE), sample.APPLICANT)


def test_what_applies_to_more_than_one_material_is_told_at_once(
    government: ServiceHarness,
) -> None:
    with pytest.raises(UnfitItem) as refusal:
        sample.define(government, changed(tolerance_days=0, fee=5, facts=["enterprise.name"]))
    assert set(refusal.value.fields) == {"materials", "fee_basis", "facts"}


def test_a_legal_basis_names_its_law(government: ServiceHarness) -> None:
    definition = {**sample.DEFINITION.dump(), "legal_basis": "根据有关规定"}
    with pytest.raises(InvalidInput) as refusal:
        ItemDefinition.load(definition)
    assert set(refusal.value.fields) == {"legal_basis"}


def test_nobody_is_asked_for_what_government_holds(government: ServiceHarness) -> None:
    held = DeclareHeldDocument(document="tenancy_contract", name="租赁备案", facts=("person.name",))
    government.execute(held, sample.PROVINCE)
    with pytest.raises(HeldByGovernment) as refusal:
        sample.define(government)
    assert "房屋租赁合同" in refusal.value.sentences["zh"]


def test_what_government_came_to_hold_cannot_be_demanded_by_a_later_publication(
    government: ServiceHarness,
) -> None:
    sample.define(government)
    claimed = sample.claim(government)
    held = DeclareHeldDocument(document="tenancy_contract", name="租赁备案", facts=("person.name",))
    government.execute(held, sample.PROVINCE)
    with pytest.raises(HeldByGovernment):
        government.execute(PublishItem(implementation_id=claimed), sample.BUREAU)


def test_the_catalogue_is_the_provinces(government: ServiceHarness) -> None:
    order = DefineItem(
        code=sample.CODE, division="330106", definition=sample.DEFINITION, effective=TODAY
    )
    with pytest.raises(NotTheProvinces):
        government.execute(order, replace(sample.PROVINCE, division="330106"))


def test_a_code_is_given_once_and_days_come(government: ServiceHarness) -> None:
    with pytest.raises(DayHasPassed):
        sample.define(government, effective=TODAY - timedelta(days=1))
    with pytest.raises(DayHasPassed):
        sample.define(government, effective=NEXT_WEEK, cancels=TODAY)
    sample.define(government)
    with pytest.raises(ItemExists):
        sample.define(government)


# Editions


def test_an_edition_takes_effect_on_its_day(government: ServiceHarness) -> None:
    sample.define(government, effective=NEXT_WEEK)
    with pytest.raises(ItemNotInForce):
        sample.claim(government)
    government.at(MONDAY + timedelta(days=7))
    government.settle()
    assert sample.claim(government) == sample.OFFERED


def test_one_edition_waits_at_a_time(government: ServiceHarness) -> None:
    sample.define(government)
    order = ReviseItem(
        code=sample.CODE, definition=sample.AT_ONCE, effective=NEXT_WEEK, reason="改为秒批"
    )
    government.execute(order, sample.PROVINCE)
    with pytest.raises(EditionPlanned):
        government.execute(replace(order, expected_version=None), sample.PROVINCE)
    found = government.execute(ItemByCode(code=sample.CODE), sample.APPLICANT)
    assert (found.edition, found.in_force) == (1, 1)


def test_a_case_keeps_the_edition_it_was_filed_under(government: ServiceHarness) -> None:
    sample.offer(government)
    case_id = sample.apply(government, "tenancy")
    order = ReviseItem(
        code=sample.CODE, definition=sample.AT_ONCE, effective=TODAY, reason="改为秒批"
    )
    government.execute(order, sample.PROVINCE)
    case = government.execute(CaseById(case_id=case_id), sample.APPLICANT)
    assert case.item_edition == f"{sample.CODE}.1"
    assert [one.step for one in case.steps] == ["apply", "accept", "insurance", "decide", "deliver"]
    # What is offered stands as it was published until it is published again.
    again = sample.apply(government, "tenancy")
    assert government.execute(CaseById(case_id=again), sample.APPLICANT).item_edition.endswith(".1")


def test_a_promise_that_a_new_edition_forbids_is_no_longer_offered(
    government: ServiceHarness,
) -> None:
    sample.offer(government)
    order = ReviseItem(
        code=sample.CODE,
        definition=changed(statutory_days=3),
        effective=NEXT_WEEK,
        reason="期限缩短",
    )
    government.execute(order, sample.PROVINCE)
    government.at(MONDAY + timedelta(days=7))
    government.settle()
    with pytest.raises(ItemNotOffered):
        sample.open_application(government)
    terms = replace(sample.TERMS, promised_days=3)
    government.execute(ReviseTerms(implementation_id=sample.OFFERED, terms=terms), sample.BUREAU)
    government.execute(PublishItem(implementation_id=sample.OFFERED), sample.BUREAU)
    assert sample.open_application(government)


def test_a_cancelled_item_is_offered_and_claimed_by_nobody_and_its_cases_go_on(
    government: ServiceHarness,
) -> None:
    sample.offer(government)
    case_id = sample.apply(government, "tenancy")
    order = CancelItem(code=sample.CODE, on_day=NEXT_WEEK, reason="依据已废止")
    government.execute(order, sample.PROVINCE)
    assert sample.open_application(government)
    government.at(MONDAY + timedelta(days=7))
    government.settle()
    with pytest.raises(ItemNotOffered):
        sample.open_application(government)
    elsewhere = ClaimItem(
        code=sample.CODE, division="330105", organ="330105-public_security", terms=sample.TERMS
    )
    with pytest.raises(ItemNotInForce):
        government.execute(
            elsewhere,
            replace(sample.BUREAU, division="330105", organ="330105-public_security"),
        )
    with pytest.raises(ItemNotInForce):
        government.execute(PublishItem(implementation_id=sample.OFFERED), sample.BUREAU)
    assert government.execute(CaseById(case_id=case_id), sample.APPLICANT).state == "pending"


# Who offers what


def test_a_promise_is_never_longer_than_the_law_allows(government: ServiceHarness) -> None:
    sample.define(government)
    with pytest.raises(PromiseTooLong):
        sample.claim(government, replace(sample.TERMS, promised_days=11))


def test_an_item_is_claimed_once_at_its_level_by_its_organ(government: ServiceHarness) -> None:
    sample.define(government)
    order = ClaimItem(
        code=sample.CODE, division=sample.COUNTY, organ=sample.HANDLING, terms=sample.TERMS
    )
    town = replace(order, division=f"{sample.COUNTY}003")
    with pytest.raises(LevelDoesNotHandle):
        government.execute(town, sample.BUREAU)
    joint = replace(sample.BUREAU, organ=sample.JOINT)
    with pytest.raises(NotTheItemsOrgan):
        government.execute(replace(order, organ=sample.JOINT), joint)
    government.execute(order, sample.BUREAU)
    with pytest.raises(AlreadyClaimed):
        government.execute(order, sample.BUREAU)


def test_what_is_published_stands_until_the_next_is(government: ServiceHarness) -> None:
    sample.offer(government)
    with pytest.raises(NothingToPublish):
        government.execute(PublishItem(implementation_id=sample.OFFERED), sample.BUREAU)
    terms = replace(sample.TERMS, promised_days=2, visits=0)
    government.execute(ReviseTerms(implementation_id=sample.OFFERED, terms=terms), sample.BUREAU)
    query = ItemsOffered(division=sample.COUNTY)
    (before,) = government.execute(query, sample.APPLICANT).items
    government.execute(PublishItem(implementation_id=sample.OFFERED), sample.BUREAU)
    (after,) = government.execute(query, sample.APPLICANT).items
    assert (before.promised_days, before.visits, before.edition) == (5, 1, 1)
    assert (after.promised_days, after.visits, after.edition) == (2, 0, 2)


def test_what_is_withdrawn_can_be_offered_again(government: ServiceHarness) -> None:
    sample.offer(government)
    withdraw = WithdrawItem(implementation_id=sample.OFFERED, reason="改由市级办理")
    government.execute(withdraw, sample.BUREAU)
    assert government.execute(ItemsOffered(division=sample.COUNTY), sample.APPLICANT).items == ()
    revise = ReviseTerms(implementation_id=sample.OFFERED, terms=sample.TERMS)
    government.execute(revise, sample.BUREAU)
    government.execute(PublishItem(implementation_id=sample.OFFERED), sample.BUREAU)
    assert sample.open_application(government)


@pytest.mark.parametrize(
    ("query", "found"), [("居住", 1), ("户口", 0), ("%", 0)], ids=["name", "other", "wildcard"]
)
def test_items_are_found_by_the_words_of_their_names(
    government: ServiceHarness, query: str, found: int
) -> None:
    sample.offer(government)
    order = ItemsOffered(division=sample.COUNTY, words=query)
    assert len(government.execute(order, sample.APPLICANT).items) == found
    themed = replace(order, theme="household")
    assert len(government.execute(themed, sample.APPLICANT).items) == found
    assert government.execute(replace(order, theme="tax"), sample.APPLICANT).items == ()


def test_an_item_is_applied_for_where_the_nearest_division_above_offers_it(
    government: ServiceHarness,
) -> None:
    sample.offer(government)
    order = OpenApplication(matter=sample.CODE, division=f"{sample.COUNTY}003001")
    assert government.execute(order, sample.APPLICANT).id


# Procedures and decision tables


STEPS = tuple(ProcedureStep.load(one) for one in sample.DEFINITION.dump()["procedure"])


@pytest.mark.parametrize(("ground", "then"), [("employment", ["insurance"]), ("study", ["decide"])])
def test_a_branch_is_taken_where_its_condition_holds(ground: str, then: list[str]) -> None:
    known = {"answers": {"ground": ground}}
    found = procedures.open_steps(STEPS, {"apply", "accept"}, known)
    assert [one.key for one in found] == then


def test_steps_side_by_side_are_open_together_and_the_decision_waits_for_both() -> None:
    side_by_side = [
        ProcedureStep.load(one)
        for one in (
            ACCEPT,
            step("left", "review", "leader", "accept"),
            step("right", "review", "leader", "accept", organ_kind="human_resources"),
            {**DECIDE, "after": ["left", "right"]},
        )
    ]
    assert list(procedures.faults_of(side_by_side, has_table=False)) == []

    def open_after(*done: str) -> list[str]:
        return [one.key for one in procedures.open_steps(side_by_side, set(done), {})]

    assert open_after("accept") == ["left", "right"]
    assert open_after("accept", "left") == ["right"]
    assert open_after("accept", "left", "right") == ["decide"]


def test_a_table_decides_by_its_first_row_that_applies_and_says_why() -> None:
    table = DecisionTable.load(sample.TABLE)
    granted = decisions.rule_on(table, {"answers": {"months": 6}, "facts": {}})
    assert (granted.outcome, granted.row) == ("granted", 1)
    assert granted.looked_at == {"居住月数": 6}
    refused = decisions.rule_on(table, {"answers": {"months": 5}, "facts": {}})
    assert (refused.outcome, refused.row) == ("refused", 2)


def test_a_table_of_a_hundred_rows_decides_by_the_right_one() -> None:
    rows = [
        {"when": {"months": f"{number}"}, "outcome": "manual", "reason": f"第{number}行"}
        for number in range(99)
    ]
    last = {"outcome": "refused", "reason": "其余"}
    table = DecisionTable.load({**sample.TABLE, "rows": [*rows, last]})
    for number in (0, 50, 98):
        assert decisions.rule_on(table, {"answers": {"months": number}}).row == number + 1
    assert decisions.rule_on(table, {"answers": {"months": 1000}}).row == 100


def test_a_table_decides_nothing_where_a_value_cannot_be_compared() -> None:
    table = DecisionTable.load({**sample.TABLE, "rows": sample.TABLE["rows"][:1]})
    assert decisions.rule_on(table, {"answers": {"months": "eight"}}).outcome == "manual"


def test_a_procedure_is_drawn_with_every_step_and_arrow(government: ServiceHarness) -> None:
    sample.define(government)
    drawn = government.execute(DrawingOfProcedure(code=sample.CODE), sample.APPLICANT).bpmn
    root = ElementTree.fromstring(drawn)
    kinds = [element.tag.rpartition("}")[2] for element in root.iter()]
    tasks = " ".join(one.get("name", "") for one in root.iter() if one.tag.endswith("Task"))
    for name in ("受理", "参保情况核查", "决定", "送达"):
        assert name in tasks
    assert kinds.count("BPMNShape") == sum(
        kind in ("startEvent", "endEvent") or kind.endswith(("Task", "Gateway", "task"))
        for kind in kinds
    )
    assert kinds.count("BPMNEdge") == kinds.count("sequenceFlow")
