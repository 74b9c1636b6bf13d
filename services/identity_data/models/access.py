"""Accounts, sessions, signing keys, and the simulated calendar."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.identity_data.domain import (
    RENEWED_FOR,
    CalendarGoesBack,
    CalendarNotSimulated,
    SessionNotInForce,
    WrongPassword,
    wait_after,
)
from services.identity_data.domain.posts import NotAppointable
from services.identity_data.models.base import Model
from shared import storage
from shared.classification import CASE_FILE, L1, L2, L3, L4, OPERATION, PERMANENT
from shared.context import Principal
from shared.contracts.identity_data import (
    AccountClosed,
    AccountOpened,
    CalendarMoved,
    PasswordReplaced,
    SessionOpened,
    SessionRenewed,
    SessionRevoked,
    SigningKeyPublished,
    SignInsSuspended,
)
from shared.security import tokens


class Account(storage.Aggregate, Model, kw_only=True, eq=False):
    """Who may sign in, under its account name as id, and as whom; the password as Argon2id hash.

    `organ` and `roles` are the account's own; an official's further authority is that of the posts
    that it holds. Under a `first_password`, which whoever opened it knows, it has none at all.
    """

    __tablename__ = "account"
    retention = CASE_FILE

    password_hash: Mapped[str] = mapped_column(sa.String(200), info=L4)
    principal_id: Mapped[str] = mapped_column(sa.String(100), info=L2)
    kind: Mapped[str] = mapped_column(sa.String(20), info=L1)
    person: Mapped[str] = mapped_column(sa.String(64), index=True, default="", info=L3)
    organ: Mapped[str] = mapped_column(sa.String(64), default="", info=L2)
    roles: Mapped[list[str]] = mapped_column(default_factory=list, info=L2)
    closed_on: Mapped[date | None] = mapped_column(default=None, info=L2)
    first_password: Mapped[bool] = mapped_column(default=False, info=L2)

    @classmethod
    def opened(cls, name: str, division: str, password_hash: str) -> Account:
        """A new account of an official, without authority."""
        account = cls(
            id=name,
            division=division,
            password_hash=password_hash,
            principal_id=name,
            kind="official",
            first_password=True,
        )
        account.tell(AccountOpened(account=name, division=division))
        return account

    @property
    def principal(self) -> str:
        """The id of the caller that its tokens name, whose own the account is."""
        return self.principal_id

    def replace_password(self, present: str, new: str) -> None:
        """Have another password, both given as hashes; raises `WrongPassword` where the present one
        is another by now."""
        if present != self.password_hash:
            raise WrongPassword()
        self.password_hash = new
        self.first_password = False
        self.tell(PasswordReplaced(account=self.id, principal=self.principal_id), self.person)

    def close(self, day: date) -> None:
        """Let nobody sign in with it any more; raises `NotAppointable` for one that is closed, or
        of somebody who is no official."""
        if self.kind != "official" or self.closed_on is not None:
            raise NotAppointable(account=self.id)
        self.closed_on = day
        self.tell(AccountClosed(account=self.id, principal=self.principal_id))

    def is_of(self, caller: Principal) -> bool:
        """Whether it is the caller's, be it another account of the same person."""
        return caller.id == self.principal_id or (
            bool(self.person) and caller.person == self.person
        )

    def pass_to(self, division: str) -> None:
        """Belong to the successor of its division, and to the organ that took its organ over; the
        tokens issued from now on say so."""
        if self.organ.startswith(f"{self.division}-"):
            self.organ = division + self.organ.removeprefix(self.division)
        self.division = division

    @property
    def is_guessable(self) -> bool:
        """Whether a person chose or keeps its password. The secret of a service or system is drawn
        at random and never guessed, but anybody could stop it by failing in its name."""
        return self.kind not in ("service", "system")

    @property
    def caller(self) -> Principal:
        """Whom this account's tokens describe, without the posts that it holds."""
        return Principal(
            id=self.principal_id,
            kind=self.kind,
            division=self.division,
            organ=self.organ,
            roles=tuple(self.roles),
            person=self.person,
        )


class FailedSignIns(storage.Aggregate, Model, kw_only=True, eq=False):
    """How many sign-ins to an account failed in a row, and until when it waits (machine clock)."""

    __tablename__ = "failed_sign_ins"
    retention = OPERATION

    failures: Mapped[int] = mapped_column(default=0, info=L2)
    waits_until: Mapped[datetime | None] = mapped_column(default=None, info=L2)

    def is_waiting(self, now: datetime) -> bool:
        """Whether nobody gets in at that instant, whatever the password."""
        return self.waits_until is not None and now < self.waits_until

    def count(self, now: datetime) -> None:
        """One more; from the fifth on the account waits."""
        self.failures += 1
        if wait := wait_after(self.failures):
            self.waits_until = now + wait
            self.tell(
                SignInsSuspended(account=self.id, failures=self.failures, until=self.waits_until)
            )

    def forget(self) -> None:
        """The account's holder got in."""
        self.failures = 0
        self.waits_until = None


class SignInSession(storage.Aggregate, Model, kw_only=True, eq=False):
    """That an account signed in; its tokens end with it (machine clock).

    `principal` is the caller that the tokens name, whose own the session is; officials, operators
    and systems are no person, so `owner` does not say it of them.
    """

    __tablename__ = "sign_in_session"
    retention = CASE_FILE

    account: Mapped[str] = mapped_column(sa.String(100), index=True, info=L2)
    owner: Mapped[str] = mapped_column(sa.String(64), default="", info=L3)
    expires_at: Mapped[datetime] = mapped_column(info=L1)
    principal: Mapped[str] = mapped_column(sa.String(100), default="", index=True, info=L2)
    revoked_at: Mapped[datetime | None] = mapped_column(default=None, info=L1)
    post: Mapped[str] = mapped_column(sa.String(64), default="", info=L2)
    assurance: Mapped[int] = mapped_column(default=1, info=L1)
    agency: Mapped[str | None] = mapped_column(sa.String(64), index=True, default=None, info=L2)
    ends_at: Mapped[datetime | None] = mapped_column(default=None, info=L1)

    @classmethod
    def opened(
        cls,
        session_id: str,
        account: Account,
        expires_at: datetime,
        assurance: int,
        agency: str | None = None,
        post: str = "",
    ) -> SignInSession:
        """A new session of the account, for itself or under an agency, and under that post where
        one was chosen; only its own can be renewed."""
        session = cls(
            id=session_id,
            division=account.division,
            account=account.id,
            owner=account.person,
            expires_at=expires_at,
            principal=account.principal_id,
            post=post,
            assurance=assurance,
            agency=agency,
            ends_at=None if agency else expires_at + RENEWED_FOR,
        )
        session.tell(
            SessionOpened(
                session_id=session_id,
                account=account.id,
                expires_at=expires_at,
                assurance=assurance,
                agency=agency,
            ),
            account.person,
        )
        return session

    def is_in_force(self, now: datetime) -> bool:
        """Whether its tokens are good at that instant."""
        return self.revoked_at is None and now < self.expires_at

    def renew(self, now: datetime) -> None:
        """Be good for a token's life more, to the end of the session at most; raises
        `SessionNotInForce` where that is over, and for one that is not renewed."""
        if not self.is_in_force(now) or self.ends_at is None or self.ends_at <= self.expires_at:
            raise SessionNotInForce()
        until = (now + tokens.LIFETIME).replace(microsecond=0)
        self.expires_at = min(until, self.ends_at)
        self.tell(SessionRenewed(session_id=self.id, expires_at=self.expires_at), self.owner)

    def revoke(self, now: datetime) -> None:
        """Let no service accept its tokens any more; raises `SessionNotInForce`."""
        if not self.is_in_force(now):
            raise SessionNotInForce()
        self.revoked_at = now
        self.tell(SessionRevoked(session_id=self.id, until=self.expires_at), self.owner)


class SigningKey(storage.Aggregate, Model, kw_only=True, eq=False):
    """The public part of a key of ours, its `kid` as id; the private part is no row anywhere."""

    __tablename__ = "signing_key"
    retention = PERMANENT

    jwk: Mapped[dict[str, Any]] = mapped_column(info=L1)
    purpose: Mapped[str] = mapped_column(sa.String(20), info=L1)
    valid_from: Mapped[datetime] = mapped_column(info=L1)
    valid_to: Mapped[datetime | None] = mapped_column(default=None, info=L1)

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

    def end(self, at: datetime) -> None:
        """Tell every service that nothing which this key signed is to be accepted from then on."""
        self.valid_to = at
        self.publish()


class Calendar(storage.Aggregate, Model, kw_only=True, eq=False):
    """The simulated business calendar; its only row is `calendar`, None until it is first moved."""

    __tablename__ = "calendar"
    retention = PERMANENT

    instant: Mapped[datetime | None] = mapped_column(default=None, info=L1)

    def move(self, instant: datetime, *, simulated: bool) -> None:
        """Stand at this instant, everywhere; raises `CalendarNotSimulated`, `CalendarGoesBack`."""
        if not simulated:
            raise CalendarNotSimulated()
        if self.instant is not None and instant < self.instant:
            raise CalendarGoesBack(stands=self.instant.isoformat())
        self.instant = instant
        self.tell(CalendarMoved(calendar_id=self.id, instant=instant))
