"""Consent to the reading of one's data: agreements, who gives it and takes it back."""

from __future__ import annotations

from collections.abc import Sequence

from services.identity_data.domain.sharing import (
    AgreementDoesNotCover,
    AgreementIsAnothers,
    ItemNotGranted,
    NoConsent,
    consent_id_of,
    require_items_of_persons,
)
from services.identity_data.models import (
    Consent,
    ConsentAgreement,
    DataGrant,
    DataItem,
    DataResource,
    Organ,
)
from shared.context import Context
from shared.contracts.identity_data import (
    ApplyForData,
    GiveConsent,
    PublishConsentAgreement,
    WithdrawConsent,
)
from shared.handling import handles


@handles(PublishConsentAgreement)
def publish_consent_agreement(order: PublishConsentAgreement, context: Context) -> ConsentAgreement:
    """Publish an agreement or its next edition; raises `AgreementIsAnothers` for another organ's,
    also where the organ does not provide every item, and `PurposeOfAgreementStays`."""
    organ = context.unit.get(Organ, order.organ)
    require_items_of_persons(order.items)
    items = context.unit.find_all(DataItem, DataItem.id.in_(order.items))
    if {one.id for one in items if one.organ == organ.id} != set(order.items):
        raise AgreementIsAnothers(agreement=order.agreement_id)
    agreement = context.unit.find(ConsentAgreement, order.agreement_id) or context.unit.add(
        ConsentAgreement(
            id=order.agreement_id, division=organ.division, organ=organ.id, purpose=order.purpose
        )
    )
    agreement.publish(order, context.now)
    return agreement


@handles(GiveConsent)
def give_consent(order: GiveConsent, context: Context) -> Consent:
    """Consent to the present edition; raises `EditionSuperseded` for another."""
    agreement = context.unit.get(ConsentAgreement, order.agreement_id)
    owner = context.actor.person
    key = consent_id_of(agreement.id, owner)
    consent = context.unit.find(Consent, key) or context.unit.add(
        Consent(
            id=key,
            division=context.actor.division,
            agreement_id=agreement.id,
            owner=owner,
            given_at=context.now,
        )
    )
    consent.give(agreement, order.edition, context.now)
    return consent


@handles(WithdrawConsent)
def withdraw_consent(consent: Consent, order: WithdrawConsent, context: Context) -> None:
    """Take a consent back; raises `ConsentNotInForce`."""
    consent.withdraw(context.now)


def require_agreement_covers(order: ApplyForData, resource: DataResource, context: Context) -> None:
    """Raise `AgreementDoesNotCover` unless the agreement that an application names, if it names
    one, is the provider's, for the same purpose, and about all items."""
    if order.agreement_id is None:
        return
    agreement = context.unit.get(ConsentAgreement, order.agreement_id)
    wanted = {item.name for item in order.items}
    if (
        agreement.organ != resource.organ
        or agreement.purpose != order.purpose
        or not wanted <= set(agreement.items)
    ):
        raise AgreementDoesNotCover(agreement=agreement.id)


def require_consent(grant: DataGrant, subject: str, items: Sequence[str], context: Context) -> None:
    """Raise `NoConsent` where a grant serves by consent and the subject's does not stand, or is to
    an earlier edition; `ItemNotGranted` for items that the present edition is not about."""
    if not grant.agreement_id:
        return
    agreement = context.unit.get(ConsentAgreement, grant.agreement_id)
    consent = context.unit.find(Consent, consent_id_of(agreement.id, subject))
    if consent is None or not consent.is_to(agreement):
        raise NoConsent(agreement=agreement.id, edition=agreement.edition)
    beyond = sorted(set(items) - set(agreement.items))
    if beyond:
        raise ItemNotGranted(items=", ".join(beyond))
