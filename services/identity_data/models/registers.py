"""People, enterprises, and the names that enterprises reserve."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.identity_data.domain import (
    NameTaken,
    ReservationNotUsable,
    ReservationState,
    enterprise_id_of,
    registering_organ_of,
    two_months_after,
)
from services.identity_data.domain.enterprises import RepresentsAlready
from services.identity_data.domain.guardianship import (
    GuardianAndWard,
    GuardsThemself,
    NotFitToGuard,
    is_adult,
    require_room,
)
from services.identity_data.domain.households import InHouseholdAlready
from services.identity_data.domain.people import (
    MergedOnward,
    MovesNowhere,
    NothingToCorrect,
    NotTakenOff,
    PersonState,
    Traits,
    require_alike,
    require_day_of_death,
    require_on_register,
)
from services.identity_data.keys import person_id
from services.identity_data.models.base import Model
from shared import consolidation, storage
from shared.classification import CASE_FILE, L1, L2, L3, PERMANENT
from shared.contracts.identity_data import (
    EnterpriseNameReleased,
    EnterpriseNameReserved,
    EnterprisePassedOn,
    EnterpriseRegistered,
    EnterpriseRoleBegun,
    EnterpriseRoleEnded,
    LegalRepresentativeChanged,
    NamePassedOn,
    PeopleImported,
    PersonCorrected,
    PersonDeregistered,
    PersonDied,
    PersonMoved,
    PersonPassedOn,
    PersonRegistered,
    PersonRestored,
    PersonsMerged,
    PersonsSeparated,
)
from shared.identifiers import birth_date_of


class Person(storage.Aggregate, Model, kw_only=True, eq=False):
    """A natural person; `division` is where the person lives, `stands_for` the records that were
    merged into this one.

    `household` is the one that the person is a member of, so that nobody can be in two, and
    `household_relation` what it is to the head since `household_since`. `place_of` is the merged
    record whose place there this one took. `guardians` are who guards the person now, `wards` whom
    the person guards; in both records, so that the version of each guards both.
    """

    __tablename__ = "person"
    retention = PERMANENT

    number: Mapped[str] = mapped_column(sa.String(18), unique=True, info=L3)
    name: Mapped[str] = mapped_column(sa.String(50), info=L3)
    birth_date: Mapped[date] = mapped_column(info=L3)
    phone: Mapped[str | None] = mapped_column(sa.String(11), index=True, default=None, info=L3)
    state: Mapped[str] = mapped_column(sa.String(20), default=PersonState.REGISTERED.value, info=L2)
    died_on: Mapped[date | None] = mapped_column(default=None, info=L3)
    merged_into: Mapped[str | None] = mapped_column(sa.String(64), default=None, info=L2)
    stands_for: Mapped[list[str]] = mapped_column(default_factory=list, info=L2)
    household: Mapped[str | None] = mapped_column(sa.String(64), index=True, default=None, info=L2)
    household_relation: Mapped[str | None] = mapped_column(sa.String(20), default=None, info=L3)
    household_since: Mapped[date | None] = mapped_column(default=None, info=L2)
    place_of: Mapped[str | None] = mapped_column(sa.String(64), default=None, info=L2)
    guardians: Mapped[list[str]] = mapped_column(default_factory=list, info=L3)
    wards: Mapped[list[str]] = mapped_column(default_factory=list, info=L3)

    __table_args__ = (sa.Index("person_born", "birth_date", "name"),)

    @property
    def owner(self) -> str:
        """A person's data are the person's own."""
        return self.id

    @property
    def traits(self) -> Traits:
        """What it is compared with others by."""
        return Traits(self.number, self.name, self.birth_date, self.phone)

    def correct(self, name: str | None, phone: str | None) -> None:
        """Put right what is given; raises `NothingToCorrect` where that changes nothing."""
        given = {"name": name, "phone": phone}
        changed = [
            field
            for field, value in given.items()
            if value is not None and value != getattr(self, field)
        ]
        if not changed:
            raise NothingToCorrect()
        for field in changed:
            setattr(self, field, given[field])
        self.tell(PersonCorrected(person_id=self.id, fields=tuple(changed)), self.id)

    def move(self, division: str) -> None:
        """Live in another division; raises `PersonNotOnRegister`, `MovesNowhere`."""
        require_on_register(PersonState(self.state))
        if division == self.division:
            raise MovesNowhere()
        moved = PersonMoved(person_id=self.id, from_division=self.division, division=division)
        self.division = division
        self.tell(moved, self.id)

    def die(self, died_on: date, today: date) -> None:
        """Have died on that day; raises `PersonNotOnRegister`, `NoDayOfDeath`."""
        require_on_register(PersonState(self.state))
        require_day_of_death(died_on, self.birth_date, today)
        self.state = PersonState.DEAD.value
        self.died_on = died_on
        self.tell(PersonDied(person_id=self.id, died_on=died_on), self.id)

    def deregister(self, reason: str) -> None:
        """Be on the register no more; raises `PersonNotOnRegister`."""
        require_on_register(PersonState(self.state))
        self.state = PersonState.DEREGISTERED.value
        self.tell(PersonDeregistered(person_id=self.id, reason=reason), self.id)

    def restore(self) -> None:
        """Be on the register again; raises `NotTakenOff` for who was not."""
        if self.state not in (PersonState.DEAD, PersonState.DEREGISTERED):
            raise NotTakenOff()
        self.state = PersonState.REGISTERED.value
        self.died_on = None
        self.tell(PersonRestored(person_id=self.id), self.id)

    def merge_into(self, other: Person) -> None:
        """Be one with another record, which stands for both; raises `PersonNotOnRegister`,
        `TooLittleInCommon`, `GuardianAndWard`."""
        for one in (self, other):
            require_on_register(PersonState(one.state))
        if other.id in (*self.guardians, *self.wards):
            raise GuardianAndWard()
        require_alike(self.traits, other.traits)
        self.state = PersonState.MERGED.value
        self.merged_into = other.id
        # Written, so that the other cannot be merged into a third in the same moment.
        other.stands_for = [*other.stands_for, self.id]
        if other.household is None and other.division == self.division:
            other.take_place_of(self)
        self.tell(PersonsMerged(person_id=self.id, into=other.id), self.id)

    def separate_from(self, other: Person) -> None:
        """Stand for itself again, and no longer be one with the record it was merged into; raises
        `MergedOnward` where that one was merged into a third since."""
        if other.state == PersonState.MERGED:
            raise MergedOnward()
        self.merged_into = None
        self.state = PersonState.REGISTERED.value
        other.stands_for = [one for one in other.stands_for if one != self.id]
        if other.place_of == self.id:
            other.leave_household()
        self.tell(PersonsSeparated(person_id=self.id, into=other.id), self.id)

    def enter_household(self, household: str, relation: str, today: date) -> None:
        """Be a member of a household; raises `InHouseholdAlready`. The household tells it."""
        if self.household is not None:
            raise InHouseholdAlready()
        self.household = household
        self.household_relation = relation
        self.household_since = today

    def take_place_of(self, merged: Person) -> None:
        """Be a member where the merged record is one, which keeps its place for a separation."""
        self.household = merged.household
        self.household_relation = merged.household_relation
        self.household_since = merged.household_since
        self.place_of = merged.id

    def leave_household(self) -> None:
        """Be a member of no household."""
        self.household = None
        self.household_relation = None
        self.household_since = None
        self.place_of = None

    def require_guardian(self, guardian: Person | None, today: date) -> Person:
        """Whoever is to guard this person, if that is lawful on the day; raises
        `PersonNotOnRegister`, `GuardsThemself`, `NotFitToGuard`, `GuardsAlready`,
        `EnoughGuardians`."""
        require_on_register(PersonState(self.state))
        if guardian is self:
            raise GuardsThemself()
        if guardian is None or not guardian.is_fit_on(today) or guardian.guardians:
            raise NotFitToGuard()
        require_room(guardian.id, self.guardians)
        return guardian

    def is_fit_on(self, day: date) -> bool:
        """Whether the person is an adult on the register."""
        return self.state == PersonState.REGISTERED and is_adult(self.birth_date, day)

    def accept_guardian(self, guardian: Person) -> None:
        """Be guarded by somebody. The guardianship tells it."""
        self.guardians = [*self.guardians, guardian.id]
        guardian.wards = [*guardian.wards, self.id]

    def lose_guardian(self, guardian: Person) -> None:
        """Be guarded by somebody no more."""
        self.guardians = [one for one in self.guardians if one != guardian.id]
        guardian.wards = [one for one in guardian.wards if one != self.id]

    def be_named(self, guardians: Iterable[str], wards: Iterable[str]) -> None:
        """Have these guardians and wards."""
        for name, ids in (("guardians", sorted(guardians)), ("wards", sorted(wards))):
            if sorted(getattr(self, name)) != ids:
                setattr(self, name, ids)

    def pass_to(self, division: str) -> None:
        """Live in the successor of the division, in the same place."""
        moved = PersonPassedOn(id=self.id, from_division=self.division, division=division)
        self.division = division
        self.tell(moved, self.id)

    @classmethod
    def registered(cls, number: str, name: str, division: str, phone: str | None) -> Person:
        """A person not known before; the event says neither number nor name."""
        person = cls(
            id=person_id(number),
            division=division,
            number=number,
            name=name,
            birth_date=birth_date_of(number),
            phone=phone,
        )
        person.tell(PersonRegistered(person_id=person.id, division=division), person.id)
        return person


class RegistryImport(storage.Aggregate, Model, kw_only=True, eq=False):
    """How far a file of people has been taken over, under the file's digest as id."""

    __tablename__ = "registry_import"
    retention = PERMANENT

    rows_done: Mapped[int] = mapped_column(default=1, info=L1)
    accepted: Mapped[int] = mapped_column(default=0, info=L1)
    rejected: Mapped[int] = mapped_column(default=0, info=L1)

    def take(self, last: int, *, accepted: int, rejected: int) -> None:
        """The rows up to `last` are done, so many of them registered and so many refused."""
        self.rows_done = last
        self.accepted += accepted
        self.rejected += rejected
        self.tell(
            PeopleImported(import_id=self.id, last_row=last, accepted=accepted, rejected=rejected)
        )


class Consolidation(consolidation.Consolidation, Model, kw_only=True, eq=False):
    """What was changed for a merger of two records of one person."""


class NameReservation(storage.Aggregate, Model, kw_only=True, eq=False):
    """The reservation of one enterprise name, which can be made again after it ended.

    Its id is made of the name, so that of two who reserve it at the same moment only one can.
    """

    __tablename__ = "name_reservation"
    retention = CASE_FILE

    name: Mapped[str] = mapped_column(sa.String(100), info=L1)
    owner: Mapped[str] = mapped_column(sa.String(64), index=True, default="", info=L3)
    state: Mapped[str] = mapped_column(sa.String(20), default=ReservationState.RELEASED, info=L1)
    until: Mapped[date] = mapped_column(info=L1)

    def pass_to(self, division: str) -> None:
        """Belong to the successor of the division."""
        moved = NamePassedOn(id=self.id, from_division=self.division, division=division)
        self.division = division
        self.tell(moved, self.owner)

    def holds_on(self, day: date) -> bool:
        """Whether nobody else can have the name: it is reserved up to `until`, or used."""
        if self.state == ReservationState.USED:
            return True
        return self.state == ReservationState.RESERVED and day <= self.until

    def reserve(self, owner: str, division: str, today: date) -> None:
        """Keep the name for this person for two months (Decree 734 article 18); raises `NameTaken`
        unless it is free."""
        if self.holds_on(today):
            raise NameTaken(name=self.name)
        if self.state == ReservationState.RESERVED:
            self.release()
        self.owner = owner
        self.division = division
        self.state = ReservationState.RESERVED
        self.until = two_months_after(today)
        self.tell(
            EnterpriseNameReserved(
                reservation_id=self.id, name=self.name, division=division, until=self.until
            ),
            owner,
        )

    def release(self) -> None:
        """Free the name, because the time is over without a registration, or its applicant gives
        it up; raises `ReservationNotUsable` unless it is reserved."""
        if self.state != ReservationState.RESERVED:
            raise ReservationNotUsable(
                id=self.id, reason_zh="已使用或已释放", reason_en="it was used or released"
            )
        self.state = ReservationState.RELEASED
        self.tell(EnterpriseNameReleased(reservation_id=self.id, name=self.name), self.owner)

    def use(self, name: str, applicants: set[str]) -> None:
        """Give the name to the enterprise that is registered now.

        Raises `ReservationNotUsable` for another's, another name's, or one that ended.
        """
        if self.owner not in applicants:
            raise ReservationNotUsable(
                id=self.id, reason_zh="由他人申报", reason_en="somebody else made it"
            )
        if self.name != name:
            raise ReservationNotUsable(
                id=self.id, reason_zh="名称不一致", reason_en="it is for another name"
            )
        if self.state != ReservationState.RESERVED:
            raise ReservationNotUsable(
                id=self.id, reason_zh="已使用或已释放", reason_en="it was used or released"
            )
        self.state = ReservationState.USED


class Enterprise(storage.Aggregate, Model, kw_only=True, eq=False):
    """A registered enterprise; `registered_capital` in fen, `legal_representative` a person id,
    `organ` the one that registered it and keeps on record who runs it."""

    __tablename__ = "enterprise"
    retention = PERMANENT

    credit_code: Mapped[str] = mapped_column(sa.String(18), unique=True, info=L1)
    name: Mapped[str] = mapped_column(sa.String(100), unique=True, info=L1)
    industry: Mapped[str] = mapped_column(sa.String(60), info=L1)
    registered_capital: Mapped[int] = mapped_column(info=L1)
    established: Mapped[date] = mapped_column(info=L1)
    legal_representative: Mapped[str] = mapped_column(sa.String(64), index=True, info=L2)
    organ: Mapped[str] = mapped_column(sa.String(64), info=L1)
    address: Mapped[str] = mapped_column(sa.String(200), default="", info=L1)
    case_id: Mapped[str | None] = mapped_column(sa.String(64), default=None, info=L2)

    @property
    def owner(self) -> str:
        """Who is told of readings of its data: its legal representative."""
        return self.legal_representative

    def be_represented_by(self, person: str) -> None:
        """Have another legal representative; raises `RepresentsAlready`."""
        if person == self.legal_representative:
            raise RepresentsAlready()
        changed = LegalRepresentativeChanged(
            enterprise_id=self.id, former=self.legal_representative, legal_representative=person
        )
        self.legal_representative = person
        self.tell(changed, self.id)

    def note_role(self, person: str, role: str) -> None:
        """Tell that somebody has a role in it. Written with the role, so that its version guards
        which roles are held together."""
        told = {"enterprise_id": self.id, "person_id": person, "role": role}
        self.tell(EnterpriseRoleBegun.load(told), self.id)

    def note_end_of_role(self, person: str, role: str) -> None:
        """Tell that somebody has a role in it no more."""
        told = {"enterprise_id": self.id, "person_id": person, "role": role}
        self.tell(EnterpriseRoleEnded.load(told), self.id)

    def pass_to(self, division: str) -> None:
        """Have its seat in the successor of the division, in the same place."""
        moved = EnterprisePassedOn(id=self.id, from_division=self.division, division=division)
        self.division = division
        self.organ = registering_organ_of(division)
        self.tell(moved, self.id)

    @classmethod
    def registered(
        cls,
        *,
        credit_code: str,
        name: str,
        division: str,
        industry: str,
        registered_capital: int,
        established: date,
        legal_representative: str,
        address: str = "",
        case_id: str | None = None,
    ) -> Enterprise:
        """A new enterprise; `case_id` is the case that granted it, if there was one."""
        enterprise = cls(
            id=enterprise_id_of(credit_code),
            division=division,
            credit_code=credit_code,
            name=name,
            industry=industry,
            registered_capital=registered_capital,
            established=established,
            legal_representative=legal_representative,
            organ=registering_organ_of(division),
            address=address,
            case_id=case_id,
        )
        enterprise.tell(
            EnterpriseRegistered(
                enterprise_id=enterprise.id,
                credit_code=credit_code,
                name=name,
                division=division,
                industry=industry,
                registered_capital=registered_capital,
                established=established,
                legal_representative=legal_representative,
                case_id=case_id,
            ),
            enterprise.id,
        )
        return enterprise
