"""Signing in, sessions, signing keys, and the simulated calendar."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

from marshmallow import validate

from shared.contracts.base import (
    Command,
    Contract,
    Done,
    Event,
    Label,
    Query,
    Secret,
    Transition,
)
from shared.contracts.fields import (
    DivisionCode,
    Identifier,
)
from shared.contracts.identity_data.terms import AccountName, OneTimeCode


class TokenIssued(Contract):
    """A signed token and when it ends (machine clock)."""

    token: Annotated[str, validate.Length(min=1, max=4096)]
    expires_at: datetime


class SignIn(Command[TokenIssued], on="Session", zh="登录"):
    """Open a session with an account's password and get a token of at most ten minutes.

    After five failures in a row an account waits a minute, doubling to an hour. An unknown
    account, a wrong password or code, and an account that waits get the same answer, in the same
    time. Whoever has a second factor signs in with its `code`, which is good once.
    """

    account: AccountName
    password: Annotated[str, validate.Length(min=1, max=200), Secret(), Label("密码", "password")]
    post: Annotated[
        Identifier | None,
        Label("履职职位", "the post to act under, for officials; else the first of `MyPosts`"),
    ] = None
    code: OneTimeCode | None = None


class SessionOpened(Event, on="Session", key="session_id", zh="会话已建立"):
    """An account signed in, as surely as `assurance` says: 1 by a password, 2 by more. Under an
    `agency` it acts for another."""

    session_id: Identifier
    account: AccountName
    expires_at: datetime
    assurance: int = 1
    agency: Identifier | None = None


class SignInsSuspended(Event, on="FailedSignIns", key="account", zh="登录已暂停"):
    """So many sign-ins in a row failed that the account waits `until` (machine clock).

    Names that no account has share groups, `UNKNOWN-` and a number, so that nothing tells what was
    typed in the place of a name.
    """

    account: Identifier
    failures: int
    until: datetime


class Session(Contract):
    """A session in force: its tokens end with it at the latest (machine clock)."""

    session_id: Identifier
    version: int
    account: AccountName
    expires_at: datetime
    assurance: Annotated[int, Label("认证强度", "1 by a password, 2 by more")] = 1
    agency: Annotated[Identifier | None, Label("委托代理", "if it acts for another")] = None


class SessionList(Contract):
    """Sessions in force, the one that ends last first."""

    sessions: tuple[Session, ...]


class MySessions(Query[SessionList], on="Session", zh="我的会话"):
    """The caller's own sessions in force, to see whether somebody else has signed in too."""


class SessionsOfAccount(Query[SessionList], on="Session", zh="查询账号会话"):
    """The sessions in force of one account, for operators."""

    account: AccountName


class RevokeSession(Transition[Done], on="Session", key="session_id", zh="撤销会话"):
    """End a session before its time: every service refuses its tokens within two seconds."""

    session_id: Identifier


class SessionRevoked(Event, on="Session", key="session_id", zh="会话已撤销"):
    """No token of the session is to be accepted any more; all have expired by `until`."""

    session_id: Identifier
    until: datetime


class RenewSession(Transition[TokenIssued], on="Session", key="session_id", zh="续期会话"):
    """Get a token of ten more minutes in one's own session, before the present one ends, for eight
    hours at most. What was appointed or ended meanwhile shows in it. A session
    under an agency is not renewed: its agent acts anew."""

    session_id: Identifier


class SessionRenewed(Event, on="Session", key="session_id", zh="会话已续期"):
    """Its tokens are good until then."""

    session_id: Identifier
    expires_at: datetime


class FirstPassword(Contract):
    """The password of a new account; empty when the order is repeated, because it is kept
    nowhere."""

    account: AccountName
    password: Annotated[
        str, validate.Length(max=200), Secret(), Label("初始密码", "first password")
    ] = ""


class OpenAccount(Command[FirstPassword], on="Account", zh="开立账号"):
    """Open an account for an official of the division. It has no authority before its holder is
    appointed to a post."""

    account: AccountName
    division: DivisionCode


class AccountOpened(Event, on="Account", key="account", zh="账号已开立"):
    """An official can sign in."""

    account: AccountName
    division: DivisionCode


class CloseAccount(Transition[Done], on="Account", key="account", zh="注销账号"):
    """Close the account of an official who holds no post; nobody signs in with it any more."""

    account: AccountName


class ReplacePassword(Transition[Done], on="Account", key="account", zh="修改密码"):
    """Give one's own account another password, of twelve characters at least; every session of the
    account ends. A wrong `password` counts as a failed sign-in. An official whose account somebody
    else opened has no authority before."""

    account: AccountName
    password: Annotated[
        str, validate.Length(min=1, max=200), Secret(), Label("现用密码", "present password")
    ]
    new_password: Annotated[
        str, validate.Length(min=12, max=200), Secret(), Label("新密码", "new password")
    ]


class PasswordReplaced(Event, on="Account", key="account", zh="密码已修改"):
    """Every session of the account is revoked after it."""

    account: AccountName
    principal: Identifier


class AccountClosed(Event, on="Account", key="account", zh="账号已注销"):
    """Every session of the account is revoked after it."""

    account: AccountName
    principal: Identifier


class SigningKeyPublished(Event, on="SigningKey", key="kid", zh="签名公钥已发布"):
    """A public key (RFC 7517) that signs tokens or licences from `valid_from` on; told again with
    `valid_to` when another takes its place."""

    kid: Identifier
    jwk: Mapping[str, object]
    purpose: Literal["token", "licence"]
    valid_from: datetime
    valid_to: datetime | None = None


class MoveCalendar(Transition[Done], on="Calendar", key="calendar_id", zh="推进模拟日历"):
    """Move the simulated business calendar forward, everywhere; refused unless it is simulated."""

    calendar_id: Literal["calendar"] = "calendar"
    instant: datetime


class CalendarMoved(Event, on="Calendar", key="calendar_id", zh="模拟日历已推进"):
    """The simulated business calendar stands at this instant now."""

    calendar_id: str
    instant: datetime
