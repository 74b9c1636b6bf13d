"""Policy documents: numbers, editions, what rests on what, links, repeal and expiry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from services.party_government.domain.policy_documents import (
    BasisGoesInCircle,
    DocumentIsOver,
    DocumentNotRepealed,
    DocumentNumberTaken,
    IssuerNotKnown,
    LinkedClauseDropped,
    LinkHasEnded,
    NotADocumentNumber,
    NumberReliedOn,
    RepealTouches,
    UnfitDocument,
    document_number,
)
from services.party_government.load import steps
from services.party_government.models import CentralTask, DefinedIndicator, KnownOrgan
from services.party_government.models import PolicyDocument as KeptDocument
from services.party_government.reference.policy_documents import DOCUMENTS
from services.party_government.service import PartyGovernment
from shared.clocks import CHINA
from shared.context import Context, Principal
from shared.contracts.party_government import (
    AmendPolicyDocument,
    Basis,
    Clause,
    ClausesBehind,
    CorrectPolicyDocument,
    DocumentText,
    IssuePolicyDocument,
    LinkClause,
    LinkTarget,
    PolicyDocumentAmended,
    PolicyDocumentById,
    PolicyDocumentCorrected,
    PolicyDocumentExpired,
    PolicyDocumentIssued,
    PolicyDocumentRepealed,
    PolicyDocumentRestored,
    PolicyDocuments,
    RepealEffect,
    RepealPolicyDocument,
    RestorePolicyDocument,
    UnlinkClause,
    WhatRepealTouches,
)
from shared.errors import InvalidInput, NotAllowed, NotFound
from shared.loading import load
from shared.testing.harness import ServiceHarness

NOW = datetime(2026, 3, 2, 10, tzinfo=CHINA)
OFFICE = Principal("office.33", "official", "33", "33-government", ("general_office",))
CITY_OFFICE = Principal("office.3301", "official", "3301", "3301-government", ("general_office",))
CLAUSES = (Clause(number="一", text="统一受理。"), Clause(number="二", text="限时办结。"))


@pytest.fixture
def harness(make_service: Callable[[Any], ServiceHarness]) -> ServiceHarness:
    harness = make_service(PartyGovernment)

    def know(context: Context) -> None:
        for division, level in (("33", 1), ("3301", 2)):
            organ = KnownOrgan(id=f"{division}-government", division=division, level=level)
            context.unit.add(organ)
        context.unit.add(DefinedIndicator(id="cases_decided", division="33"))

    harness.at(NOW)
    harness.act(know)
    return harness


def document(serial: int, **fields: Any) -> IssuePolicyDocument:
    given = {
        "organ": "33-government",
        "number": f"浙政发〔2026〕{serial}号",
        "title": f"第{serial}件文件",
        "issued_on": date(2026, 3, 1),
        "valid_from": date(2026, 3, 1),
        "clauses": CLAUSES,
        **fields,
    }
    return IssuePolicyDocument(**given)


def issue(harness: ServiceHarness, number: int, *basis: int, **fields: Any) -> str:
    bases = tuple(Basis(number=f"浙政发〔2026〕{one}号", clause="一") for one in basis)
    return harness.execute(document(number, basis=bases, **fields), OFFICE).id


def link(
    harness: ServiceHarness,
    key: str,
    target: str,
    *,
    clause: str | None = "一",
    kind: Any = "item",
    by: Principal = OFFICE,
) -> str:
    order = LinkClause(document_id=key, clause=clause, kind=kind, target=target)
    return harness.execute(order, by).id


def read(harness: ServiceHarness, key: str, edition: int | None = None) -> DocumentText:
    return harness.execute(PolicyDocumentById(document_id=key, edition=edition), CITY_OFFICE)


def touched(harness: ServiceHarness, key: str) -> RepealEffect:
    return harness.execute(WhatRepealTouches(document_id=key), OFFICE)


# Numbers


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("浙政发〔2021〕13号", "浙政发〔2021〕13号"),
        (" 浙政发 [2021] 13 号 ", "浙政发〔2021〕13号"),
        ("浙政发（２０２１）第013号", "浙政发〔2021〕13号"),
        ("浙政发【2021】13号", "浙政发〔2021〕13号"),
        ("浙江省人民政府令第388号", "浙江省人民政府令第388号"),
    ],
)
def test_a_number_is_kept_as_the_norm_writes_it(written: str, number: str) -> None:
    assert document_number(written) == number


@pytest.mark.parametrize(
    "written", ["浙政发13号", "〔2021〕13号", "浙政发〔2021〕0号", "浙政发〔21〕1号"]
)
def test_what_is_no_number_is_refused_with_how_to_write_one(written: str) -> None:
    with pytest.raises(NotADocumentNumber, match="浙政发〔2021〕13号"):
        document_number(written)


def test_a_number_stands_for_one_document_however_it_is_written(harness: ServiceHarness) -> None:
    first = issue(harness, 1)
    with pytest.raises(DocumentNumberTaken) as refusal:
        harness.execute(document(1, number="浙政发(2026)1号"), OFFICE)
    assert first in str(refusal.value)
    assert len(harness.told(PolicyDocumentIssued)) == 1


# Issuing


def test_an_office_issues_for_its_own_organ_alone(harness: ServiceHarness) -> None:
    with pytest.raises(NotAllowed):
        harness.execute(document(1), CITY_OFFICE)


def test_an_organ_that_nobody_knows_issues_nothing(harness: ServiceHarness) -> None:
    with pytest.raises(IssuerNotKnown):
        harness.execute(document(1, organ="33-nowhere"), replace(OFFICE, organ="33-nowhere"))


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("issued_on", {"issued_on": date(2026, 3, 3), "valid_from": date(2026, 3, 3)}),
        ("valid_from", {"valid_from": date(2026, 2, 28)}),
        ("valid_to", {"valid_to": date(2026, 2, 28)}),
        ("clauses", {"clauses": (CLAUSES[0], CLAUSES[0])}),
        ("basis", {"basis": (Basis(number="国发〔2022〕14号"),)}),
        ("basis", {"basis": (Basis(clause="一"),)}),
    ],
)
def test_what_does_not_fit_is_refused_by_its_field(
    harness: ServiceHarness, field: str, fields: dict[str, Any]
) -> None:
    with pytest.raises(UnfitDocument) as refusal:
        harness.execute(document(1, **fields), OFFICE)
    assert set(refusal.value.fields) == {field}
    assert harness.told() == []


def test_a_basis_outside_the_register_is_told_by_title(harness: ServiceHarness) -> None:
    outside = Basis(number="国发〔2022〕14号", title="国务院关于加强数字政府建设的指导意见")
    law = Basis(title="浙江省公共数据条例", clause="第一条")
    issue(harness, 1)
    key = harness.execute(
        document(2, basis=(outside, law, Basis(number="浙政发〔2026〕1号", clause="二"))), OFFICE
    ).id
    told = read(harness, key).basis
    assert [(one.title, one.clause, one.in_force) for one in told] == [
        ("国务院关于加强数字政府建设的指导意见", None, None),
        ("浙江省公共数据条例", "第一条", None),
        ("第1件文件", "二", True),
    ]


def test_a_document_is_in_force_from_its_first_day_on(harness: ServiceHarness) -> None:
    key = issue(harness, 1, valid_from=date(2026, 4, 1))
    assert not read(harness, key).document.in_force
    harness.at(datetime(2026, 4, 1, 8, tzinfo=CHINA))
    assert read(harness, key).document.in_force


# Amending


def test_an_amendment_is_a_new_edition_and_the_earlier_one_is_kept(
    harness: ServiceHarness,
) -> None:
    key = issue(harness, 1)
    basis = issue(harness, 2)
    harness.at(datetime(2026, 4, 1, 8, tzinfo=CHINA))
    amended = AmendPolicyDocument(
        document_id=key,
        reason="扩大范围",
        title="修订后的标题",
        clauses=(*CLAUSES, Clause(number="三", text="接受监督。")),
        basis=(Basis(number="浙政发〔2026〕2号"),),
    )
    harness.execute(amended, OFFICE)
    now, before = read(harness, key), read(harness, key, 1)
    assert (now.edition, now.title, now.reason) == (2, "修订后的标题", "扩大范围")
    assert (len(now.clauses), [one.number for one in now.basis]) == (3, ["浙政发〔2026〕2号"])
    assert (before.title, before.clauses, before.basis) == ("第1件文件", CLAUSES, ())
    assert (before.since, now.since) == (date(2026, 3, 2), date(2026, 4, 1))
    assert [event.edition for event in harness.told(PolicyDocumentAmended)] == [2]
    assert [one.document.document_id for one in touched(harness, basis).documents] == [key]
    with pytest.raises(NotFound):
        read(harness, key, 3)


def test_a_clause_that_something_stands_on_does_not_vanish(harness: ServiceHarness) -> None:
    key = issue(harness, 1)
    linked = link(harness, key, "item-1", clause="二")
    shorter = AmendPolicyDocument(
        document_id=key, reason="精简", title="第1件文件", clauses=CLAUSES[:1]
    )
    with pytest.raises(LinkedClauseDropped, match="二"):
        harness.execute(shorter, OFFICE)
    harness.execute(UnlinkClause(link_id=linked, reason="事项已取消"), OFFICE)
    harness.execute(shorter, OFFICE)
    assert len(read(harness, key).clauses) == 1


# What rests on what


def test_a_repeal_touches_what_rests_on_it_through_others_and_all_their_links(
    harness: ServiceHarness,
) -> None:
    top = issue(harness, 1)
    middle = issue(harness, 2, 1)
    low = issue(harness, 3, 2)
    issue(harness, 4)
    links = {
        link(harness, top, "item-1"),
        link(harness, low, "cases_decided", kind="indicator", clause=None),
        link(harness, middle, "rule-1", kind="rule", by=CITY_OFFICE),
    }
    found = touched(harness, top)
    assert [one.document.document_id for one in found.documents] == [middle, low]
    assert [basis.number for one in found.documents for basis in one.rests_on] == [
        "浙政发〔2026〕1号",
        "浙政发〔2026〕2号",
    ]
    assert {one.link_id for one in found.links} == links
    assert found.complete
    below = touched(harness, low)
    assert (below.documents, [one.target for one in below.links]) == ((), ["cases_decided"])


def test_a_basis_that_an_amendment_gave_up_touches_no_more(harness: ServiceHarness) -> None:
    top = issue(harness, 1)
    low = issue(harness, 2, 1)
    harness.execute(
        AmendPolicyDocument(document_id=low, reason="更换依据", title="第2件文件"), OFFICE
    )
    assert touched(harness, top).documents == ()


def test_a_document_that_is_entered_later_is_found_by_the_number_that_named_it(
    harness: ServiceHarness,
) -> None:
    named = Basis(number="浙政发〔2026〕1号", title="第1件文件")
    low = harness.execute(document(2, basis=(named,)), OFFICE).id
    top = issue(harness, 1)
    assert [one.document.document_id for one in touched(harness, top).documents] == [low]
    with pytest.raises(BasisGoesInCircle):
        harness.execute(
            AmendPolicyDocument(
                document_id=top,
                reason="更换依据",
                title="第1件文件",
                basis=(Basis(number="浙政发〔2026〕2号"),),
            ),
            OFFICE,
        )


@pytest.mark.parametrize("basis", [1, 2, 3])
def test_no_document_rests_on_one_that_rests_on_it(harness: ServiceHarness, basis: int) -> None:
    top = issue(harness, 1)
    issue(harness, 2, 1)
    issue(harness, 3, 2)
    with pytest.raises(BasisGoesInCircle):
        harness.execute(
            AmendPolicyDocument(
                document_id=top,
                reason="更换依据",
                title="第1件文件",
                basis=(Basis(number=f"浙政发〔2026〕{basis}号"),),
            ),
            OFFICE,
        )


def test_what_a_repeal_touches_is_read_in_as_many_statements_however_much_it_is(
    harness: ServiceHarness, statements: Callable[[ServiceHarness], list[str]]
) -> None:
    top = issue(harness, 1)
    link(harness, issue(harness, 2, 1), "item-2")
    seen = statements(harness)
    touched(harness, top)
    few = len(seen)
    for number in range(3, 13):
        link(harness, issue(harness, number, number - 1), f"item-{number}")
    seen.clear()
    found = touched(harness, top)
    assert (len(found.documents), len(found.links)) == (11, 11)
    assert len(seen) == few


# Links


def test_a_target_names_the_clauses_behind_it(harness: ServiceHarness) -> None:
    key = issue(harness, 1)
    first = link(harness, key, "item-1", by=CITY_OFFICE)
    assert link(harness, key, "item-1", by=CITY_OFFICE) == first
    link(harness, key, "item-1", clause=None)
    behind = harness.execute(ClausesBehind(kind="item", target="item-1"), CITY_OFFICE).clauses
    assert {(one.clause, one.text) for one in behind} == {("一", "统一受理。"), (None, None)}
    assert harness.execute(ClausesBehind(kind="rule", target="item-1"), OFFICE).clauses == ()


def test_a_link_that_ended_can_be_made_again(harness: ServiceHarness) -> None:
    key = issue(harness, 1)
    linked = link(harness, key, "item-1")
    order = UnlinkClause(link_id=linked, reason="关联有误")
    harness.execute(order, OFFICE)
    with pytest.raises(LinkHasEnded):
        harness.execute(order, OFFICE)
    assert touched(harness, key).links == ()
    assert link(harness, key, "item-1") == linked
    assert len(touched(harness, key).links) == 1


def test_a_link_is_ended_by_who_made_it_or_by_one_above(harness: ServiceHarness) -> None:
    key = issue(harness, 1)
    upper, lower = link(harness, key, "item-1"), link(harness, key, "item-2", by=CITY_OFFICE)
    with pytest.raises(NotAllowed):
        harness.execute(UnlinkClause(link_id=upper, reason="关联有误"), CITY_OFFICE)
    harness.execute(UnlinkClause(link_id=lower, reason="关联有误"), OFFICE)
    assert [one.target for one in touched(harness, key).links] == ["item-1"]


def test_a_link_names_a_clause_an_indicator_and_a_task_that_are_there(
    harness: ServiceHarness,
) -> None:
    key = issue(harness, 1)
    with pytest.raises(NotFound):
        link(harness, key, "item-1", clause="九")
    with pytest.raises(NotFound):
        link(harness, key, "no_such_indicator", kind="indicator")
    with pytest.raises(NotFound):
        link(harness, key, "no_such_task", kind="task")
    task = CentralTask(id="task-1", division="33", root="task-1", organ="33-government")
    harness.act(lambda context: context.unit.add(task) and None)
    link(harness, key, "task-1", kind="task")
    assert [(one.kind, one.target) for one in touched(harness, key).links] == [("task", "task-1")]


# Repeal


def test_what_nothing_rests_on_is_repealed_at_once(harness: ServiceHarness) -> None:
    key = issue(harness, 1)
    successor = issue(harness, 2)
    harness.execute(
        RepealPolicyDocument(document_id=key, reason="被替代", replaced_by="浙政发[2026]2号"),
        OFFICE,
    )
    told = read(harness, key).document
    assert (told.state, told.in_force, told.ended_on) == ("repealed", False, NOW.date())
    assert told.replaced_by == read(harness, successor).document.number
    for order in (
        RepealPolicyDocument(document_id=key, reason="再次废止"),
        AmendPolicyDocument(document_id=key, reason="修订", title="标题"),
        LinkClause(document_id=key, kind="item", target="item-1"),
        document(3, basis=(Basis(number="浙政发〔2026〕1号"),)),
    ):
        with pytest.raises(DocumentIsOver):
            harness.execute(order, OFFICE)


@pytest.mark.parametrize("replaced_by", ["浙政发〔2026〕1号", "浙政发〔2026〕9号"])
def test_what_replaces_a_document_is_another_one_of_the_register(
    harness: ServiceHarness, replaced_by: str
) -> None:
    key = issue(harness, 1)
    with pytest.raises(InvalidInput) as refusal:
        harness.execute(
            RepealPolicyDocument(document_id=key, reason="被替代", replaced_by=replaced_by), OFFICE
        )
    assert set(refusal.value.fields) == {"replaced_by"}


def test_a_repeal_that_touches_something_is_confirmed_by_who_saw_exactly_that(
    harness: ServiceHarness,
) -> None:
    top = issue(harness, 1)
    low = issue(harness, 2, 1)
    link(harness, top, "item-1")
    order = RepealPolicyDocument(document_id=top, reason="已不适用")
    with pytest.raises(RepealTouches, match="1 documents and 1 linked"):
        harness.execute(order, OFFICE)
    seen = touched(harness, top).confirmation
    link(harness, low, "cases_decided", kind="indicator")
    with pytest.raises(RepealTouches, match="1 documents and 2 linked"):
        harness.execute(replace(order, confirmation=seen), OFFICE)
    harness.execute(replace(order, confirmation=touched(harness, top).confirmation), OFFICE)
    (told,) = harness.told(PolicyDocumentRepealed)
    assert told.documents == ("浙政发〔2026〕2号",)
    assert told.targets == (LinkTarget(kind="item", target="item-1"),)
    # What rested on it stays, and says that its basis is gone.
    resting = read(harness, low)
    assert resting.document.in_force
    assert [one.in_force for one in resting.basis] == [False]


def test_a_repeal_entered_in_error_is_taken_back(harness: ServiceHarness) -> None:
    top = issue(harness, 1, valid_to=date(2026, 3, 31))
    low = issue(harness, 2, 1)
    restore = RestorePolicyDocument(document_id=top, reason="误操作")
    with pytest.raises(DocumentNotRepealed):
        harness.execute(restore, OFFICE)
    confirmation = touched(harness, top).confirmation
    harness.execute(
        RepealPolicyDocument(document_id=top, reason="已不适用", confirmation=confirmation), OFFICE
    )
    harness.execute(restore, OFFICE)
    told = read(harness, top).document
    assert (told.state, told.in_force, told.ended_on) == ("issued", True, None)
    assert [one.in_force for one in read(harness, low).basis] == [True]
    assert [event.reason for event in harness.told(PolicyDocumentRestored)] == ["误操作"]
    harness.at(datetime(2026, 4, 1, 0, 0, tzinfo=CHINA))
    assert read(harness, top).document.state == "expired"


def test_a_repeal_taken_back_after_the_last_day_leaves_an_expired_document(
    harness: ServiceHarness,
) -> None:
    key = issue(harness, 1, valid_to=date(2026, 3, 31))
    harness.execute(RepealPolicyDocument(document_id=key, reason="已不适用"), OFFICE)
    harness.at(datetime(2026, 5, 6, 8, tzinfo=CHINA))
    harness.execute(RestorePolicyDocument(document_id=key, reason="误操作"), OFFICE)
    harness.at(datetime(2026, 5, 6, 8, 1, tzinfo=CHINA))
    told = read(harness, key).document
    assert (told.state, told.ended_on) == ("expired", date(2026, 3, 31))


def test_a_repeal_is_taken_back_into_no_circle(harness: ServiceHarness) -> None:
    low, middle = issue(harness, 1), issue(harness, 2, 1)
    issue(harness, 3, 2)
    seen = touched(harness, middle).confirmation
    harness.execute(
        RepealPolicyDocument(document_id=middle, reason="已不适用", confirmation=seen), OFFICE
    )
    with pytest.raises(BasisGoesInCircle):
        harness.execute(
            AmendPolicyDocument(
                document_id=low,
                reason="更换依据",
                title="第1件文件",
                basis=(Basis(number="浙政发〔2026〕3号"),),
            ),
            OFFICE,
        )


# Correcting what was entered


def correction(key: str, serial: int, **fields: Any) -> CorrectPolicyDocument:
    given = {
        "document_id": key,
        "reason": "登记有误",
        "number": f"浙政发〔2026〕{serial}号",
        "issued_on": date(2026, 2, 27),
        "valid_from": date(2026, 3, 1),
        **fields,
    }
    return CorrectPolicyDocument(**given)


def test_a_number_and_days_entered_wrongly_are_put_right(harness: ServiceHarness) -> None:
    key = issue(harness, 1)
    harness.execute(correction(key, 11), OFFICE)
    told = read(harness, key).document
    assert (told.number, told.issued_on) == ("浙政发〔2026〕11号", date(2026, 2, 27))
    (event,) = harness.told(PolicyDocumentCorrected)
    assert (event.number_before, event.number) == ("浙政发〔2026〕1号", "浙政发〔2026〕11号")
    # The number that was wrong is free for the document that has it.
    issue(harness, 1)


def test_a_correction_takes_no_number_that_another_document_has(harness: ServiceHarness) -> None:
    key, other = issue(harness, 1), issue(harness, 2)
    with pytest.raises(DocumentNumberTaken, match=other):
        harness.execute(correction(key, 2), OFFICE)
    with pytest.raises(UnfitDocument):
        harness.execute(correction(key, 1, valid_from=date(2026, 2, 1)), OFFICE)
    assert read(harness, key).document.number == "浙政发〔2026〕1号"


def test_a_number_that_documents_name_stays(harness: ServiceHarness) -> None:
    key = issue(harness, 1)
    issue(harness, 2, 1)
    with pytest.raises(NumberReliedOn, match="浙政发〔2026〕2号"):
        harness.execute(correction(key, 11), OFFICE)
    harness.execute(correction(key, 1), OFFICE)
    assert read(harness, key).document.issued_on == date(2026, 2, 27)


def test_a_corrected_number_makes_no_circle(harness: ServiceHarness) -> None:
    named = Basis(number="浙政发〔2026〕9号", title="尚未登记的文件")
    harness.execute(document(2, basis=(named,)), OFFICE)
    key = issue(harness, 1, 2)
    with pytest.raises(BasisGoesInCircle):
        harness.execute(correction(key, 9), OFFICE)


# Expiry


def test_a_document_expires_the_day_after_its_last(harness: ServiceHarness) -> None:
    key = issue(harness, 1, valid_to=date(2026, 3, 31))
    harness.at(datetime(2026, 3, 31, 23, 59, tzinfo=CHINA))
    assert read(harness, key).document.in_force
    harness.at(datetime(2026, 4, 1, 0, 0, tzinfo=CHINA))
    told = read(harness, key).document
    assert (told.state, told.ended_on) == ("expired", date(2026, 3, 31))
    assert [event.valid_to for event in harness.told(PolicyDocumentExpired)] == [date(2026, 3, 31)]


def test_an_amendment_moves_the_last_day(harness: ServiceHarness) -> None:
    longer = issue(harness, 1, valid_to=date(2026, 3, 31))
    endless = issue(harness, 2, valid_to=date(2026, 3, 31))
    for key, valid_to in ((longer, date(2026, 6, 30)), (endless, None)):
        harness.execute(
            AmendPolicyDocument(document_id=key, reason="延期", title="延期", valid_to=valid_to),
            OFFICE,
        )
    harness.at(datetime(2026, 6, 30, 12, tzinfo=CHINA))
    assert read(harness, longer).document.in_force
    harness.at(datetime(2026, 7, 1, 12, tzinfo=CHINA))
    assert read(harness, longer).document.state == "expired"
    assert read(harness, endless).document.in_force


# The register


def test_the_register_is_read_by_division_state_and_text_page_by_page(
    harness: ServiceHarness,
) -> None:
    for number in range(1, 103):
        issue(harness, number)
    city = document(1, organ="3301-government", number="杭政函〔2026〕1号", title="杭州100%的文件")
    harness.execute(city, CITY_OFFICE)

    def found(**fields: Any) -> Any:
        return harness.execute(PolicyDocuments(**fields), CITY_OFFICE)

    first = found(division="33")
    rest = found(division="33", after=first.after)
    numbers = [one.number for page in (first, rest) for one in page.documents]
    assert (len(first.documents), rest.after, len(set(numbers))) == (100, None, 103)
    assert [one.organ for one in found(division="3301").documents] == ["3301-government"]
    assert len(found(division="33", text="100%").documents) == 1
    assert found(division="33", state="repealed").documents == ()
    ((kept,),) = harness.rows(sa.select(sa.func.count()).select_from(KeptDocument))
    assert kept == 103


# Reference data


def test_the_public_documents_are_loaded_once_as_they_were_issued(
    harness: ServiceHarness,
) -> None:
    for _ in range(2):
        load(harness.runtime, steps(harness.runtime.settings))
    found = harness.execute(PolicyDocuments(division="33"), CITY_OFFICE).documents
    assert {(one.number, one.title) for one in found} == {
        (document_number(one.order.number), one.order.title) for one in DOCUMENTS
    }
    assert all(one.order.number == document_number(one.order.number) for one in DOCUMENTS)
    assert all(one.source.startswith("http") for one in DOCUMENTS)
    plan = next(one for one in found if one.number == "杭政函〔2022〕68号")
    assert [basis.number for basis in read(harness, plan.document_id).basis] == [
        "国发〔2022〕14号",
        "浙政发〔2022〕20号",
    ]


def test_what_an_office_entered_is_not_loaded_over(harness: ServiceHarness) -> None:
    own = document(1, number="浙政发〔2021〕13号", title="另行登记", issued_on=date(2021, 6, 4))
    key = harness.execute(own, OFFICE).id
    load(harness.runtime, steps(harness.runtime.settings))
    assert read(harness, key).title == "另行登记"


def test_a_platform_that_begins_in_the_past_knows_no_later_document(
    make_service: Callable[[Any], ServiceHarness],
) -> None:
    harness = make_service(PartyGovernment)
    harness.at(datetime(2020, 1, 2, 10, tzinfo=CHINA))
    load(harness.runtime, steps(harness.runtime.settings))
    found = harness.execute(PolicyDocuments(division="33"), CITY_OFFICE).documents
    assert [one.number for one in found] == ["浙政发〔2018〕48号"]
