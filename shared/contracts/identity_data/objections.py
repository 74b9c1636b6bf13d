"""Objections to shared data, their verification, and who is told that a fact was wrong."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from marshmallow import validate

from shared.contracts.base import (
    Command,
    Contract,
    Done,
    Event,
    Label,
    Query,
    Transition,
)
from shared.contracts.fields import Identifier
from shared.contracts.identity_data.catalogue import ItemName
from shared.contracts.identity_data.terms import MatterCode

Claim = Annotated[
    str, validate.Length(min=1, max=500), Label("本人主张", "what would be right, and why")
]
ObjectionReason = Annotated[str, validate.Length(min=2, max=500), Label("理由", "reason")]
Verdict = Annotated[Literal["upheld", "rejected"], Label("核实结论", "what the check came to")]
ObjectionState = Annotated[
    Literal["raised", "upheld", "rejected", "corrected"], Label("异议状态", "state of an objection")
]
WrongSince = Annotated[date | None, Label("自何日起有误", "first day on which it was wrong")]


class RaiseDataObjection(Command[Done], on="DataObjection", zh="提出数据异议"):
    """Say that a fact of oneself, or of an enterprise that one leads, is wrong, and what would be
    right (Personal Information Protection Law article 46). The organ that provides the item checks
    it within five working days; without `wrong_since` it was wrong from the beginning."""

    subject: Identifier
    item: ItemName
    claim: Claim
    wrong_since: WrongSince = None


class VerifyObjection(Transition[Done], on="DataObjection", key="objection_id", zh="核实数据异议"):
    """Say whether the fact is wrong, and why."""

    objection_id: Identifier
    verdict: Verdict
    reason: ObjectionReason


class CorrectFact(Transition[Done], on="DataObjection", key="objection_id", zh="登记数据更正"):
    """Note that what an upheld objection is about was put right at its source, and by what; a
    person's name or phone is put right by `CorrectPerson`, which names the objection and needs no
    note. Everybody who read the wrong value is told."""

    objection_id: Identifier
    note: ObjectionReason


class DataObjectionRaised(Event, on="DataObjection", key="objection_id", zh="数据异议已提出"):
    """An objection is before the organ that provides the item, which answers by `due`; what is
    claimed stays with the platform."""

    objection_id: Identifier
    subject: Identifier
    item: ItemName
    organ: Identifier
    due: datetime


class DataObjectionVerified(Event, on="DataObjection", key="objection_id", zh="数据异议已核实"):
    """It is known whether the fact is wrong; the reason stays with the platform."""

    objection_id: Identifier
    verdict: Verdict


class ReadingOfWrongFact(Contract):
    """One reading in which the wrong value was handed out: by whom, for which case."""

    ledger_id: Identifier
    reader: Annotated[str, validate.Length(max=100)]
    matter: MatterCode
    case_id: Identifier
    grant_id: Annotated[str, validate.Length(max=64)] = ""


class SharedDataCorrected(Event, on="DataObjection", key="objection_id", zh="共享数据已更正"):
    """A fact was wrong and is put right. `readings` are those of the wrong value, 500 at most;
    where there are more, an event follows for each 500."""

    objection_id: Identifier
    subject: Identifier
    item: ItemName
    readings: tuple[ReadingOfWrongFact, ...]


class DataObjectionEntry(Contract):
    """One objection; `overdue` says that it is not verified after its day, `readings` how many
    readings of the wrong value were told of the correction."""

    objection_id: Identifier
    version: int
    state: ObjectionState
    subject: Identifier
    item: ItemName
    label: Annotated[str, validate.Length(max=60)]
    organ: Identifier
    claim: Claim
    wrong_since: WrongSince = None
    raised_at: datetime
    due: datetime
    overdue: bool
    reason: Annotated[str, validate.Length(max=500)] = ""
    note: Annotated[str, validate.Length(max=500)] = ""
    readings: int = 0


class DataObjectionList(Contract):
    """Objections, those that are due first first."""

    objections: tuple[DataObjectionEntry, ...]


class MyObjections(
    Query[DataObjectionList], on="DataObjection", zh="查询我的数据异议", personal="owner"
):
    """What this person objected to and what came of it; for the person."""

    owner: Annotated[Identifier, Label("本人", "the person")]


class ObjectionsOfOrgan(
    Query[DataObjectionList], on="DataObjection", zh="查询待核实数据异议", personal="organ"
):
    """The objections that an organ has to verify or to correct."""

    organ: Annotated[Identifier, Label("信息资源提供方", "organ that provides")]
