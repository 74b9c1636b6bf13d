"""One person acts in another's name: in what was granted, for as long, and named in every row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from deploy.catalogue import service_class
from services.identity_data import load
from services.identity_data.domain.agency import (
    AgencyNotInForce,
    AgencyOver,
    AgencyPeriodUnlawful,
    AgentNotRegistered,
    NotDelegable,
    require_period,
)
from services.identity_data.models import Account, NameReservation, Person
from services.identity_data.service import IdentityData
from shared import loading
from shared.clocks import CHINA
from shared.context import Headers, Principal, new_id
from shared.contracts.identity_data import (
    ActAsAgent,
    AgencyById,
    AgencyEnded,
    AgencyGranted,
    AgencyUsed,
    GrantAgency,
    MyAgencies,
    MySessions,
    PersonById,
    RegisterDeath,
    ReserveEnterpriseName,
    RevokeAgency,
    SessionRevoked,
)
from shared.contracts.platform import ScenarioTrail
from shared.errors import InvalidInput, NotAllowed
from shared.identifiers import resident_number_from
from shared.messaging.tables import AUDIT, OUTBOX, TIMER
from shared.security import tokens
from shared.security.authorisation import delegable
from shared.security.tokens import RevokedSessions, TokenVerifier
from shared.testing.harness import ServiceHarness
from tests.identity_data.places import know_places

MONDAY = datetime(2026, 3, 2, 9, tzinfo=CHINA)
LAST = date(2026, 3, 31)
SCOPE = ("ReleaseEnterpriseName", "ReserveEnterpriseName")
REGISTRAR = Principal(
    "registrar", "official", "33", "33-public_security", ("household_registrar",), assurance=2
)


@dataclass(frozen=True)
class Town:
    """identity_data, the people in it, and another service that hears of what ends."""

    harness: ServiceHarness
    elsewhere: ServiceHarness
    granting: Principal
    agent: Principal
    third: Principal

    def grant(self, **other: Any) -> str:
        """The id of an agency of the agent's."""
        order = GrantAgency(agent=self.agent.person, scope=SCOPE, valid_to=LAST)
        return self.harness.execute(replace(order, **other), self.granting).id

    def act(self, agency: str) -> str:
        """The token with which the agent acts."""
        return self.harness.execute(ActAsAgent(agency_id=agency), self.agent).token

    def send(self, message: Any, token: str) -> dict[str, Any]:
        """What a real check of the token comes to here."""
        self.hear()
        headers = Headers(
            requestid=new_id(), scenarioid="for-another", authorization=f"Bearer {token}"
        )
        runtime = self.harness.runtime
        return runtime.pipeline.answer(message.NAME, message.dump(), headers).to_wire()

    def hear(self) -> None:
        """Let everything that was told be heard, here and elsewhere."""
        self.harness.settle()
        self.elsewhere.receive(
            *(one for one in self.harness.envelopes() if self.elsewhere._is_wanted(one))
        )
        self.elsewhere.take()


@pytest.fixture
def town(make_service: Callable[..., ServiceHarness], monkeypatch: pytest.MonkeyPatch) -> Town:
    monkeypatch.setattr(tokens, "READ_AGAIN", 0.0)
    harness, elsewhere = make_service(IdentityData), make_service(service_class("rule_of_law"))
    harness.at(MONDAY)
    know_places(harness, "330106", organs=False)
    steps = [s for s in load.steps(harness.runtime.settings) if s.name == "signing_keys"]
    loading.load(harness.runtime, steps)
    people = [
        Person.registered(
            resident_number_from("330106", date(1985, 6, n), 1), "潮生", "330106", None
        )
        for n in (1, 2, 3)
    ]
    residents = [
        Principal(name, "resident", "330106", person=one.id)
        for name, one in zip(("granting", "agent", "third"), people, strict=True)
    ]

    def settle_in(context: Any) -> None:
        for person, one in zip(people, residents, strict=True):
            context.unit.add(person)
            context.unit.add(
                Account(
                    id=one.id,
                    password_hash="-",
                    principal_id=one.id,
                    kind=one.kind,
                    division=one.division,
                    person=one.person,
                )
            )

    harness.act(settle_in)
    for one in (harness, elsewhere):
        verifier = TokenVerifier(one.runtime.keys, RevokedSessions(one.runtime.read))
        one.principals._keys, one.principals._revoked = verifier._keys, verifier._revoked
    made = Town(harness, elsewhere, *residents)
    made.hear()
    return made


RESERVE = ReserveEnterpriseName(name="杭州潮起科技有限公司", division="330106")


# The rules


@pytest.mark.parametrize(
    ("begins", "ends", "lawful"),
    [
        (date(2026, 3, 2), date(2026, 3, 2), True),
        (date(2026, 3, 2), date(2027, 3, 2), True),
        (date(2026, 3, 2), date(2027, 3, 3), False),
        (date(2026, 3, 1), date(2026, 3, 2), False),
        (date(2026, 3, 3), date(2026, 3, 2), False),
        (date(2028, 2, 29), date(2029, 2, 28), True),
        (date(2028, 2, 29), date(2029, 3, 1), False),
    ],
)
def test_an_agency_lasts_a_year_at_most_and_begins_today_or_later(
    begins: date, ends: date, lawful: bool
) -> None:
    if lawful:
        require_period(begins, ends, date(2026, 3, 2))
    else:
        with pytest.raises(AgencyPeriodUnlawful):
            require_period(begins, ends, date(2026, 3, 2))


def test_what_changes_who_somebody_is_cannot_be_delegated() -> None:
    assert {"SubmitOneThing", "SupplementCase", "CaseById"} <= delegable()
    personal = {"GrantAgency", "ActAsAgent", "RevokeAgency", "SignIn", "EnrolSecondFactor"}
    assert not delegable() & (personal | {"PersonById", "ReadersOfMyData", "RateOneThing"})


def test_an_unlawful_grant_is_refused_and_keeps_nothing(town: Town) -> None:
    before = len(town.harness.rows(sa.select(AUDIT.c.sequence)))
    with pytest.raises(NotDelegable) as refusal:
        town.grant(scope=("CaseById", "PersonById", "NoSuchMessage"))
    assert "NoSuchMessage, PersonById" in refusal.value.sentences["en"]
    with pytest.raises(AgentNotRegistered):
        town.grant(agent="p-nobody")
    with pytest.raises(AgencyPeriodUnlawful):
        town.grant(valid_to=date(2028, 1, 1))
    with pytest.raises(InvalidInput):
        town.grant(agent=town.granting.person)
    with pytest.raises(InvalidInput):
        GrantAgency.load({"agent": "p-1", "scope": [], "valid_to": "2026-03-31"})
    assert len(town.harness.rows(sa.select(AUDIT.c.sequence))) == before


# Acting


def test_an_act_under_an_agency_names_agent_person_and_agency_in_every_record(
    town: Town,
) -> None:
    agency = town.grant()
    token = town.act(agency)
    reserved = town.send(RESERVE, token)["reply"]["id"]
    ((owner,),) = town.harness.rows(sa.select(NameReservation.owner))
    assert owner == town.granting.person
    (row,) = town.harness.rows(sa.select(AUDIT).where(AUDIT.c.act == RESERVE.NAME))
    assert (row.actor, row.on_behalf_of) == ("agent", f"{town.granting.person}/{agency}")
    (envelope,) = town.harness.envelopes(OUTBOX.c.aggregate_id == reserved)
    assert (envelope.actorid, envelope.onbehalfof) == ("agent", town.granting.person)
    assert envelope.agencyid == envelope.to_wire()["agencyid"] == agency
    operator = Principal("operator", "operator", "33", roles=("operator",))
    trail = town.harness.execute(ScenarioTrail(scenario="for-another"), operator).records
    assert {one.kind for one in trail} == {"command", "event"}
    both = {(one.actor, one.on_behalf_of, one.agency) for one in trail}
    assert both == {("agent", town.granting.person, agency)}
    # What anybody does for itself names no agency.
    town.harness.execute(replace(RESERVE, name="杭州潮落科技有限公司"), town.agent)
    own = town.harness.rows(sa.select(AUDIT.c.on_behalf_of).where(AUDIT.c.act == RESERVE.NAME))
    assert ("",) in own
    assert town.harness.told(AgencyUsed)[0].agency_id == agency
    (session,) = town.harness.execute(MySessions(), town.agent).sessions
    assert session.agency == agency


def test_beyond_its_scope_an_agent_can_do_nothing_not_even_of_its_own(town: Town) -> None:
    token = town.act(town.grant())
    beyond = (
        PersonById(person_id=town.granting.person),
        PersonById(person_id=town.agent.person),
        MyAgencies(),
        GrantAgency(agent=town.third.person, scope=SCOPE, valid_to=LAST),
        ActAsAgent(agency_id=town.grant()),
    )
    with capture_logs() as lines:
        answers = [town.send(message, token) for message in beyond]
    assert {answer["error"]["kind"] for answer in answers} == {"NotAllowed"}
    logged = [line for line in lines if line["event"] == "message"]
    assert [line["outcome"] for line in logged] == ["NotAllowed"] * len(beyond)


def test_an_agency_is_of_no_use_to_a_third_person_or_to_whoever_granted_it(town: Town) -> None:
    agency = town.grant()
    for one in (town.third, town.granting):
        with pytest.raises(NotAllowed):
            town.harness.execute(ActAsAgent(agency_id=agency), one)
    for order in (RevokeAgency(agency_id=agency), AgencyById(agency_id=agency)):
        with pytest.raises(NotAllowed):
            town.harness.execute(order, town.third)
    stolen_id = replace(town.agent, id="third")  # An account that is not the agent's.
    with pytest.raises(NotAllowed):
        town.harness.execute(ActAsAgent(agency_id=agency), stolen_id)


def test_an_agency_that_has_not_begun_is_of_no_use_yet(town: Town) -> None:
    agency = town.grant(valid_from=date(2026, 3, 10))
    with pytest.raises(AgencyNotInForce):
        town.act(agency)
    town.harness.at(MONDAY + timedelta(days=8))
    assert town.act(agency)


# The end


@pytest.mark.parametrize("reason", ["revoked", "renounced", "expired", "death", "agents_death"])
def test_when_an_agency_ends_its_live_tokens_are_refused_everywhere(
    town: Town, reason: str
) -> None:
    agency, other = town.grant(), town.grant()
    token, another = town.act(agency), town.act(other)
    assert "reply" in town.send(RESERVE, token)
    if reason in ("revoked", "renounced"):
        by = town.granting if reason == "revoked" else town.agent
        town.harness.execute(RevokeAgency(agency_id=agency), by)
    elif reason == "expired":
        town.harness.at(datetime(2026, 3, 31, 23, 59, tzinfo=CHINA))
        assert town.harness.told(AgencyEnded) == []
        town.harness.at(datetime(2026, 4, 1, tzinfo=CHINA))
    else:
        dead = town.granting if reason == "death" else town.agent
        order = RegisterDeath(person_id=dead.person, died_on=date(2026, 3, 1), basis="死亡医学证明")
        town.harness.execute(order, REGISTRAR)
    later = replace(RESERVE, name="杭州潮落科技有限公司")
    with capture_logs() as lines:
        refused = town.send(later, token)["error"]
    assert refused["kind"] == "NotAuthenticated"
    assert any(line["event"] == "token_refused" for line in lines)
    heard = RevokedSessions(town.elsewhere.runtime.read)()
    assert heard == {event.session_id for event in town.harness.told(SessionRevoked)}
    with pytest.raises(AgencyNotInForce):
        town.act(agency)
    with pytest.raises(AgencyOver):
        town.harness.execute(RevokeAgency(agency_id=agency), town.agent)
    ended = {event.agency_id: event.reason for event in town.harness.told(AgencyEnded)}
    assert ended[agency] == reason.removeprefix("agents_")
    if reason in ("revoked", "renounced"):
        # The other agency goes on, and the timer of this one is gone.
        assert ended.keys() == {agency}
        assert "reply" in town.send(later, another)
        armed = town.harness.rows(sa.select(TIMER.c.aggregate_id).where(TIMER.c.state == "armed"))
        assert (agency,) not in armed


def test_both_see_their_agencies_and_how_they_ended(town: Town) -> None:
    first, second = town.grant(), town.grant(valid_to=date(2026, 4, 30))
    town.harness.execute(RevokeAgency(agency_id=first), town.agent)
    for one in (town.granting, town.agent):
        found = town.harness.execute(MyAgencies(), one)
        assert found.owner == one.person
        assert [each.agency_id for each in found.agencies] == [second, first]
        seen = town.harness.execute(AgencyById(agency_id=first), one)
        assert (seen.owner, seen.agent) == (town.granting.person, town.agent.person)
        assert (seen.scope, seen.valid_from, seen.ended) == (SCOPE, MONDAY.date(), "renounced")
    assert town.harness.execute(MyAgencies(), town.third).agencies == ()
    assert {event.agency_id for event in town.harness.told(AgencyGranted)} == {first, second}
    with pytest.raises(NotAllowed):
        town.harness.execute(MyAgencies(), Principal("official", "official", "33"))
