"""Posts of organs, and who held, holds and will hold them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.identity_data.domain.posts import (
    AppointmentKind,
    AppointmentOver,
    AppointmentState,
    PostState,
    PostWasAbolished,
    Term,
)
from services.identity_data.models.base import Model
from shared import storage
from shared.classification import L1, L2, PERMANENT
from shared.contracts.identity_data import (
    AppointmentAnnounced,
    AppointmentBegan,
    AppointmentEnded,
    AppointmentWithdrawn,
    EndAppointment,
    PostAbolished,
    PostChangedHands,
    PostEstablished,
    PostPassedOn,
)


class Post(storage.Aggregate, Model, kw_only=True, eq=False):
    """A post of an organ, with the roles that come with it.

    `holder` is the principal who exercises it today, be it acting; empty while it is vacant.
    `appointments` counts those ever made: each writes the post, so that of two at the same moment
    the later one sees the other.
    """

    __tablename__ = "post"
    retention = PERMANENT

    organ: Mapped[str] = mapped_column(sa.String(64), index=True, info=L1)
    title: Mapped[str] = mapped_column(sa.String(100), info=L1)
    roles: Mapped[list[str]] = mapped_column(info=L1)
    state: Mapped[str] = mapped_column(sa.String(20), default=PostState.ESTABLISHED.value, info=L1)
    holder: Mapped[str] = mapped_column(sa.String(100), default="", info=L2)
    appointments: Mapped[int] = mapped_column(default=0, info=L1)

    def establish(self) -> None:
        """Be there to be held."""
        self.tell(PostEstablished(post_id=self.id, organ=self.organ, roles=tuple(self.roles)))

    def require_established(self) -> None:
        """Raise `PostWasAbolished` where it is no more."""
        if self.state == PostState.ABOLISHED:
            raise PostWasAbolished(title=self.title)

    def abolish(self) -> None:
        """Be no more; raises `PostWasAbolished` where that was so before."""
        self.require_established()
        self.state = PostState.ABOLISHED.value
        self.tell(PostAbolished(post_id=self.id, organ=self.organ))

    def appoint(self, holder: str, term: Term, basis: str) -> Appointment:
        """One more appointment to it, which has not begun."""
        self.appointments += 1
        appointment = Appointment(
            id=f"{self.id}.{self.appointments}",
            division=self.division,
            post=self.id,
            holder=holder,
            kind=term.kind.value,
            valid_from=term.valid_from,
            valid_to=term.valid_to,
            basis=basis,
        )
        appointment.announce()
        return appointment

    def change_hands(self, former: str, now: Appointment | None) -> None:
        """Be exercised by another, or by nobody, since `former` does so no more."""
        self.holder = now.holder if now is not None else ""
        if former == self.holder:
            return
        self.tell(
            PostChangedHands(
                post_id=self.id,
                organ=self.organ,
                former=former or None,
                holder=self.holder or None,
                appointment_id=now.id if now is not None else None,
            )
        )

    def pass_to(self, division: str) -> None:
        """Belong to the organ that took its organ over."""
        moved = PostPassedOn(id=self.id, from_division=self.division, division=division)
        self.organ = division + self.organ.removeprefix(self.division)
        self.division = division
        self.tell(moved)


class Appointment(storage.Aggregate, Model, kw_only=True, eq=False):
    """That somebody holds a post from a day and up to another, not on `valid_to`; its id is
    `<post>.<number>`. `taken_over` is what the holder took over at its beginning, by service."""

    __tablename__ = "appointment"
    retention = PERMANENT

    post: Mapped[str] = mapped_column(sa.String(64), index=True, info=L1)
    holder: Mapped[str] = mapped_column(sa.String(100), index=True, info=L2)
    kind: Mapped[str] = mapped_column(sa.String(20), info=L1)
    valid_from: Mapped[date] = mapped_column(info=L1)
    valid_to: Mapped[date | None] = mapped_column(default=None, info=L1)
    basis: Mapped[str] = mapped_column(sa.String(200), info=L1)
    state: Mapped[str] = mapped_column(
        sa.String(20), default=AppointmentState.ANNOUNCED.value, info=L1
    )
    reason: Mapped[str | None] = mapped_column(sa.String(20), default=None, info=L2)
    basis_of_end: Mapped[str | None] = mapped_column(sa.String(200), default=None, info=L1)
    taken_over: Mapped[dict[str, Any]] = mapped_column(default_factory=dict, info=L1)

    @property
    def term(self) -> Term:
        """As what and when."""
        return Term(AppointmentKind(self.kind), self.valid_from, self.valid_to)

    @property
    def is_in_force(self) -> bool:
        """Whether the post is held by it now."""
        return self.state == AppointmentState.IN_FORCE

    @property
    def is_acting(self) -> bool:
        """Whether it is for a time, in the place of a holder."""
        return self.kind == AppointmentKind.ACTING

    def announce(self) -> None:
        """Tell that it will begin on its day."""
        self.tell(
            AppointmentAnnounced(
                appointment_id=self.id,
                post_id=self.post,
                holder=self.holder,
                kind=AppointmentKind(self.kind).value,
                valid_from=self.valid_from,
                valid_to=self.valid_to,
            )
        )

    def begin(self) -> None:
        """The holder has the post's authority from now on."""
        self.state = AppointmentState.IN_FORCE.value
        self.tell(AppointmentBegan(appointment_id=self.id, post_id=self.post, holder=self.holder))

    def set_end(self, day: date, order: EndAppointment) -> None:
        """Last up to that day only, or be withdrawn where it would not have begun by then; raises
        `AppointmentOver` where it ends earlier already."""
        is_open = self.state in (AppointmentState.ANNOUNCED, AppointmentState.IN_FORCE)
        if not is_open or (self.valid_to is not None and self.valid_to < day):
            raise AppointmentOver()
        self.valid_to = day
        self.reason = order.reason
        self.basis_of_end = order.basis
        if self.state == AppointmentState.ANNOUNCED and day <= self.valid_from:
            self.valid_to = self.valid_from
            self.state = AppointmentState.WITHDRAWN.value
            self.tell(AppointmentWithdrawn(appointment_id=self.id, post_id=self.post))

    def end(self, day: date, reason: str) -> None:
        """The holder has the post's authority no more; `reason` where none was given before."""
        self.state = AppointmentState.ENDED.value
        self.valid_to = day
        self.reason = self.reason or reason
        self.tell(
            AppointmentEnded(
                appointment_id=self.id,
                post_id=self.post,
                principal=self.holder,
                reason=self.reason,
            )
        )

    def note_taken_over(self, service: str, count: int) -> None:
        """Keep how much open work of a service the holder took over."""
        self.taken_over = {**self.taken_over, service: count}

    def pass_to(self, division: str) -> None:
        """Belong where its post does."""
        self.division = division


def exercised_by(appointments: Iterable[Appointment]) -> Appointment | None:
    """The one by which a post is exercised: who acts does so before whoever is absent."""
    in_force = [one for one in appointments if one.is_in_force]
    return next((one for one in in_force if one.is_acting), next(iter(in_force), None))
