"""Several matters applied for as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.digital_government.domain.cases import minutes_between
from services.digital_government.domain.forms import answers_of, fields_of
from services.digital_government.domain.one_things import (
    MatterState,
    ThingState,
    out_of_reach,
    startable,
    state_of_thing,
    undone_by_failure,
)
from services.digital_government.models.base import Model
from services.digital_government.models.cases import Case
from services.digital_government.models.items import Implementation, ItemEdition
from services.digital_government.models.things import ThingEdition
from shared import storage
from shared.classification import CASE_FILE, L1, L2, L3
from shared.contracts.digital_government import (
    MatterUndone,
    OneThingCompleted,
    OneThingPassedOn,
    OneThingSubmitted,
    ThingMatter,
)
from shared.deadlines import due_after


class OneThing(storage.Aggregate, Model, kw_only=True, eq=False):
    """Several matters applied for with one form.

    `owner` is the applicant's person id. `form` has every value with its source, `materials` by
    document what was handed in. `matters` has, by matter code and in their order, its `state`, its
    `case_id` once it was started, its `visits`, its name, the edition of its item, and `after` and
    `stands_with` which others it stands. `settled_at` is when the last matter so far was decided,
    withdrawn or undone.
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

    thing: Mapped[str] = mapped_column(sa.String(60), info=L1)
    edition: Mapped[str] = mapped_column(sa.String(80), info=L1)
    owner: Mapped[str] = mapped_column(sa.String(64), index=True, info=L3)
    reservation_id: Mapped[str | None] = mapped_column(sa.String(64), default=None, info=L2)
    form: Mapped[dict[str, Any]] = mapped_column(info=L3)
    materials: Mapped[dict[str, Any]] = mapped_column(default_factory=dict, info=L3)
    matters: Mapped[dict[str, Any]] = mapped_column(storage.Verbatim, info=L1)
    submitted_at: Mapped[datetime] = mapped_column(info=L1)
    due: Mapped[datetime] = mapped_column(info=L1)
    provisional: Mapped[bool] = mapped_column(info=L1)
    state: Mapped[str] = mapped_column(sa.String(20), default=ThingState.RUNNING.value, info=L1)
    enterprise_id: Mapped[str | None] = mapped_column(sa.String(64), default=None, info=L2)
    settled_at: Mapped[datetime | None] = mapped_column(default=None, info=L1)
    received_by: Mapped[str | None] = mapped_column(sa.String(64), default=None, info=L1)
    received_in: Mapped[str | None] = mapped_column(sa.String(12), default=None, info=L1)

    @classmethod
    def submitted(
        cls,
        thing_id: str,
        edition: ThingEdition,
        matters: Sequence[ThingMatter],
        items: Mapping[str, ItemEdition],
        at: datetime,
        **fields: Any,
    ) -> OneThing:
        """A new one of these matters, all waiting under these editions of their items; `fields` are
        its division, owner, form, and what it has besides."""
        due = due_after(at, edition.definition.promised_days)
        one = cls(
            id=thing_id,
            thing=edition.code,
            edition=edition.id,
            matters={one.matter: _waiting(one, items[one.matter]) for one in matters},
            submitted_at=at,
            due=due.instant,
            provisional=due.provisional,
            **fields,
        )
        one.reservation_id = one.answers.get("reservation_id")
        one.tell(
            OneThingSubmitted(
                one_thing_id=thing_id,
                thing=one.thing,
                division=one.division,
                applicant=one.owner,
                matters=tuple(one.matters),
            ),
            one.owner,
        )
        return one

    @property
    def answers(self) -> dict[str, Any]:
        """What the form says, without sources."""
        return answers_of(self.form)

    @property
    def matter_states(self) -> dict[str, MatterState]:
        """Where each matter stands."""
        return {code: MatterState(entry["state"]) for code, entry in self.matters.items()}

    def startable(self) -> list[str]:
        """The matters whose cases can be opened now."""
        return startable(self.matters, enterprise_known=self.enterprise_id is not None)

    def start_matter(
        self, case_id: str, implementation: Implementation, item: ItemEdition, at: datetime
    ) -> Case:
        """Open the case of a matter, with what the form and the documents say for it."""
        matter = implementation.matter
        of_enterprise = self.matters[matter]["of_enterprise"]
        subject = self.enterprise_id if of_enterprise else self.owner
        assert subject is not None  # A matter of the enterprise is not startable before.
        case = Case(
            id=case_id,
            division=self.division,
            matter=matter,
            organ=implementation.organ,
            owner=self.owner,
            subject=subject,
            promised_days=implementation.promised_days,
            submitted_at=at,
            establishes=self._result_of(item, of_enterprise=of_enterprise),
            one_thing_id=self.id,
            item_edition=item.id,
            form={k: self.form[k] for k in fields_of(item.definition.form) if k in self.form},
            materials={
                one.key: self.materials[one.document]
                for one in item.definition.materials
                if one.document in self.materials
            },
            received_by=self.received_by,
            received_in=self.received_in,
        )
        self._put(matter, MatterState.RUNNING, case_id=case_id, visits=implementation.visits)
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

    def settle_matter(
        self, matter: str, state: MatterState, at: datetime, reasons: str | None = None
    ) -> None:
        """Record how a running matter ended, and end with the last of them.

        Where one is not granted, those that depend on it are cancelled, those granted that stand
        with it are undone, and the others go on. What is settled already stays so, because two
        events may tell of one grant.
        """
        if self.matter_states[matter] is not MatterState.RUNNING:
            return
        self._put(matter, state, reasons=reasons)
        self._follow(at)

    def know_revoked(self, matter: str, at: datetime) -> None:
        """What was to be undone is."""
        if self.matter_states[matter] is MatterState.REVOKING:
            self._put(matter, MatterState.REVOKED)
            self._follow(at)

    def _follow(self, at: datetime) -> None:
        """What follows from how its matters stand now."""
        for code in out_of_reach(self.matters):
            self._put(code, MatterState.CANCELLED)
        for code, because in undone_by_failure(self.matters).items():
            self._undo(code, because)
        self.settled_at = max(at, self.settled_at or at)
        self.state = state_of_thing(self.matter_states).value
        if self.state != ThingState.RUNNING:
            self._tell_end(self.settled_at)

    def _undo(self, matter: str, because: str) -> None:
        self._put(matter, MatterState.REVOKING)
        failed = self.matters[because]
        why = f"“{failed['name']}”未获准予，本事项随之撤销。{failed.get('reasons') or ''}"
        self.tell(
            MatterUndone(
                one_thing_id=self.id,
                matter=matter,
                case_id=self.matters[matter]["case_id"],
                because=because,
                reasons=why[:2000],
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

    def _result_of(self, item: ItemEdition, *, of_enterprise: bool) -> dict[str, Any]:
        if item.definition.establishes == "enterprise":
            named = ("name", "industry", "registered_capital", "address", "reservation_id")
            return {
                **{key: self.answers[key] for key in named},
                "division": self.division,
                "legal_representative": self.owner,
            }
        return {"enterprise": self.enterprise_id} if of_enterprise else {}


def _waiting(matter: ThingMatter, item: ItemEdition) -> dict[str, Any]:
    return {
        "state": MatterState.WAITING.value,
        "case_id": None,
        "visits": 0,
        "name": item.name,
        "edition": item.id,
        "of_enterprise": item.definition.subject == "enterprise",
        "after": list(matter.after),
        "stands_with": list(matter.stands_with),
    }
