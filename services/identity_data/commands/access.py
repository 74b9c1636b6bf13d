"""Signing in, ending sessions, and moving the calendar."""

from __future__ import annotations

from datetime import timedelta

from services.identity_data import keys, passwords
from services.identity_data.domain import (
    SessionEnded,
    WrongCredentials,
)
from services.identity_data.models import (
    Account,
    Calendar,
    SignInSession,
)
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


def check_password(order: SignIn, context: Context) -> None:
    """Raise `WrongCredentials` unless the password is the account's, in the same time whether
    there is such an account or not; before every answer, also one that was given before."""
    account = context.unit.find(Account, order.account)
    expected = account.password_hash if account is not None else passwords.NOBODY
    if not passwords.matches(expected, order.password) or account is None:
        raise WrongCredentials()


def token_of_session(reply: TokenIssued, context: Context) -> TokenIssued:
    """Sign the session's token; what is stored names the session only.

    It lives as long as the session, so a repeated sign-in gives no longer access than the first.
    """
    session = context.unit.get(SignInSession, reply.token)
    account = context.unit.get(Account, session.account)
    left = session.expires_at - machine_now()
    if session.revoked_at is not None or left < timedelta(seconds=1):
        raise SessionEnded()
    token = tokens.issue(keys.signing_key("token"), account.principal, session.id, left)
    return TokenIssued(token=token, expires_at=session.expires_at)


@handles(SignIn, gather=check_password, present=token_of_session)
def sign_in(order: SignIn, context: Context) -> TokenIssued:
    """Open a session; `check_password` let only the account's holder come this far."""
    account = context.unit.get(Account, order.account)
    expires = (machine_now() + tokens.LIFETIME).replace(microsecond=0)
    session = context.unit.add(SignInSession.opened(context.new_id(), account, expires))
    return TokenIssued(token=session.id, expires_at=expires)


@handles(RevokeSession)
def revoke_session(session: SignInSession, order: RevokeSession, context: Context) -> None:
    """End the session everywhere; raises `SessionNotInForce` where it is over already."""
    session.revoke(machine_now())


@handles(MoveCalendar)
def move_calendar(calendar: Calendar, order: MoveCalendar, context: Context) -> None:
    """Move the simulated calendar forward; raises `CalendarNotSimulated`, `CalendarGoesBack`."""
    calendar.move(order.instant, simulated=keys.is_calendar_simulated())
