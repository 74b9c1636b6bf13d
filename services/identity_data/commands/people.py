"""What happens to registered people: corrections, moves, deaths, and leaving the register."""

from __future__ import annotations

from services.identity_data.commands.enterprises import end_authority_of, end_roles_of
from services.identity_data.commands.guardianship import end_guardianships_of
from services.identity_data.commands.households import leave_household
from services.identity_data.commands.objections import settle_by_correction
from services.identity_data.domain.people import NotMerged
from services.identity_data.models import Household, Person
from services.identity_data.registry import in_force_today
from shared.context import Context
from shared.contracts.identity_data import (
    CorrectPerson,
    DeregisterPerson,
    MergePersons,
    MovePerson,
    RegisterDeath,
    RestorePerson,
    SeparatePersons,
)
from shared.divisions import contains
from shared.errors import InvalidInput, NotAllowed
from shared.handling import handles


@handles(CorrectPerson)
def correct_person(person: Person, order: CorrectPerson, context: Context) -> None:
    """Put right what is given, and settle the objection that it answers; the basis stands in the
    audit's digest of the order."""
    person.correct(order.name, order.phone)
    settle_by_correction(person, order, context)


@handles(MovePerson)
def move_person(person: Person, order: MovePerson, context: Context) -> None:
    """Register a move where the person arrives (Household Registration Regulations article 13).

    The policies know where the person lived; that only the registrar of the new division registers
    it is a rule of this command, which raises `NotAllowed`.
    """
    if not contains(context.actor.division, order.division):
        raise NotAllowed(action=order.ZH)
    person.move(in_force_today(order.division, context))
    leave_household(person, "moved", context)


@handles(RegisterDeath)
def register_death(person: Person, order: RegisterDeath, context: Context) -> None:
    """Register a death (the same Regulations article 8)."""
    person.die(order.died_on, context.today)
    leave_household(person, "died", context)
    end_guardianships_of(person, "died", context)
    end_roles_of(person, context)


@handles(DeregisterPerson)
def deregister_person(person: Person, order: DeregisterPerson, context: Context) -> None:
    """Take a living person off the register."""
    person.deregister(order.reason)
    leave_household(person, "deregistered", context)
    end_guardianships_of(person, "deregistered", context)
    end_authority_of(person, context)


@handles(RestorePerson)
def restore_person(person: Person, order: RestorePerson, context: Context) -> None:
    """Put somebody back, because the entry was wrong or the person has come back; household,
    guardianships and roles may be others by now, so with none."""
    person.restore()


@handles(MergePersons)
def merge_persons(person: Person, order: MergePersons, context: Context) -> None:
    """Let another record stand for both; raises `NotFound`, `InvalidInput` for the same record, and
    `NotAllowed` for one of whom another registrar keeps the register."""
    if order.into == person.id:
        raise InvalidInput(fields={"into": ["Names another record."]})
    person.merge_into(_kept_by_the_caller(order.into, order, context))


@handles(SeparatePersons)
def separate_persons(person: Person, order: SeparatePersons, context: Context) -> None:
    """Take a merger back; raises `NotMerged`, `MergedOnward`, and `NotAllowed` as merging does."""
    if person.merged_into is None:
        raise NotMerged()
    person.separate_from(_kept_by_the_caller(person.merged_into, order, context))
    if person.household is not None and _is_dissolved(person.household, context):
        person.leave_household()


def _is_dissolved(household_id: str, context: Context) -> bool:
    return context.unit.get(Household, household_id).dissolved_on is not None


def _kept_by_the_caller(
    person_id: str, order: MergePersons | SeparatePersons, context: Context
) -> Person:
    """A second record that an order changes: the policies were asked about the first alone."""
    person = context.unit.get(Person, person_id)
    if not contains(context.actor.division, person.division):
        raise NotAllowed(action=order.ZH)
    return person
