"""What is filled in before it becomes a case, with the files that were handed in."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.digital_government.domain import forms
from services.digital_government.domain.applications import ApplicationClosed, ApplicationState
from services.digital_government.models.base import Model
from services.digital_government.models.cases import Case, successor_organ
from shared import storage
from shared.classification import CASE_FILE, L1, L2, L3
from shared.contracts.digital_government import (
    AnswersKept,
    ApplicationDiscarded,
    ApplicationOpened,
    ApplicationPassedOn,
    ApplicationSubmitted,
    MaterialAttached,
)
from shared.contracts.identity_data import SharedFact
from shared.errors import InvalidInput


class Application(storage.Aggregate, Model, kw_only=True, eq=False):
    """An application that is being filled in; the case or the one-thing that it becomes has its id.

    It is for one item, or in `thing_edition` for a one-thing, whose items' editions stand in
    `items` by their codes. `facts` are what was read to fill the form, on the day `read_on`;
    `materials` has by key the name and the digest of each file that is there. `received_by` is the
    organ whose window fills it in, `received_in` its division. `kept` has the
    answers and objections that were kept before it is handed in.
    """

    __tablename__ = "application"
    retention = CASE_FILE

    matter: Mapped[str] = mapped_column(sa.String(60), default="", info=L1)
    implementation: Mapped[str] = mapped_column(sa.String(100), default="", info=L1)
    organ: Mapped[str] = mapped_column(sa.String(64), default="", info=L1)
    item_edition: Mapped[str] = mapped_column(sa.String(80), default="", info=L1)
    thing_edition: Mapped[str] = mapped_column(sa.String(80), default="", info=L1)
    items: Mapped[dict[str, Any]] = mapped_column(default_factory=dict, info=L1)
    promised_days: Mapped[int] = mapped_column(info=L1)
    owner: Mapped[str] = mapped_column(sa.String(64), index=True, info=L3)
    subject: Mapped[str] = mapped_column(sa.String(64), info=L3)
    expires: Mapped[date] = mapped_column(info=L1)
    read_on: Mapped[date] = mapped_column(info=L1)
    facts: Mapped[list[Any]] = mapped_column(info=L3)
    materials: Mapped[dict[str, Any]] = mapped_column(default_factory=dict, info=L3)
    state: Mapped[str] = mapped_column(sa.String(20), default=ApplicationState.OPEN.value, info=L1)
    received_by: Mapped[str | None] = mapped_column(sa.String(64), default=None, info=L1)
    received_in: Mapped[str | None] = mapped_column(sa.String(12), default=None, info=L1)
    kept: Mapped[dict[str, Any]] = mapped_column(default_factory=dict, info=L3)

    @classmethod
    def of_matter(cls, case: Case, implementation: str, today: date) -> Application:
        """What was handed in for a matter of a one-thing, as its case has it."""
        return cls(
            id=case.id,
            division=case.division,
            matter=case.matter,
            implementation=implementation,
            organ=case.organ,
            item_edition=case.item_edition,
            promised_days=case.promised_days,
            owner=case.owner,
            subject=case.subject,
            expires=today,
            read_on=today,
            facts=[],
            materials=dict(case.materials),
            state=ApplicationState.SUBMITTED.value,
        )

    def open(self) -> None:
        """Begin to be filled in."""
        self.tell(
            ApplicationOpened(
                application_id=self.id,
                matter=self.matter or None,
                thing=self.thing or None,
                facts_shared=len(self.facts),
                expires=self.expires,
            ),
            self.subject,
        )

    @property
    def thing(self) -> str:
        """The code of the one-thing that it is for; empty where it is for one item."""
        return self.thing_edition.rpartition(".")[0]

    @property
    def is_open(self) -> bool:
        """Whether it can be handed in still."""
        return self.state == ApplicationState.OPEN

    def attach(self, material: str, file_name: str, digest: str) -> None:
        """Have a file for that material."""
        entry = {"file_name": file_name, "digest": digest}
        self.materials = {**self.materials, material: entry}
        told = MaterialAttached(application_id=self.id, material=material, digest=digest)
        self.tell(told, self.subject)

    def keep(
        self,
        fields: Collection[str],
        answers: Mapping[str, Any],
        objections: Mapping[str, str],
    ) -> None:
        """Keep what was filled in so far of the form's `fields`; raises `ApplicationClosed`, and
        `InvalidInput` for what is no field."""
        self.require_open()
        strange = {*answers, *objections} - {*fields}
        if strange:
            raise InvalidInput(fields={key: ["This form has no such field."] for key in strange})
        self.kept = {"answers": dict(answers), "objections": dict(objections)}
        told = AnswersKept(application_id=self.id, answers=len(answers))
        self.tell(told, self.subject)

    def filled_with(
        self,
        form: Mapping[str, Any],
        answers: Mapping[str, Any],
        objections: Mapping[str, str],
    ) -> dict[str, dict[str, Any]]:
        """Every value of the form with its source: what was shared, unless the applicant objects,
        and what was answered. Raises `InvalidInput` for an answer in the place of a shared value
        without an objection, and for an objection to no such value; `UnfitAnswers`."""
        shared = forms.filled_in(form, self.facts)
        silent = [key for key in answers if key in shared and key not in objections]
        unfounded = [key for key in objections if key not in shared or key not in answers]
        if silent or unfounded:
            told = "Government gave this value: object to it, and say what is right."
            other = "Only a value that government gave is objected to, with what is right instead."
            faults = {key: [told] for key in silent} | {key: [other] for key in unfounded}
            raise InvalidInput(fields=faults)
        values = {key: one["value"] for key, one in shared.items()} | dict(answers)
        forms.require_fit(form, values)
        return {
            key: {
                **shared.get(key, {"source": forms.APPLICANT, "as_of": None}),
                "value": value,
                "objection": objections.get(key),
                "was": shared[key]["value"] if key in objections else None,
            }
            for key, value in values.items()
        }

    def submit(self, objections: int) -> None:
        """Become a case; raises `ApplicationClosed`."""
        self.require_open()
        self.state = ApplicationState.SUBMITTED.value
        self.kept = {}
        told = ApplicationSubmitted(application_id=self.id, objections=objections)
        self.tell(told, self.subject)

    def discard(self) -> None:
        """Be thrown away; raises `ApplicationClosed`."""
        self.require_open()
        self.state = ApplicationState.DISCARDED.value
        self.facts = []
        self.kept = {}
        self.tell(ApplicationDiscarded(application_id=self.id), self.subject)

    def require_open(self) -> None:
        """Raise `ApplicationClosed` unless it can be filled in still."""
        if not self.is_open:
            raise ApplicationClosed()

    def pass_to(self, division: str) -> None:
        """Be for the successor of its division, because the own one ended."""
        moved = ApplicationPassedOn(id=self.id, from_division=self.division, division=division)
        self.division = division
        if self.organ:
            self.organ = successor_organ(self.organ, division)
        self.tell(moved, self.subject)

    def follow(self, case: Case) -> None:
        """Be where the case is that it became, so that whoever decides it sees the files."""
        moved = ApplicationPassedOn(id=self.id, from_division=self.division, division=case.division)
        self.division, self.organ = case.division, case.organ
        self.tell(moved, self.subject)

    def know(self, facts: tuple[SharedFact, ...], today: date) -> None:
        """Take what was read again, or besides."""
        told = {fact.name: fact.dump() for fact in facts}
        kept = [fact for fact in self.facts if fact["name"] not in told]
        self.facts = [*kept, *told.values()]
        self.read_on = today


class Attachment(storage.Record, Model, kw_only=True, eq=False):
    """A file that was handed in, under `<application>/<material>`: its name, and its bytes as
    base64, or the id of the file that it is `same_as`, because several matters need it."""

    __tablename__ = "attachment"
    retention = CASE_FILE

    owner: Mapped[str] = mapped_column(sa.String(64), info=L3)
    file_name: Mapped[str] = mapped_column(sa.String(120), info=L2)
    content: Mapped[str] = mapped_column(sa.Text, default="", info=L3)
    same_as: Mapped[str | None] = mapped_column(sa.String(100), default=None, info=L2)


def attachment_id(application: str, material: str) -> str:
    """The id of the file that was handed in for a material."""
    return f"{application}/{material}"
