"""Sharing data instead of asking for paper."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from marshmallow import validate

from shared.contracts.base import (
    Command,
    Contract,
    Event,
    Label,
    Query,
)
from shared.contracts.fields import (
    Identifier,
)
from shared.contracts.identity_data.terms import MatterCode

FactName = Literal[
    "person.name",
    "person.birth_date",
    "person.division",
    "enterprise.name",
    "enterprise.credit_code",
    "enterprise.legal_representative",
    "enterprise.registered_capital",
    "enterprise.established",
]


class SharedFact(Contract):
    """One fact with its source."""

    name: FactName
    value: Annotated[str, validate.Length(max=200)]
    source: Annotated[str, validate.Length(max=200), Label("来源", "source")]
    as_of: datetime


class SharedFacts(Contract):
    """What was shared, and the ledger entry that says so."""

    ledger_id: Identifier
    facts: tuple[SharedFact, ...]


class FetchSharedData(Command[SharedFacts], on="SharedData", zh="调用共享数据"):
    """Read facts of a person or enterprise for the handling of a matter, and enter it in the
    ledger that the person can read (Data Security Law art. 38; Zhejiang Public Data Regulations
    2022, art. 24). Refused where the matter has no need of a fact."""

    subject: Identifier
    facts: Annotated[tuple[FactName, ...], validate.Length(min=1, max=20)]
    purpose: Annotated[str, validate.Length(min=2, max=200), Label("用途", "purpose")]
    matter: MatterCode
    case_id: Identifier


class DataShared(Event, on="SharedData", key="ledger_id", zh="数据已共享"):
    """Somebody read facts of a subject; which ones, never their values."""

    ledger_id: Identifier
    subject: Identifier
    facts: tuple[str, ...]
    purpose: Annotated[str, validate.Length(max=200)]
    matter: MatterCode
    reader: Annotated[str, validate.Length(max=100)]


class LedgerEntry(Contract):
    """One reading of somebody's data."""

    ledger_id: Identifier
    at: datetime
    reader: Annotated[str, validate.Length(max=100)]
    on_behalf_of: Annotated[str, validate.Length(max=100)] = ""
    purpose: Annotated[str, validate.Length(max=200)]
    matter: MatterCode
    facts: tuple[str, ...]


class Ledger(Contract):
    """Who read a subject's data, newest first."""

    entries: tuple[LedgerEntry, ...]


class ReadersOfMyData(Query[Ledger], on="SharedData", zh="谁看过我的数据", personal="owner"):
    """Who read this person's data, when and what for; for the person."""

    owner: Annotated[Identifier, Label("本人", "the person")]
