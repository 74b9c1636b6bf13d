"""Sharing data instead of asking for paper."""

from __future__ import annotations

from services.identity_data.domain import (
    require_facts_of,
    require_need,
)
from services.identity_data.models import (
    Enterprise,
    Person,
    SharedReading,
)
from shared.context import Context
from shared.contracts.identity_data import (
    FetchSharedData,
    SharedFact,
    SharedFacts,
)
from shared.errors import NotFound
from shared.handling import handles

POPULATION_REGISTER = "人口基础库 / population register"
ENTERPRISE_REGISTER = "法人基础库 / register of legal entities"


@handles(FetchSharedData)
def fetch_shared_data(order: FetchSharedData, context: Context) -> SharedFacts:
    """Hand out the facts that the matter needs and enter the reading in the ledger (Data Security
    Law article 38); raises `FactNotOfSubject`, `NotNeeded`."""
    require_need(order.matter, order.facts)
    require_facts_of(order.subject, order.facts)
    subject, values, source = _subject_of(order.subject, context)
    reading = SharedReading(
        id=context.new_id(),
        division=subject.division,
        owner=subject.owner,
        subject=subject.id,
        facts=list(dict.fromkeys(order.facts)),
        purpose=order.purpose,
        matter=order.matter,
        case_id=order.case_id,
        reader=context.actor.id,
        on_behalf_of=context.on_behalf_of,
        at=context.now,
    )
    context.unit.add(reading).enter()
    as_of = subject.changed_at or context.now
    facts = tuple(
        SharedFact(name=name, value=values[name], source=source, as_of=as_of)
        for name in dict.fromkeys(order.facts)
    )
    return SharedFacts(ledger_id=reading.id, facts=facts)


def _subject_of(
    subject_id: str, context: Context
) -> tuple[Person | Enterprise, dict[str, str], str]:
    """The person or enterprise, its facts by name, and the register that they stand in."""
    if subject_id.startswith("p-"):
        person = context.unit.get(Person, subject_id)
        return person, _facts_of_person(person), POPULATION_REGISTER
    if subject_id.startswith("e-"):
        enterprise = context.unit.get(Enterprise, subject_id)
        leader = context.unit.get(Person, enterprise.legal_representative)
        return enterprise, _facts_of_enterprise(enterprise, leader), ENTERPRISE_REGISTER
    raise NotFound(what="subject", id=subject_id)


def _facts_of_person(person: Person) -> dict[str, str]:
    return {
        "person.name": person.name,
        "person.birth_date": person.birth_date.isoformat(),
        "person.division": person.division,
    }


def _facts_of_enterprise(enterprise: Enterprise, leader: Person) -> dict[str, str]:
    """The capital is in fen; the legal representative stands by name, as forms ask for it."""
    return {
        "enterprise.name": enterprise.name,
        "enterprise.credit_code": enterprise.credit_code,
        "enterprise.legal_representative": leader.name,
        "enterprise.registered_capital": str(enterprise.registered_capital),
        "enterprise.established": enterprise.established.isoformat(),
    }
