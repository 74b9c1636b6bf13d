"""Several matters applied for as one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.digital_government.domain.cases import minutes_between
from services.digital_government.domain.matters import MATTERS
from services.digital_government.domain.one_things import (
    THINGS,
    MatterState,
    ThingDefinition,
    ThingState,
    state_of_thing,
)
from services.digital_government.domain.ratings import AlreadyRated, NotFinishedYet, is_bad
from services.digital_government.models.base import Model
from services.digital_government.models.cases import Case
from services.digital_government.models.items import Implementation
from shared import storage
from shared.classification import CASE_FILE, L1, L2, L3
from shared.contracts.digital_government import (
    OneThingCompleted,
    OneThingPassedOn,
    OneThingSubmitted,
    ServiceRated,
    StartupForm,
    ThingCode,
)
from shared.deadlines import due_after


class OneThing(storage.Aggregate, Model, kw_only=True, eq=False):
    """Several matters applied for with one form.

    `owner` is the applicant's person id. `matters` has, by matter code, its `state`, its `case_id`
    once it was started, and its `visits`. `settled_at` is when the last matter so far was decided
    or withdrawn.
    """

    __tablename__ = "one_thing"
    retention = CASE_FILE
    __table_args__ = (
        # One reserved name carries one application; one that failed gave its name back.
        sa.Index(
            "one_thing_reservation",
            "reservation_id",
            unique=True,
            postgresql_where=sa.text("state <> 'failed'"),
            sqlite_where=sa.text("state <> 'failed'"),
        ),
    )

    thing: Mapped[ThingCode] = mapped_column(sa.String(60), info=L1)
    owner: Mapped[str] = mapped_column(sa.String(64), index=True, info=L3)
    reservation_id: Mapped[str] = mapped_column(sa.String(64), info=L2)
    form: Mapped[dict[str, Any]] = mapped_column(info=L3)
    matters: Mapped[dict[str, Any]] = mapped_column(info=L1)
    submitted_at: Mapped[datetime] = mapped_column(info=L1)
    due: Mapped[datetime] = mapped_column(info=L1)
    provisional: Mapped[bool] = mapped_column(info=L1)
    state: Mapped[str] = mapped_column(sa.String(20), default=ThingState.RUNNING.value, info=L1)
    enterprise_id: Mapped[str | None] = mapped_column(sa.String(64), default=None, info=L2)
    settled_at: Mapped[datetime | None] = mapped_column(default=None, info=L1)
    grade: Mapped[int | None] = mapped_column(default=None, info=L2)
    comment: Mapped[str | None] = mapped_column(sa.String(500), default=None, info=L3)

    @classmethod
    def submitted(
        cls,
        thing_id: str,
        thing: ThingCode,
        division: str,
        owner: str,
        form: StartupForm,
        at: datetime,
    ) -> OneThing:
        """A new one, all its matters waiting."""
        definition = THINGS[thing]
        due = due_after(at, definition.promised_days)
        waiting = {"state": MatterState.WAITING.value, "case_id": None, "visits": 0}
        one = cls(
            id=thing_id,
            division=division,
            thing=thing,
            owner=owner,
            reservation_id=form.reservation_id,
            form=form.dump(),
            matters={code: dict(waiting) for code in definition.matters},
            submitted_at=at,
            due=due.instant,
            provisional=due.provisional,
        )
        one.tell(
            OneThingSubmitted(
                one_thing_id=thing_id,
                thing=thing,
                division=division,
                applicant=owner,
                matters=definition.matters,
            ),
            owner,
        )
        return one

    @property
    def definition(self) -> ThingDefinition:
        """What it consists of."""
        return THINGS[self.thing]

    @property
    def matter_states(self) -> dict[str, MatterState]:
        """Where each matter stands."""
        return {code: MatterState(entry["state"]) for code, entry in self.matters.items()}

    def startable(self) -> tuple[str, ...]:
        """The matters whose cases can be opened now."""
        known = self.enterprise_id is not None
        return self.definition.startable(self.matter_states, enterprise_known=known)

    def start_matter(self, case_id: str, implementation: Implementation, at: datetime) -> Case:
        """Open the case of a matter, with what the form and the registration made known of it."""
        matter = MATTERS[implementation.matter]
        subject = self.enterprise_id if matter.of_enterprise else self.owner
        assert subject is not None  # A matter of the enterprise is not startable before.
        case = Case(
            id=case_id,
            division=self.division,
            matter=matter.code,
            organ=implementation.organ,
            owner=self.owner,
            subject=self.enterprise_id
            if matter.of_enterprise and self.enterprise_id
            else self.owner,
            promised_days=implementation.promised_days,
            submitted_at=at,
            establishes=self._result_of(matter.code),
            one_thing_id=self.id,
        )
        self._put(matter.code, MatterState.RUNNING, case_id=case_id, visits=implementation.visits)
        case.submit()
        return case

    def pass_to(self, division: str) -> None:
        """Go on in another division, because the own one ended; its cases follow by themselves."""
        moved = OneThingPassedOn(id=self.id, from_division=self.division, division=division)
        self.division = division
        self.tell(moved, self.owner)

    def know_enterprise(self, enterprise_id: str, case_id: str, at: datetime) -> None:
        """Keep the enterprise that the case established, which also says that it was granted."""
        self.enterprise_id = enterprise_id
        for code, entry in self.matters.items():
            if entry["case_id"] == case_id:
                self.settle_matter(code, MatterState.GRANTED, at)

    def settle_matter(self, matter: str, state: MatterState, at: datetime) -> None:
        """Record how a running matter ended, and end with the last of them.

        Where one is not granted, those not begun are cancelled and those running go on. What is
        settled already stays so, because two events may tell of one grant.
        """
        if self.matter_states[matter] is not MatterState.RUNNING:
            return
        self._put(matter, state)
        if state is not MatterState.GRANTED:
            for code, other in self.matter_states.items():
                if other is MatterState.WAITING:
                    self._put(code, MatterState.CANCELLED)
        self.settled_at = max(at, self.settled_at or at)
        self.state = state_of_thing(self.matter_states).value
        if self.state != ThingState.RUNNING:
            self._tell_end(self.settled_at)

    def rate(self, grade: int, comment: str | None) -> None:
        """Keep its applicant's rating; raises `NotFinishedYet` and `AlreadyRated`."""
        if self.state == ThingState.RUNNING:
            raise NotFinishedYet()
        if self.grade is not None:
            raise AlreadyRated()
        self.grade = grade
        self.comment = comment
        self.tell(
            ServiceRated(
                one_thing_id=self.id, division=self.division, grade=grade, bad=is_bad(grade)
            ),
            self.owner,
        )

    def _tell_end(self, at: datetime) -> None:
        self.tell(
            OneThingCompleted(
                one_thing_id=self.id,
                thing=self.thing,
                division=self.division,
                granted=self.state == ThingState.COMPLETED,
                visits=sum(entry["visits"] for entry in self.matters.values()),
                minutes=minutes_between(self.submitted_at, at),
            ),
            self.owner,
        )

    def _put(self, matter: str, state: MatterState, **values: Any) -> None:
        entry = {**self.matters[matter], "state": state.value, **values}
        self.matters = {**self.matters, matter: entry}

    def _result_of(self, matter: str) -> dict[str, Any]:
        if MATTERS[matter].of_enterprise:
            return {"enterprise": self.enterprise_id}
        return {
            "name": self.form["name"],
            "division": self.division,
            "industry": self.form["industry"],
            "registered_capital": self.form["registered_capital"],
            "legal_representative": self.owner,
            "address": self.form["address"],
            "reservation_id": self.form["reservation_id"],
        }
