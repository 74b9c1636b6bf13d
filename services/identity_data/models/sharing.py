"""Applications for data, grants, and readings of shared data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.identity_data.domain.sharing import (
    DAYS_TO_ANSWER,
    AlreadyGranted,
    ApplicationState,
    GrantEndsTooEarly,
    GrantState,
    GrantVerb,
    ItemNotGranted,
    ItemTraits,
    PurposeNotGranted,
    SubjectOutsideGrant,
    grant_allows,
    require_grant_allows,
    require_undecided,
)
from services.identity_data.models.base import Model
from services.identity_data.models.catalogue import DataResource
from shared import storage
from shared.classification import EVIDENCE, L1, L2, L3, OPERATION
from shared.contracts.identity_data import (
    ApplyForData,
    DataApplicationApproved,
    DataApplicationRejected,
    DataApplied,
    DataShared,
    GrantExpired,
    GrantGiven,
    GrantRenewed,
    GrantRevoked,
)
from shared.deadlines import due_after
from shared.divisions import contains

_ONE_DAY = timedelta(days=1)


class DataApplication(storage.Aggregate, Model, kw_only=True, eq=False):
    """An application for data: `applicant` is the organ that applies, `organ` the one that provides
    and decides, `items` are by name the reasons for which they are needed in clear, empty for
    those that are not."""

    __tablename__ = "data_application"
    retention = EVIDENCE

    applicant: Mapped[str] = mapped_column(sa.String(64), info=L1)
    organ: Mapped[str] = mapped_column(sa.String(64), info=L1)
    resource: Mapped[str] = mapped_column(sa.String(60), info=L1)
    items: Mapped[dict[str, Any]] = mapped_column(info=L1)
    reader: Mapped[str] = mapped_column(sa.String(100), info=L1)
    reader_name: Mapped[str] = mapped_column(sa.String(60), info=L1)
    matter: Mapped[str] = mapped_column(sa.String(60), info=L1)
    purpose: Mapped[str] = mapped_column(sa.String(200), info=L1)
    legal_basis: Mapped[str] = mapped_column(sa.String(200), info=L1)
    within: Mapped[str] = mapped_column(sa.String(12), info=L1)
    until: Mapped[date] = mapped_column(info=L1)
    due: Mapped[datetime] = mapped_column(info=L1)
    daily_limit: Mapped[int | None] = mapped_column(default=None, info=L1)
    agreement_id: Mapped[str | None] = mapped_column(sa.String(64), default=None, info=L1)
    state: Mapped[str] = mapped_column(
        sa.String(20), default=ApplicationState.SUBMITTED.value, info=L1
    )
    reason: Mapped[str] = mapped_column(sa.String(500), default="", info=L2)
    grant_id: Mapped[str] = mapped_column(sa.String(64), default="", info=L1)

    __table_args__ = (sa.Index("data_application_of_organ", "organ", "state", "due"),)

    @classmethod
    def submitted(
        cls, key: str, order: ApplyForData, resource: DataResource, at: datetime
    ) -> DataApplication:
        """An application for a resource, before its provider."""
        application = cls(
            id=key,
            division=resource.division,
            applicant=order.organ,
            organ=resource.organ,
            resource=resource.id,
            items={item.name: item.clear_reason or "" for item in order.items},
            reader=order.reader,
            reader_name=order.reader_name,
            matter=order.matter,
            purpose=order.purpose,
            legal_basis=order.legal_basis,
            within=order.within,
            until=order.until,
            due=due_after(at, DAYS_TO_ANSWER).instant,
            daily_limit=order.daily_limit,
            agreement_id=order.agreement_id,
        )
        application.tell(
            DataApplied(
                application_id=key,
                resource=resource.id,
                organ=resource.organ,
                applicant=order.organ,
                due=application.due,
            )
        )
        return application

    def approve(self, grant: DataGrant) -> None:
        """Lead to this grant; raises `ApplicationDecided`."""
        require_undecided(ApplicationState(self.state))
        self.state = ApplicationState.APPROVED.value
        self.grant_id = grant.id
        self.tell(DataApplicationApproved(application_id=self.id, grant_id=grant.id))

    def reject(self, reason: str) -> None:
        """Lead to nothing; raises `ApplicationDecided`."""
        require_undecided(ApplicationState(self.state))
        self.state = ApplicationState.REJECTED.value
        self.reason = reason
        self.tell(DataApplicationRejected(application_id=self.id))

    def is_overdue(self, now: datetime) -> bool:
        """Whether it waits for its answer after the day on which that was due."""
        return self.state == ApplicationState.SUBMITTED and self.due < now


class DataGrant(storage.Aggregate, Model, kw_only=True, eq=False):
    """That a reader may read items of a resource for one matter and one purpose.

    Its id is made of reader, matter and resource, so that a reading finds it by its key. `organ`
    provides, `applicant` applied; `items` are by name the reasons for which they are shown in
    clear, empty for those that are masked if they are sensitive. Only subjects in the division
    `within` are read, up to the day `until` (None: without end), `daily_limit` times a day (None:
    as often as need be), and of those who consented to `agreement_id`, if it has one.
    """

    __tablename__ = "data_grant"
    retention = EVIDENCE

    organ: Mapped[str] = mapped_column(sa.String(64), index=True, info=L1)
    resource: Mapped[str] = mapped_column(sa.String(60), info=L1)
    reader: Mapped[str] = mapped_column(sa.String(100), info=L1)
    matter: Mapped[str] = mapped_column(sa.String(60), info=L1)
    applicant: Mapped[str] = mapped_column(sa.String(64), default="", info=L1)
    items: Mapped[dict[str, Any]] = mapped_column(default_factory=dict, info=L1)
    reader_name: Mapped[str] = mapped_column(sa.String(60), default="", info=L1)
    purpose: Mapped[str] = mapped_column(sa.String(200), default="", info=L1)
    legal_basis: Mapped[str] = mapped_column(sa.String(200), default="", info=L1)
    within: Mapped[str] = mapped_column(sa.String(12), default="33", info=L1)
    until: Mapped[date | None] = mapped_column(default=None, info=L1)
    daily_limit: Mapped[int | None] = mapped_column(default=None, info=L1)
    agreement_id: Mapped[str | None] = mapped_column(sa.String(64), default=None, info=L1)
    state: Mapped[str] = mapped_column(sa.String(20), default=GrantState.EXPIRED.value, info=L1)
    reason: Mapped[str] = mapped_column(sa.String(500), default="", info=L2)

    def state_on(self, day: date) -> GrantState:
        """Its state on that day, be the timer of its last day late or not."""
        state = GrantState(self.state)
        ended = self.until is not None and self.until < day
        return GrantState.EXPIRED if ended and grant_allows(GrantVerb.EXPIRE, state) else state

    def require_allows(self, verb: GrantVerb, day: date) -> None:
        """Raise `GrantInWrongState` unless its state on that day allows the verb."""
        require_grant_allows(verb, self.state_on(day))

    def give(self, terms: GrantTerms, today: date) -> None:
        """Be in force on these terms; raises `AlreadyGranted` while it is in force on others, and
        `GrantEndsTooEarly`."""
        if self.state_on(today) is GrantState.IN_FORCE:
            raise AlreadyGranted(grant=self.id)
        _require_day(terms.until, today)
        for name, value in vars(terms).items():
            setattr(self, name, value)
        self.state = GrantState.IN_FORCE.value
        self.reason = ""
        self.tell(
            GrantGiven.load(
                {
                    "grant_id": self.id,
                    "resource": self.resource,
                    "items": list(self.items),
                    "reader": self.reader,
                    "matter": self.matter,
                    "until": self.until.isoformat() if self.until is not None else None,
                }
            )
        )

    def renew(self, until: date, today: date) -> None:
        """End later; raises `GrantInWrongState`, `GrantEndsTooEarly`."""
        self.require_allows(GrantVerb.RENEW, today)
        _require_day(until, max(today, self.until + _ONE_DAY if self.until else date.max))
        self.until = until
        self.tell(GrantRenewed(grant_id=self.id, until=until))

    def revoke(self, reason: str, today: date) -> None:
        """End by a decision; raises `GrantInWrongState`."""
        self.require_allows(GrantVerb.REVOKE, today)
        self.state = GrantState.REVOKED.value
        self.reason = reason
        self.tell(GrantRevoked.load({"grant_id": self.id, "reader": self.reader}))

    def expire(self, today: date) -> None:
        """End because its last day is over; nothing for one that ended or was renewed before."""
        over = self.until is not None and self.until < today
        if over and grant_allows(GrantVerb.EXPIRE, GrantState(self.state)):
            self.state = GrantState.EXPIRED.value
            self.tell(GrantExpired.load({"grant_id": self.id, "reader": self.reader}))

    def require_serves(self, items: Sequence[str], purpose: str, today: date) -> None:
        """Raise `GrantInWrongState`, `PurposeNotGranted` or `ItemNotGranted` unless it permits
        reading these items for this purpose on that day."""
        self.require_allows(GrantVerb.SERVE, today)
        if purpose != self.purpose:
            raise PurposeNotGranted(purpose=purpose, granted=self.purpose)
        beyond = sorted(set(items) - self.items.keys())
        if beyond:
            raise ItemNotGranted(items=", ".join(beyond))

    def require_holds(self, division: str) -> None:
        """Raise `SubjectOutsideGrant` for a subject of a division outside of `within`."""
        if not contains(self.within, division):
            raise SubjectOutsideGrant(within=self.within)

    def is_masked(self, item: ItemTraits) -> bool:
        """Whether it shows this item masked: as sensitive as it is now, and without a reason."""
        return item.is_sensitive and not self.items[item.name]


def _require_day(until: date | None, first: date) -> None:
    if until is not None and until < first:
        raise GrantEndsTooEarly(fields={"until": [f"Ends on {first} or later."]})


@dataclass(frozen=True)
class GrantTerms:
    """On which terms a grant is given, by the names that the grant has for them."""

    applicant: str
    items: dict[str, Any]
    reader_name: str
    purpose: str
    legal_basis: str
    within: str
    until: date | None = None
    daily_limit: int | None = None
    agreement_id: str | None = None


class GrantUse(storage.Record, Model, kw_only=True, eq=False):
    """How many readings one of the counters of a grant with a daily limit has counted on one day;
    its id is `<grant>.<day>.<number>`.

    A grant has several, because one row would be written by every reading. One without a limit has
    none.
    """

    __tablename__ = "grant_use"
    retention = OPERATION

    used: Mapped[int] = mapped_column(default=0, info=L1)


class SharedReading(storage.Aggregate, Model, kw_only=True, eq=False):
    """One reading of somebody's data; `owner` is the person who can see that it happened,
    `legal_basis` that of the grant at the time."""

    __tablename__ = "shared_reading"
    retention = EVIDENCE

    owner: Mapped[str] = mapped_column(sa.String(64), info=L3)
    subject: Mapped[str] = mapped_column(sa.String(64), info=L3)
    facts: Mapped[list[str]] = mapped_column(info=L2)
    purpose: Mapped[str] = mapped_column(sa.String(200), info=L2)
    matter: Mapped[str] = mapped_column(sa.String(60), info=L2)
    case_id: Mapped[str] = mapped_column(sa.String(64), info=L2)
    reader: Mapped[str] = mapped_column(sa.String(100), info=L2)
    on_behalf_of: Mapped[str] = mapped_column(sa.String(100), default="", info=L3)
    at: Mapped[datetime] = mapped_column(info=L1)
    grant_id: Mapped[str] = mapped_column(sa.String(64), default="", info=L2)
    legal_basis: Mapped[str] = mapped_column(sa.String(200), default="", info=L1)

    __table_args__ = (
        sa.Index("shared_reading_of_owner", "owner", "at"),
        sa.Index("shared_reading_of_subject", "subject", "at"),
    )

    def enter(self, official: str | None = None) -> None:
        """Tell that the data were read, and for which official: which facts, never their
        values."""
        self.tell(
            DataShared(
                ledger_id=self.id,
                subject=self.subject,
                facts=tuple(self.facts),
                purpose=self.purpose,
                matter=self.matter,
                reader=self.reader,
                grant_id=self.grant_id,
                official=official,
            ),
            self.subject,
        )
