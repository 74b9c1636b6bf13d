"""Signing in, ending sessions, and moving the calendar."""

from __future__ import annotations

import time
from dataclasses import asdict, replace
from datetime import timedelta
from functools import partial

from services.identity_data import keys, passwords
from services.identity_data.domain import (
    PROVINCE,
    SessionEnded,
    WrongCredentials,
    counted_as,
)
from services.identity_data.domain.posts import Standing, acting_under, require_held
from services.identity_data.models import (
    Account,
    Calendar,
    FailedSignIns,
    SignInSession,
)
from services.identity_data.registry import posts_held
from shared import metrics
from shared.clocks import machine_now
from shared.context import Context
from shared.contracts.identity_data import (
    MoveCalendar,
    RevokeSession,
    SignIn,
    TokenIssued,
)
from shared.handling import handles
from shared.security import tokens

REFUSED_AFTER = 0.5
"""Seconds after which a sign-in is refused at the earliest, so that neither reading nor counting
shows in the time; several times what a check of a password takes."""


def check_password(order: SignIn, context: Context) -> bool:
    """Whether there are failures to forget; raises `WrongCredentials` unless the password is the
    account's and the account does not wait, before every answer, also one that was given before.

    Whether there is such an account, or it waits, shows neither in the answer nor in its time.
    """
    began = time.monotonic()
    account = context.unit.find(Account, order.account)
    expected = account.password_hash if account is not None else passwords.NOBODY
    is_right = passwords.matches(expected, order.password)
    # Read after the check, for which all take turns: others may have failed meanwhile.
    known = account is not None
    failed = context.unit.find(FailedSignIns, counted_as(order.account, known=known))
    waits = failed is not None and failed.is_waiting(machine_now())
    is_open = account is not None and account.closed_on is None
    if account is not None and is_open and is_right and not (waits and account.is_guessable):
        return failed is not None and failed.failures > 0
    _refuse(order, context, "waiting" if waits else _fault_of(account))
    time.sleep(max(0.0, began + REFUSED_AFTER - time.monotonic()))
    raise WrongCredentials()


def _fault_of(account: Account | None) -> str:
    if account is None:
        return "unknown_account"
    return "wrong_password" if account.closed_on is None else "closed_account"


def _refuse(order: SignIn, context: Context, outcome: str) -> None:
    metrics.SIGN_INS.labels(outcome).inc()
    # While it waits nothing is counted or written: otherwise strangers could prolong the wait, and
    # let the tables grow as fast as they ask.
    if outcome != "waiting":
        context.keep(partial(count_failure, order))


def count_failure(order: SignIn, context: Context) -> FailedSignIns:
    """Count one more failure of the account, or of the names that share a counter with this one."""
    account = context.unit.find(Account, order.account)
    key = counted_as(order.account, known=account is not None)
    failed = context.unit.find(FailedSignIns, key)
    if failed is None:
        division = PROVINCE if account is None else account.division
        failed = context.unit.add(FailedSignIns(id=key, division=division))
    failed.count(machine_now())
    return failed


def token_of_session(reply: TokenIssued, context: Context) -> TokenIssued:
    """Sign the session's token; what is stored names the session only.

    It lives as long as the session, so a repeated sign-in gives no longer access than the first.
    """
    session = context.unit.get(SignInSession, reply.token)
    account = context.unit.get(Account, session.account)
    left = session.expires_at - machine_now()
    if session.revoked_at is not None or left < timedelta(seconds=1):
        raise SessionEnded()
    metrics.SIGN_INS.labels("signed_in").inc()
    caller = account.principal
    if account.kind == "official":
        # Read after the session was written: an end that is not seen here revokes the session.
        own = Standing(caller.division, caller.organ, caller.roles)
        standing = acting_under(posts_held(caller.id, context), session.post, own)
        caller = replace(caller, **asdict(standing))
    token = tokens.issue(keys.signing_key("token"), caller, session.id, left)
    return TokenIssued(token=token, expires_at=session.expires_at)


@handles(SignIn, gather=check_password, present=token_of_session)
def sign_in(order: SignIn, context: Context) -> TokenIssued:
    """Open a session; `check_password` let only the account's holder come this far. Raises
    `PostNotHeld` for a post that is not the holder's today."""
    account = context.unit.get(Account, order.account)
    if order.post is not None:
        require_held(order.post, posts_held(account.principal_id, context))
    if context.facts:
        context.unit.get(FailedSignIns, account.id).forget()
    expires = (machine_now() + tokens.LIFETIME).replace(microsecond=0)
    session = context.unit.add(
        SignInSession.opened(context.new_id(), account, expires, order.post or "")
    )
    return TokenIssued(token=session.id, expires_at=expires)


@handles(RevokeSession)
def revoke_session(session: SignInSession, order: RevokeSession, context: Context) -> None:
    """End the session everywhere; raises `SessionNotInForce` where it is over already."""
    session.revoke(machine_now())


@handles(MoveCalendar)
def move_calendar(calendar: Calendar, order: MoveCalendar, context: Context) -> None:
    """Move the simulated calendar forward; raises `CalendarNotSimulated`, `CalendarGoesBack`."""
    calendar.move(order.instant, simulated=keys.is_calendar_simulated())
