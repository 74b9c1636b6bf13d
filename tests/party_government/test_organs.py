"""The organs that this service knows: as identity_data told them last."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from services.identity_data.load import ORGANS_ON, append_organs
from services.identity_data.models import Organ as RegisteredOrgan
from services.identity_data.reference.organs import organs_on
from services.identity_data.registry import organ_register
from services.identity_data.service import IdentityData
from services.party_government.models import KnownOrgan
from services.party_government.service import PartyGovernment
from shared.context import Context
from shared.contracts.identity_data import OrgansListed
from shared.testing.harness import ServiceHarness


@pytest.fixture
def harness(make_service: Callable[[Any], ServiceHarness]) -> ServiceHarness:
    return make_service(PartyGovernment)


def test_every_organ_of_the_register_is_told_and_known(
    harness: ServiceHarness, make_service: Callable[[Any], ServiceHarness]
) -> None:
    registry = make_service(IdentityData)

    def list_all(context: Context) -> None:
        organ_register(context).list_organs(context.unit.find_all(RegisteredOrgan))

    organs = tuple(organs_on(ORGANS_ON))
    registry.act(lambda context: append_organs(organs, context))
    registry.act(list_all)
    harness.receive(*registry.envelopes())
    harness.take()
    known = harness.rows(sa.select(KnownOrgan.id, KnownOrgan.parent, KnownOrgan.level))
    assert {(row.id, row.parent, row.level) for row in known} == {
        (organ.id, organ.parent_id, int(organ.level)) for organ in organs
    }


def test_what_was_told_later_replaces_what_was_known(harness: ServiceHarness) -> None:
    government = RegisteredOrgan(
        id="330103-government",
        division="330103",
        name="杭州市下城区人民政府",
        name_en="",
        kind="government",
        type="government",
        parent="3301-government",
    )
    first = OrgansListed(register_id="organs", organs=(government.to_contract(),))
    government.valid_to, government.successor = date(2021, 4, 9), "330105-government"
    second = OrgansListed(register_id="organs", organs=(government.to_contract(),))
    # The later one comes first, and waits for the one before.
    harness.receive(harness.envelope(second, sequence=2))
    harness.take()
    assert harness.rows(sa.select(KnownOrgan.id)) == []
    harness.receive(harness.envelope(first, sequence=1))
    harness.make_retries_due()
    harness.take()
    ((valid_to, successor),) = harness.rows(sa.select(KnownOrgan.valid_to, KnownOrgan.successor))
    assert (valid_to, successor) == (date(2021, 4, 9), "330105-government")
