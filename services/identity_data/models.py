"""The tables: access, keys, people, enterprises, licences, readings, divisions, organs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.identity_data.domain import (
    CalendarGoesBack,
    CalendarNotSimulated,
    MergerNotAnnounced,
    MergerState,
    NameTaken,
    ReservationNotUsable,
    ReservationState,
    enterprise_id_of,
    two_months_after,
)
from services.identity_data.keys import person_id
from shared import measures, storage, succession
from shared.context import Principal
from shared.contracts.identity_data import (
    CalendarMoved,
    DataShared,
    DivisionsMerged,
    EnterpriseNameReleased,
    EnterpriseNameReserved,
    EnterprisePassedOn,
    EnterpriseRegistered,
    LicenceIssued,
    MeasureChanged,
    MergeDivisions,
    MergerAnnounced,
    MergerWithdrawn,
    NamePassedOn,
    OpenWorkPassed,
    PersonPassedOn,
    PersonRegistered,
    SessionOpened,
    SigningKeyPublished,
    TerritoryMove,
)
from shared.identifiers import birth_date_of


class Model(storage.Model):
    """Base of this service's tables."""

    __abstract__ = True
    metadata = sa.MetaData()


# Access


class Account(storage.Record, Model, kw_only=True, eq=False):
    """Who may sign in, under its account name as id, and as whom; the password as Argon2id hash."""

    __tablename__ = "account"

    password_hash: Mapped[str] = mapped_column(sa.String(200))
    principal_id: Mapped[str] = mapped_column(sa.String(100))
    kind: Mapped[str] = mapped_column(sa.String(20))
    person: Mapped[str] = mapped_column(sa.String(64), default="")
    organ: Mapped[str] = mapped_column(sa.String(64), default="")
    roles: Mapped[list[str]] = mapped_column(default_factory=list)

    def pass_to(self, division: str) -> None:
        """Belong to the successor of its division, and to the organ that took its organ over; the
        tokens issued from now on say so."""
        if self.organ.startswith(f"{self.division}-"):
            self.organ = division + self.organ.removeprefix(self.division)
        self.division = division

    @property
    def principal(self) -> Principal:
        """The caller that this account's tokens describe."""
        return Principal(
            id=self.principal_id,
            kind=self.kind,
            division=self.division,
            organ=self.organ,
            roles=tuple(self.roles),
            person=self.person,
        )


class SignInSession(storage.Aggregate, Model, kw_only=True, eq=False):
    """That an account signed in; its tokens end with it (machine clock)."""

    __tablename__ = "sign_in_session"

    account: Mapped[str] = mapped_column(sa.String(100), index=True)
    owner: Mapped[str] = mapped_column(sa.String(64), default="")
    expires_at: Mapped[datetime] = mapped_column()

    @classmethod
    def opened(cls, session_id: str, account: Account, expires_at: datetime) -> SignInSession:
        """A new session of the account."""
        session = cls(
            id=session_id,
            division=account.division,
            account=account.id,
            owner=account.person,
            expires_at=expires_at,
        )
        session.tell(
            SessionOpened(session_id=session_id, account=account.id, expires_at=expires_at),
            account.person,
        )
        return session


class SigningKey(storage.Aggregate, Model, kw_only=True, eq=False):
    """The public part of a key of ours, its `kid` as id; the private part is no row anywhere."""

    __tablename__ = "signing_key"

    jwk: Mapped[dict[str, Any]] = mapped_column()
    purpose: Mapped[str] = mapped_column(sa.String(20))
    valid_from: Mapped[datetime] = mapped_column()
    valid_to: Mapped[datetime | None] = mapped_column(default=None)

    def publish(self) -> None:
        """Tell every service that this key is to be trusted."""
        self.tell(
            SigningKeyPublished(
                kid=self.id,
                jwk=self.jwk,
                purpose="licence" if self.purpose == "licence" else "token",
                valid_from=self.valid_from,
                valid_to=self.valid_to,
            )
        )


class Calendar(storage.Aggregate, Model, kw_only=True, eq=False):
    """The simulated business calendar; its only row is `calendar`, None until it is first moved."""

    __tablename__ = "calendar"

    instant: Mapped[datetime | None] = mapped_column(default=None)

    def move(self, instant: datetime, *, simulated: bool) -> None:
        """Stand at this instant, everywhere; raises `CalendarNotSimulated`, `CalendarGoesBack`."""
        if not simulated:
            raise CalendarNotSimulated()
        if self.instant is not None and instant < self.instant:
            raise CalendarGoesBack(stands=self.instant.isoformat())
        self.instant = instant
        self.tell(CalendarMoved(calendar_id=self.id, instant=instant))


# People and enterprises


class Person(storage.Aggregate, Model, kw_only=True, eq=False):
    """A natural person; `division` is where the person lives."""

    __tablename__ = "person"

    number: Mapped[str] = mapped_column(sa.String(18), unique=True)
    name: Mapped[str] = mapped_column(sa.String(50))
    birth_date: Mapped[date] = mapped_column()
    phone: Mapped[str | None] = mapped_column(sa.String(11), default=None)

    @property
    def owner(self) -> str:
        """A person's data are the person's own."""
        return self.id

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


class NameReservation(storage.Aggregate, Model, kw_only=True, eq=False):
    """The reservation of one enterprise name, which can be made again after it ended.

    Its id is made of the name, so that of two who reserve it at the same moment only one can.
    """

    __tablename__ = "name_reservation"

    name: Mapped[str] = mapped_column(sa.String(100))
    owner: Mapped[str] = mapped_column(sa.String(64), default="")
    state: Mapped[str] = mapped_column(sa.String(20), default=ReservationState.RELEASED)
    until: Mapped[date] = mapped_column()

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
    """A registered enterprise; `registered_capital` in fen, `legal_representative` a person id."""

    __tablename__ = "enterprise"

    credit_code: Mapped[str] = mapped_column(sa.String(18), unique=True)
    name: Mapped[str] = mapped_column(sa.String(100), unique=True)
    industry: Mapped[str] = mapped_column(sa.String(60))
    registered_capital: Mapped[int] = mapped_column()
    established: Mapped[date] = mapped_column()
    legal_representative: Mapped[str] = mapped_column(sa.String(64))
    address: Mapped[str] = mapped_column(sa.String(200), default="")
    case_id: Mapped[str | None] = mapped_column(sa.String(64), default=None)

    @property
    def owner(self) -> str:
        """Who is told of readings of its data: its legal representative."""
        return self.legal_representative

    def pass_to(self, division: str) -> None:
        """Have its seat in the successor of the division, in the same place."""
        moved = EnterprisePassedOn(id=self.id, from_division=self.division, division=division)
        self.division = division
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


class Licence(storage.Aggregate, Model, kw_only=True, eq=False):
    """An electronic licence of the enterprise `holder`; `owner` is its legal representative."""

    __tablename__ = "licence"

    kind: Mapped[str] = mapped_column(sa.String(30))
    holder: Mapped[str] = mapped_column(sa.String(64), index=True)
    owner: Mapped[str] = mapped_column(sa.String(64))
    case_id: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    content: Mapped[dict[str, Any]] = mapped_column()
    signed: Mapped[str] = mapped_column(sa.Text)
    revoked: Mapped[bool] = mapped_column(default=False)

    @classmethod
    def business_licence(
        cls, enterprise: Enterprise, licence_id: str, content: Mapping[str, object], signed: str
    ) -> Licence:
        """The licence that a registered enterprise gets (Company Law article 33)."""
        licence = cls(
            id=licence_id,
            division=enterprise.division,
            kind="business_licence",
            holder=enterprise.id,
            owner=enterprise.legal_representative,
            case_id=enterprise.case_id,
            content=dict(content),
            signed=signed,
        )
        licence.tell(
            LicenceIssued(
                licence_id=licence_id,
                kind="business_licence",
                holder=enterprise.id,
                case_id=enterprise.case_id,
            ),
            enterprise.id,
        )
        return licence


# Sharing data


class SharedReading(storage.Aggregate, Model, kw_only=True, eq=False):
    """One reading of somebody's data; `owner` is the person who can see that it happened."""

    __tablename__ = "shared_reading"

    owner: Mapped[str] = mapped_column(sa.String(64))
    subject: Mapped[str] = mapped_column(sa.String(64))
    facts: Mapped[list[str]] = mapped_column()
    purpose: Mapped[str] = mapped_column(sa.String(200))
    matter: Mapped[str] = mapped_column(sa.String(60))
    case_id: Mapped[str] = mapped_column(sa.String(64))
    reader: Mapped[str] = mapped_column(sa.String(100))
    on_behalf_of: Mapped[str] = mapped_column(sa.String(100), default="")
    at: Mapped[datetime] = mapped_column()

    __table_args__ = (sa.Index("shared_reading_of_owner", "owner", "at"),)

    def enter(self) -> None:
        """Tell that the data were read: which facts, never their values."""
        self.tell(
            DataShared(
                ledger_id=self.id,
                subject=self.subject,
                facts=tuple(self.facts),
                purpose=self.purpose,
                matter=self.matter,
                reader=self.reader,
            ),
            self.subject,
        )


# Divisions and organs


class Division(storage.Record, Model, kw_only=True, eq=False):
    """An administrative division under its code, in force from `valid_from` (None: since before
    the records) up to but not on `valid_to` (None: still)."""

    __tablename__ = "division"

    name: Mapped[str] = mapped_column(sa.String(100))
    name_en: Mapped[str | None] = mapped_column(sa.String(100), default=None)
    level: Mapped[int] = mapped_column(sa.SmallInteger)
    parent: Mapped[str | None] = mapped_column(sa.String(12), index=True, default=None)
    valid_from: Mapped[date | None] = mapped_column(default=None)
    valid_to: Mapped[date | None] = mapped_column(default=None)
    predecessors: Mapped[list[str]] = mapped_column(default_factory=list)
    successors: Mapped[list[str]] = mapped_column(default_factory=list)


class Organ(storage.Record, Model, kw_only=True, eq=False):
    """An organ of the state, in being like its division; `successor` took its work over."""

    __tablename__ = "organ"

    name: Mapped[str] = mapped_column(sa.String(100))
    name_en: Mapped[str] = mapped_column(sa.String(200))
    kind: Mapped[str] = mapped_column(sa.String(40))
    parent: Mapped[str | None] = mapped_column(sa.String(64), default=None)
    valid_from: Mapped[date | None] = mapped_column(default=None)
    valid_to: Mapped[date | None] = mapped_column(default=None)
    successor: Mapped[str | None] = mapped_column(sa.String(64), default=None)


class DivisionMerger(storage.Aggregate, Model, kw_only=True, eq=False):
    """A change of divisions decided for a day; `passed` is what services passed on, by service."""

    __tablename__ = "division_merger"

    basis: Mapped[str] = mapped_column(sa.String(200))
    effective: Mapped[date] = mapped_column()
    moves: Mapped[list[Any]] = mapped_column()
    state: Mapped[str] = mapped_column(sa.String(20), default=MergerState.ANNOUNCED.value)
    passed: Mapped[dict[str, Any]] = mapped_column(default_factory=dict)

    @classmethod
    def announced(cls, merger_id: str, order: MergeDivisions) -> DivisionMerger:
        """A merger that will take effect on its day."""
        merger = cls(
            id=merger_id,
            division=order.division,
            basis=order.basis,
            effective=order.effective,
            moves=[move.dump() for move in order.moves],
        )
        merger.tell(
            MergerAnnounced(merger_id=merger_id, basis=order.basis, effective=order.effective)
        )
        return merger

    @property
    def territory_moves(self) -> tuple[TerritoryMove, ...]:
        """Its moves."""
        return tuple(TerritoryMove.load(move) for move in self.moves)

    def withdraw(self) -> None:
        """Take it back; raises `MergerNotAnnounced` once it is in force or taken back."""
        state = MergerState(self.state)
        if state is not MergerState.ANNOUNCED:
            in_force = state is MergerState.IN_FORCE
            raise MergerNotAnnounced(
                state_zh="生效" if in_force else "撤回",
                state_en="is in force" if in_force else "was taken back",
            )
        self.state = MergerState.WITHDRAWN.value
        self.tell(MergerWithdrawn(merger_id=self.id))

    def come_into_force(self) -> None:
        """Tell every service that the territory belongs to the successors from now on."""
        self.state = MergerState.IN_FORCE.value
        self.tell(
            DivisionsMerged(
                merger_id=self.id,
                division=self.division,
                effective=self.effective,
                moves=self.territory_moves,
            )
        )

    def note_passed(self, service: str, counts: Mapping[str, int]) -> None:
        """Keep what a service passed on, when it has finished."""
        self.passed = {**self.passed, service: dict(counts)}


class Passage(succession.Passage, Model, kw_only=True, eq=False):
    """How far people, enterprises, names and accounts have passed to successors."""

    __tablename__ = "passage"

    event = OpenWorkPassed


class Measure(measures.Measure, Model, kw_only=True, eq=False):
    """The leaf measures that this service owns."""

    __tablename__ = "measure"

    event = MeasureChanged
