"""Objections to shared data: who raises and decides them, and that all who read a wrong value are
told."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest
import sqlalchemy as sa

from services.identity_data.domain.objections import (
    NotTheirData,
    NotWhatWasObjected,
    ObjectionInWrongState,
    ObjectionOpen,
    hands_out,
)
from services.identity_data.models import Enterprise, Person
from services.identity_data.models import objections as model
from shared.clocks import CHINA
from shared.context import Principal
from shared.contracts.identity_data import (
    CorrectFact,
    CorrectPerson,
    DataObjectionRaised,
    MyObjections,
    ObjectionsOfOrgan,
    RaiseDataObjection,
    SharedDataCorrected,
    VerifyObjection,
)
from shared.errors import InvalidInput, NotAllowed, NotFound
from shared.identifiers import resident_number_from
from shared.testing.harness import ServiceHarness
from tests.identity_data.test_sharing import (
    GOVERNMENT,
    HOME,
    MARKET,
    PROVIDER,
    SYSTEM,
    fetch,
    granted,
    person_of,
    platform,
    steward,
)

__all__ = ["platform"]

REGISTRAR = Principal(
    "registrar", "official", "330106", "330106-public_security", ("household_registrar",)
)
CLAIM = "应为“钱江朝”，见户口簿"


def who(person: str) -> Principal:
    return Principal(f"account.{person}", "resident", "330106", person=person)


def test_whoever_read_a_wrong_value_is_told_and_nobody_else(platform: ServiceHarness) -> None:
    person = person_of(platform)
    ((enterprise,),) = platform.rows(sa.select(Enterprise.id))
    granted(platform)
    platform.execute(fetch(platform, case_id="c-before"), SYSTEM)
    platform.at(datetime(2026, 3, 3, 9, tzinfo=CHINA))
    own_name = platform.execute(fetch(platform, facts=("person.name",)), SYSTEM)
    platform.execute(fetch(platform, facts=("person.division",)), SYSTEM)
    of_enterprise = fetch(
        platform, subject=enterprise, matter="tax_invoices", purpose="办理申领发票", case_id="c-2"
    )
    as_leader = platform.execute(
        replace(of_enterprise, facts=("enterprise.legal_representative",)), GOVERNMENT
    )
    platform.execute(replace(of_enterprise, facts=("enterprise.name",)), GOVERNMENT)

    order = RaiseDataObjection(
        subject=person, item="person.name", claim=CLAIM, wrong_since=date(2026, 3, 3)
    )
    objection = platform.execute(order, who(person)).id
    with pytest.raises(ObjectionOpen):
        platform.execute(order, who(person))
    (waiting,) = platform.execute(ObjectionsOfOrgan(organ=PROVIDER), steward(PROVIDER)).objections
    assert (waiting.claim, waiting.label, waiting.due.date()) == (CLAIM, "姓名", date(2026, 3, 10))
    correction = CorrectPerson(
        person_id=person, basis="户口簿复核", name="钱江朝", objection_id=objection
    )
    with pytest.raises(ObjectionInWrongState):
        platform.execute(correction, REGISTRAR)
    verdict = VerifyObjection(objection_id=objection, verdict="upheld", reason="与户口簿不符")
    for other in (steward(MARKET), who(person), REGISTRAR):
        with pytest.raises(NotAllowed):
            platform.execute(verdict, other)
    platform.execute(verdict, steward(PROVIDER))
    with pytest.raises(NotWhatWasObjected):
        platform.execute(replace(correction, name=None, phone="13000000001"), REGISTRAR)
    assert platform.rows(sa.select(Person.name).where(Person.id == person)) == [("钱江潮",)]
    platform.execute(correction, REGISTRAR)

    (event,) = platform.told(SharedDataCorrected)
    told = {(one.ledger_id, one.reader, one.case_id) for one in event.readings}
    assert told == {
        (own_name.ledger_id, SYSTEM.id, "c-1"),
        (as_leader.ledger_id, GOVERNMENT.id, "c-2"),
    }
    for kind in (DataObjectionRaised, SharedDataCorrected):
        assert all("钱江" not in str(one.dump()) for one in platform.told(kind))
    (mine,) = platform.execute(MyObjections(owner=person), who(person)).objections
    assert (mine.state, mine.note, mine.readings) == ("corrected", "户口簿复核", 2)
    with pytest.raises(ObjectionInWrongState):
        platform.execute(CorrectFact(objection_id=objection, note="再次更正"), steward(PROVIDER))


def test_a_rejected_objection_corrects_nothing_and_an_old_one_is_overdue(
    platform: ServiceHarness,
) -> None:
    person = person_of(platform)
    order = RaiseDataObjection(subject=person, item="person.birth_date", claim="早一天出生")
    objection = platform.execute(order, who(person)).id
    platform.at(datetime(2026, 3, 10, 9, tzinfo=CHINA))
    (mine,) = platform.execute(MyObjections(owner=person), who(person)).objections
    assert mine.overdue
    provider = steward(PROVIDER)
    verdict = VerifyObjection(objection_id=objection, verdict="rejected", reason="与档案一致")
    platform.execute(verdict, provider)
    for late in (verdict, CorrectFact(objection_id=objection, note="更正")):
        with pytest.raises(ObjectionInWrongState):
            platform.execute(late, provider)
    assert platform.told(SharedDataCorrected) == []
    assert platform.execute(ObjectionsOfOrgan(organ=PROVIDER), provider).objections == ()
    platform.execute(order, who(person))


def test_one_objects_to_what_is_known_of_oneself_or_of_what_one_leads(
    platform: ServiceHarness,
) -> None:
    person = person_of(platform)
    ((enterprise,),) = platform.rows(sa.select(Enterprise.id))
    order = RaiseDataObjection(subject=enterprise, item="enterprise.name", claim="名称有误")
    for stranger, subject in (("p-other", person), ("p-other", enterprise), (person, "e-unknown")):
        with pytest.raises(NotTheirData):
            platform.execute(replace(order, subject=subject), who(stranger))
    with pytest.raises(InvalidInput):
        platform.execute(replace(order, item="person.name"), who(person))
    with pytest.raises(InvalidInput):
        platform.execute(replace(order, wrong_since=date(2026, 3, 3)), who(person))
    with pytest.raises(NotFound):
        platform.execute(replace(order, item="enterprise.unheard_of"), who(person))
    objection = platform.execute(order, who(person)).id
    market = steward(MARKET)
    verdict = VerifyObjection(objection_id=objection, verdict="upheld", reason="与章程不符")
    platform.execute(verdict, market)
    platform.execute(CorrectFact(objection_id=objection, note="已变更登记"), market)
    (event,) = platform.told(SharedDataCorrected)
    assert (event.subject, event.readings) == (enterprise, ())


def test_many_readings_are_told_in_parts(
    platform: ServiceHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model, "READINGS_AN_EVENT", 2)
    granted(platform)
    for _ in range(3):
        platform.execute(fetch(platform), SYSTEM)
    person = person_of(platform)
    order = RaiseDataObjection(subject=person, item="person.name", claim=CLAIM)
    objection = platform.execute(order, who(person)).id
    provider = steward(PROVIDER)
    verdict = VerifyObjection(objection_id=objection, verdict="upheld", reason="与户口簿不符")
    platform.execute(verdict, provider)
    other = Person.registered(
        resident_number_from("330106", date(1991, 5, 6), 1), "钱潮", HOME, None
    )
    platform.act(lambda context: context.unit.add(other) and None)
    wrong = CorrectPerson(
        person_id=other.id, basis="户口簿复核", name="钱朝", objection_id=objection
    )
    with pytest.raises(NotWhatWasObjected):
        platform.execute(wrong, REGISTRAR)
    platform.execute(CorrectFact(objection_id=objection, note="已更正"), provider)
    assert [len(event.readings) for event in platform.told(SharedDataCorrected)] == [2, 1]


def test_a_persons_name_is_handed_out_as_its_enterprises_leader_too() -> None:
    assert hands_out("person.name", "p-1", "p-1", ["person.name"])
    assert hands_out("person.name", "p-1", "e-1", ["enterprise.legal_representative"])
    assert not hands_out("person.name", "p-1", "e-1", ["enterprise.name"])
    assert not hands_out("person.division", "p-1", "e-1", ["enterprise.legal_representative"])
