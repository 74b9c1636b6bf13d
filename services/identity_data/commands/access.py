"""Signing in, ending sessions, and moving the calendar."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from functools import partial

from services.identity_data import keys, passwords
from services.identity_data.domain import (
    PROVINCE,
    SessionEnded,
    WrongCredentials,
    WrongPassword,
    counted_as,
)
from services.identity_data.domain.posts import Standing, acting_under, require_held
from services.identity_data.domain.second_factor import WrongCode, steps_of
from services.identity_data.models import (
    Account,
    Agency,
    Calendar,
    FailedSignIns,
    SecondFactor,
    SignInSession,
)
from services.identity_data.reference.systems import scopes_of
from services.identity_data.registry import posts_held
from shared import metrics
from shared.clocks import machine_now
from shared.context import Context, Principal
from shared.contracts.identity_data import (
    MoveCalendar,
    RenewSession,
    ReplacePassword,
    RevokeSession,
    SignIn,
    TokenIssued,
)
from shared.handling import handles
from shared.security import tokens

REFUSED_AFTER = 0.5
"""Seconds after which a sign-in is refused at the earliest, so that neither reading nor counting
shows in the time; several times what a check of a password takes."""


@dataclass(frozen=True)
class Proven:
    """That the credentials are right: whether there are failures to forget, and of which time
    steps the code is; None where no code was needed."""

    failed_before: bool
    steps: list[int] | None


def check_credentials(order: SignIn, context: Context) -> Proven:
    """What was proven; raises `WrongCredentials` unless password and code are the account's and the
    account does not wait, before every answer, also one that was given before.

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
    holder = account.principal_id if account is not None else order.account
    steps = _steps_of(order.code, context.unit.find(SecondFactor, holder))
    is_proven = is_right and steps != []
    is_open = account is not None and account.closed_on is None
    if account is not None and is_open and is_proven and not (waits and account.is_guessable):
        return Proven(failed is not None and failed.failures > 0, steps)
    _refuse(order, context, "waiting" if waits else _fault_of(account, is_right))
    time.sleep(max(0.0, began + REFUSED_AFTER - time.monotonic()))
    raise WrongCredentials()


def _steps_of(code: str | None, factor: SecondFactor | None) -> list[int] | None:
    """The time steps of a code that the factor accepts, None where there is none in use."""
    if factor is None or not factor.is_in_use:
        return None
    steps = steps_of(keys.open_secret(factor.sealed, factor.id), code or "", machine_now())
    return steps if factor.accepts(steps) else []


def _fault_of(account: Account | None, is_right: bool) -> str:
    if account is None:
        return "unknown_account"
    if account.closed_on is not None:
        return "closed_account"
    return "wrong_code" if is_right else "wrong_password"


def check_present_password(order: ReplacePassword, context: Context) -> tuple[str, str]:
    """The hashes of the present password and of the new one; raises `WrongPassword` and counts it,
    because whoever found a session open could guess."""
    account = context.unit.get(Account, order.account)
    failed = context.unit.find(FailedSignIns, counted_as(account.id, known=True))
    waits = failed is not None and failed.is_waiting(machine_now())
    if not waits and passwords.matches(account.password_hash, order.password):
        return account.password_hash, passwords.hashed(order.new_password)
    if not waits:
        context.keep(partial(count_failure, order))
    raise WrongPassword()


@handles(ReplacePassword, gather=check_present_password)
def replace_password(account: Account, order: ReplacePassword, context: Context) -> None:
    """Take another password; raises `WrongPassword` where it was changed meanwhile."""
    present, new = context.facts
    account.replace_password(present, new)


def _refuse(order: SignIn, context: Context, outcome: str) -> None:
    metrics.SIGN_INS.labels(outcome).inc()
    # While it waits nothing is counted or written: otherwise strangers could prolong the wait, and
    # let the tables grow as fast as they ask.
    if outcome != "waiting":
        context.keep(partial(count_failure, order))


def count_failure(order: SignIn | ReplacePassword, context: Context) -> FailedSignIns:
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
    caller = _caller_in(session, account, context)
    token = tokens.issue(keys.signing_key("token"), caller, session.id, left)
    return TokenIssued(token=token, expires_at=session.expires_at)


def _caller_in(session: SignInSession, account: Account, context: Context) -> Principal:
    """The caller that the session's tokens describe: under an agency the agent, with nothing of
    its own but its id, as the person who granted it."""
    caller = replace(account.caller, assurance=session.assurance)
    if session.agency is None:
        if account.first_password:
            return replace(caller, division="", organ="", roles=())
        return replace(_under_posts(caller, session, context), scopes=scopes_of(caller))
    agency = context.unit.get(Agency, session.agency)
    return replace(
        caller,
        organ="",
        roles=(),
        person=agency.owner,
        agency=agency.id,
        scopes=tuple(agency.scope),
    )


def _under_posts(caller: Principal, session: SignInSession, context: Context) -> Principal:
    """The caller with the authority of the posts that it holds, if it is an official."""
    if caller.kind != "official":
        return caller
    # Read after the session was written: an end that is not seen here revokes the session.
    own = Standing(caller.division, caller.organ, caller.roles)
    standing = acting_under(posts_held(caller.id, context), session.post, own)
    return replace(caller, **asdict(standing))


@handles(SignIn, gather=check_credentials, present=token_of_session)
def sign_in(order: SignIn, context: Context) -> TokenIssued:
    """Open a session; `check_credentials` let only the account's holder come this far, and the
    guard of the factor's row refuses a code that was used meanwhile. Raises `PostNotHeld` for a
    post that is not the holder's today."""
    account = context.unit.get(Account, order.account)
    if order.post is not None:
        require_held(order.post, posts_held(account.principal_id, context))
    proven: Proven = context.facts
    if proven.failed_before:
        context.unit.get(FailedSignIns, account.id).forget()
    if proven.steps is not None:
        _use(context.unit.get(SecondFactor, account.principal_id), proven.steps)
    assurance = 2 if proven.steps is not None or not account.is_guessable else 1
    return opened(account, context, assurance, post=order.post or "")


def _use(factor: SecondFactor, steps: list[int]) -> None:
    try:
        factor.use(steps)
    except WrongCode:
        raise WrongCredentials() from None


def opened(
    account: Account,
    context: Context,
    assurance: int,
    *,
    agency: str | None = None,
    post: str = "",
) -> TokenIssued:
    """A new session of the account, in the place of its token."""
    expires = (machine_now() + tokens.LIFETIME).replace(microsecond=0)
    session = context.unit.add(
        SignInSession.opened(context.new_id(), account, expires, assurance, agency, post)
    )
    return TokenIssued(token=session.id, expires_at=expires)


@handles(RenewSession, present=token_of_session)
def renew_session(session: SignInSession, order: RenewSession, context: Context) -> TokenIssued:
    """Another token in the same session; raises `SessionNotInForce` where it is over."""
    session.renew(machine_now())
    return TokenIssued(token=session.id, expires_at=session.expires_at)


@handles(RevokeSession)
def revoke_session(session: SignInSession, order: RevokeSession, context: Context) -> None:
    """End the session everywhere; raises `SessionNotInForce` where it is over already."""
    session.revoke(machine_now())


@handles(MoveCalendar)
def move_calendar(calendar: Calendar, order: MoveCalendar, context: Context) -> None:
    """Move the simulated calendar forward; raises `CalendarNotSimulated`, `CalendarGoesBack`."""
    calendar.move(order.instant, simulated=keys.is_calendar_simulated())
