"""Consent to the reading of one's data, and what it is given to."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

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
from shared.contracts.fields import Identifier, LongText
from shared.contracts.identity_data.catalogue import ItemName
from shared.contracts.identity_data.sharing import Purpose

Edition = Annotated[int, validate.Range(min=1, max=10_000), Label("版次", "edition of the text")]


class PublishConsentAgreement(Command[Done], on="ConsentAgreement", zh="发布授权同意书"):
    """Publish an agreement, or its next edition, in the name of the organ that provides the items
    (Personal Information Protection Law articles 13, 14, 17). Its purpose stays; consent to an
    earlier edition serves no more, because what was agreed to is another text."""

    agreement_id: Identifier
    organ: Annotated[Identifier, Label("发布机构", "organ that publishes it")]
    purpose: Purpose
    items: Annotated[tuple[ItemName, ...], validate.Length(min=1, max=50)]
    text: LongText


class GiveConsent(Command[Done], on="Consent", zh="同意数据授权"):
    """Consent to the present edition of an agreement (Personal Information Protection Law article
    14)."""

    agreement_id: Identifier
    edition: Edition


class WithdrawConsent(Transition[Done], on="Consent", key="consent_id", zh="撤回数据授权同意"):
    """Take a consent back; nothing is read by it from now on (Personal Information Protection Law
    article 15)."""

    consent_id: Identifier


class ConsentAgreementPublished(
    Event, on="ConsentAgreement", key="agreement_id", zh="授权同意书已发布"
):
    """An agreement has an edition that can be consented to."""

    agreement_id: Identifier
    organ: Identifier
    edition: Edition
    items: tuple[str, ...]


class ConsentGiven(Event, on="Consent", key="consent_id", zh="数据授权已同意"):
    """Somebody consented to an edition of an agreement."""

    consent_id: Identifier
    agreement_id: Identifier
    edition: Edition


class ConsentWithdrawn(Event, on="Consent", key="consent_id", zh="数据授权同意已撤回"):
    """Somebody took a consent back."""

    consent_id: Identifier
    agreement_id: Identifier


class ConsentText(Contract):
    """One edition of an agreement."""

    edition: Edition
    published_on: date
    items: tuple[str, ...]
    text: LongText


class ConsentAgreement(Contract):
    """An agreement with all its editions, the present one last."""

    agreement_id: Identifier
    version: int
    organ: Identifier
    purpose: Purpose
    edition: Edition
    editions: tuple[ConsentText, ...]


class ConsentAgreementById(
    Query[ConsentAgreement], on="PublicConsentAgreement", zh="查询授权同意书"
):
    """What one would consent to; for whoever signed in."""

    agreement_id: Identifier


class ConsentEntry(Contract):
    """One consent; it is in force while it is to the present edition and was not withdrawn."""

    consent_id: Identifier
    version: int
    agreement_id: Identifier
    purpose: Purpose
    edition: Edition
    given_at: datetime
    withdrawn_at: datetime | None = None
    in_force: bool


class ConsentList(Contract):
    """Consents, by id."""

    consents: tuple[ConsentEntry, ...]


class MyConsents(Query[ConsentList], on="Consent", zh="查询我的授权同意", personal="owner"):
    """To what this person consented; for the person."""

    owner: Annotated[Identifier, Label("本人", "the person")]
