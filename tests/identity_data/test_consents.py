"""Consent: to which text, how long it serves, and that its withdrawal stops the next reading."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from services.identity_data.domain.sharing import (
    AgreementDoesNotCover,
    AgreementIsAnothers,
    ConsentNotInForce,
    EditionSuperseded,
    ItemNotGranted,
    NoConsent,
    PurposeOfAgreementStays,
)
from services.identity_data.models import SharedReading
from shared.context import Principal
from shared.contracts.identity_data import (
    ConsentAgreementById,
    ConsentWithdrawn,
    GiveConsent,
    MyConsents,
    PublishConsentAgreement,
    WithdrawConsent,
)
from shared.errors import InvalidInput, NotAllowed
from shared.testing.harness import ServiceHarness
from tests.identity_data.test_sharing import (
    MARKET,
    PROVIDER,
    SYSTEM,
    application,
    fetch,
    granted,
    person_of,
    platform,
    steward,
)

__all__ = ["platform"]

AGREEMENT = PublishConsentAgreement(
    agreement_id="individual-business",
    organ=PROVIDER,
    purpose=application().purpose,
    items=("person.name", "person.division"),
    text="本人同意为办理个体工商户登记提供姓名和居住地区划。",
)


def test_a_grant_by_consent_serves_while_consent_to_the_present_text_stands(
    platform: ServiceHarness,
) -> None:
    person = person_of(platform)
    self = Principal("resident", "resident", "330106", person=person)
    provider = steward(PROVIDER)
    platform.execute(AGREEMENT, provider)
    granted(platform, agreement_id=AGREEMENT.agreement_id)
    with pytest.raises(NoConsent):
        platform.execute(fetch(platform), SYSTEM)
    order = GiveConsent(agreement_id=AGREEMENT.agreement_id, edition=1)
    with pytest.raises(EditionSuperseded):
        platform.execute(replace(order, edition=2), self)
    platform.execute(order, Principal("other", "resident", "330106", person="p-other"))
    with pytest.raises(NoConsent):
        platform.execute(fetch(platform), SYSTEM)
    consent = platform.execute(order, self).id
    platform.execute(fetch(platform), SYSTEM)

    platform.execute(replace(AGREEMENT, items=("person.name",), text="仅提供姓名。"), provider)
    with pytest.raises(NoConsent):
        platform.execute(fetch(platform), SYSTEM)
    (entry,) = platform.execute(MyConsents(owner=person), self).consents
    assert (entry.edition, entry.in_force) == (1, False)
    platform.execute(replace(order, edition=2), self)
    with pytest.raises(ItemNotGranted):
        platform.execute(fetch(platform), SYSTEM)
    platform.execute(fetch(platform, facts=("person.name",)), SYSTEM)

    with pytest.raises(NotAllowed):
        platform.execute(WithdrawConsent(consent_id=consent), provider)
    platform.execute(WithdrawConsent(consent_id=consent), self)
    with pytest.raises(NoConsent):
        platform.execute(fetch(platform, facts=("person.name",)), SYSTEM)
    with pytest.raises(ConsentNotInForce):
        platform.execute(WithdrawConsent(consent_id=consent), self)
    assert len(platform.told(ConsentWithdrawn)) == 1
    assert len(platform.rows(sa.select(SharedReading.id))) == 2
    (entry,) = platform.execute(MyConsents(owner=person), self).consents
    assert entry.withdrawn_at is not None
    found = platform.execute(ConsentAgreementById(agreement_id=AGREEMENT.agreement_id), SYSTEM)
    assert [one.items for one in found.editions] == [AGREEMENT.items, ("person.name",)]


@pytest.mark.parametrize(
    ("changes", "organ", "error"),
    [
        ({"organ": MARKET}, MARKET, AgreementIsAnothers),
        ({"organ": MARKET, "items": ("enterprise.name",)}, MARKET, InvalidInput),
        ({"items": ("person.unheard_of",)}, PROVIDER, AgreementIsAnothers),
        ({"purpose": "另一用途"}, PROVIDER, PurposeOfAgreementStays),
    ],
)
def test_only_who_provides_the_items_asks_for_consent_and_for_one_purpose(
    platform: ServiceHarness, changes: Any, organ: str, error: type[Exception]
) -> None:
    platform.execute(AGREEMENT, steward(PROVIDER))
    with pytest.raises(error):
        platform.execute(replace(AGREEMENT, **changes), steward(organ))


def test_an_application_by_consent_asks_for_what_the_agreement_is_about(
    platform: ServiceHarness,
) -> None:
    platform.execute(replace(AGREEMENT, items=("person.name",)), steward(PROVIDER))
    order = application(agreement_id=AGREEMENT.agreement_id)
    for wrong in (order, replace(order, items=order.items[:1], purpose="另一用途")):
        with pytest.raises(AgreementDoesNotCover):
            platform.execute(wrong, steward(MARKET))
    platform.execute(replace(order, items=order.items[:1]), steward(MARKET))
