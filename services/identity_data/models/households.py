"""Households. Who is a member stands in the person's own record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.identity_data.domain.households import (
    HEAD,
    HouseholdIsDissolved,
    NotAMember,
    require_relations,
)
from services.identity_data.models.base import Model
from services.identity_data.models.registers import Person
from shared import storage
from shared.classification import L1, L3, PERMANENT
from shared.contracts.identity_data import (
    HouseholdDissolved,
    HouseholdEstablished,
    HouseholdHeadNamed,
    HouseholdMemberAdded,
    HouseholdMemberLeft,
    HouseholdPassedOn,
)


class Household(storage.Aggregate, Model, kw_only=True, eq=False):
    """A household at an address; `head` is the person who heads it, while that one is a member.

    Whatever happens to its members is told by it, so that its version guards who is the last.
    """

    __tablename__ = "household"
    retention = PERMANENT

    address: Mapped[str] = mapped_column(sa.String(200), info=L3)
    kind: Mapped[str] = mapped_column(sa.String(20), info=L1)
    head: Mapped[str | None] = mapped_column(sa.String(64), index=True, default=None, info=L3)
    dissolved_on: Mapped[date | None] = mapped_column(default=None, info=L1)

    @classmethod
    def established(
        cls, household_id: str, division: str, kind: str, address: str, head: Person, today: date
    ) -> Household:
        """A household of its head alone; raises `InHouseholdAlready`."""
        household = cls(
            id=household_id, division=division, address=address, kind=kind, head=head.id
        )
        head.enter_household(household_id, HEAD, today)
        household.tell(
            HouseholdEstablished(
                household_id=household_id, division=division, kind=kind, head=head.id
            ),
            head.id,
        )
        return household

    def require_kept(self) -> None:
        """Raise `HouseholdIsDissolved` for one that is over."""
        if self.dissolved_on is not None:
            raise HouseholdIsDissolved()

    def admit(self, person: Person, relation: str, today: date) -> None:
        """Have another member; raises `HouseholdIsDissolved`, `InHouseholdAlready`."""
        self.require_kept()
        person.enter_household(self.id, relation, today)
        self.tell(HouseholdMemberAdded(household_id=self.id, person_id=person.id), person.id)

    def let_go(self, person: Person, why: str, today: date, *, is_last: bool) -> None:
        """Have a member less, and be dissolved without its last; raises `NotAMember`."""
        if person.household != self.id:
            raise NotAMember()
        was_head = self.head == person.id
        person.leave_household()
        if was_head:
            self.head = None
        told = {"person_id": person.id, "why": why, "was_head": was_head}
        self.tell(HouseholdMemberLeft.load({"household_id": self.id, **told}), person.id)
        if is_last:
            self.dissolved_on = today
            self.tell(HouseholdDissolved(household_id=self.id))

    def name_head(
        self, head_id: str, relations: Sequence[tuple[str, str]], members: Mapping[str, Person]
    ) -> None:
        """Be headed by a member, to whom every other is what the pairs say; raises
        `HouseholdIsDissolved`, `NotAMember`, `RelationsDoNotFit`."""
        self.require_kept()
        if head_id not in members:
            raise NotAMember()
        require_relations([person for person, _ in relations], members.keys() - {head_id})
        for person, relation in ((head_id, HEAD), *relations):
            members[person].household_relation = relation
        self.head = head_id
        self.tell(HouseholdHeadNamed(household_id=self.id, head=head_id), head_id)

    def pass_to(self, division: str) -> None:
        """Live in the successor of the division, in the same place."""
        moved = HouseholdPassedOn(id=self.id, from_division=self.division, division=division)
        self.division = division
        self.tell(moved)
