"""Posts, appointments to them, and the accounts of officials, by administrators."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time

import sqlalchemy as sa

from services.identity_data import passwords
from services.identity_data.domain.posts import (
    OPEN,
    AccountHoldsPosts,
    AccountNameTaken,
    AppointmentKind,
    NotAppointable,
    PostStillHeld,
    SelfAppointment,
    Term,
    TermNotPossible,
    is_grantable,
    require_grantable,
    require_possible,
    require_vacant,
)
from services.identity_data.models import Account, Appointment, Organ, Post
from services.identity_data.models.posts import exercised_by
from services.identity_data.registry import in_force_today, is_in_force
from shared.clocks import CHINA
from shared.context import Context
from shared.contracts.identity_data import (
    AbolishPost,
    Appointed,
    AppointOfficial,
    CloseAccount,
    EndAppointment,
    EstablishPost,
    FirstPassword,
    OpenAccount,
)
from shared.divisions import contains
from shared.errors import InvalidInput, NotAllowed
from shared.handling import handles, on_timer

# Of timers that are due at the same instant the one whose name is first fires first: a post is
# free before the next holder begins.
ENDS = "appointment_ends"
BEGINS = "appointment_takes_effect"


# Posts


@handles(EstablishPost)
def establish_post(order: EstablishPost, context: Context) -> Post:
    """Establish a post; raises `InvalidInput` for an organ that is not of the division or is no
    more, `RoleNotGrantable`."""
    organ = context.unit.get(Organ, order.organ)
    if organ.division != order.division or not is_in_force(organ, context.today):
        raise InvalidInput(fields={"organ": ["Not an organ of this division today."]})
    require_grantable(
        order.roles, organ.kind, division=organ.division, within=context.actor.division
    )
    post = Post(
        id=f"post-{context.new_id()}",
        division=organ.division,
        organ=organ.id,
        title=order.title,
        roles=sorted(set(order.roles)),
    )
    post.establish()
    return post


@handles(AbolishPost)
def abolish_post(post: Post, order: AbolishPost, context: Context) -> None:
    """Abolish a post; raises `PostWasAbolished`, `PostStillHeld`, `RoleNotGrantable`."""
    _require_authority_over(post, context)
    if _open_appointments(post, context):
        raise PostStillHeld(title=post.title)
    post.abolish()


def _require_authority_over(post: Post, context: Context) -> None:
    """What an administrator could not give it can neither pass from one to another nor take away;
    raises `RoleNotGrantable`."""
    organ = context.unit.get(Organ, post.organ)
    require_grantable(post.roles, organ.kind, division=post.division, within=context.actor.division)


def _open_appointments(post: Post, context: Context) -> Sequence[Appointment]:
    return context.unit.find_all(
        Appointment, Appointment.post == post.id, Appointment.state.in_(OPEN)
    )


# Appointments


@handles(AppointOfficial)
def appoint_official(post: Post, order: AppointOfficial, context: Context) -> Appointed:
    """Appoint an official, at once or from a later day on.

    Raises `PostWasAbolished`, `RoleNotGrantable`, `NotAppointable`, `SelfAppointment`, `NotAllowed`
    for an official of another division, `TermNotPossible`, `PostNotVacant`.
    """
    post.require_established()
    _require_authority_over(post, context)
    holder = _appointable(order, context)
    term = Term(AppointmentKind(order.kind), order.valid_from or context.today, order.valid_to)
    require_possible(term, context.today)
    others = _open_appointments(post, context)
    require_vacant(term, (one.term for one in others), post.title, absent=order.holder_absent)
    appointment = context.unit.add(post.appoint(holder, term, order.basis))
    if term.valid_to is not None:
        context.unit.arm(ENDS, appointment.id, _beginning_of(term.valid_to), context)
    if term.valid_from > context.today:
        context.unit.arm(BEGINS, appointment.id, _beginning_of(term.valid_from), context)
    else:
        _begin(appointment, post, others, context)
    return Appointed(appointment_id=appointment.id)


def _appointable(order: AppointOfficial, context: Context) -> str:
    """The principal of the account, if the caller may appoint it."""
    account = context.unit.find(Account, order.account)
    # One that is not there is refused like one elsewhere: nobody learns of it so.
    if account is None or not contains(context.actor.division, account.division):
        raise NotAllowed(action=order.ZH)
    if account.kind != "official" or account.closed_on is not None:
        raise NotAppointable(account=account.id)
    if account.is_of(context.actor):
        raise SelfAppointment()
    return account.principal_id


@handles(EndAppointment)
def end_appointment(appointment: Appointment, order: EndAppointment, context: Context) -> None:
    """End an appointment at once or on a later day, or withdraw one that has not begun; raises
    `RoleNotGrantable`, `TermNotPossible` for a day that is over, `AppointmentOver`."""
    post = context.unit.get(Post, appointment.post)
    _require_authority_over(post, context)
    day = order.valid_to or context.today
    if day < context.today:
        raise TermNotPossible()
    appointment.set_end(day, order)
    if appointment.is_in_force and day == context.today:
        context.unit.cancel(ENDS, appointment.id, context)
        _end(appointment, post, order.reason, context)
    elif appointment.state in OPEN:
        context.unit.arm(ENDS, appointment.id, _beginning_of(day), context)
    else:
        context.unit.cancel(BEGINS, appointment.id, context)
        context.unit.cancel(ENDS, appointment.id, context)


@on_timer(BEGINS)
def begin_appointment(appointment: Appointment, context: Context) -> None:
    """The first day has come."""
    post = context.unit.get(Post, appointment.post)
    _begin(appointment, post, _open_appointments(post, context), context)


@on_timer(ENDS)
def end_term(appointment: Appointment, context: Context) -> None:
    """The last day is over."""
    if appointment.is_in_force:
        post = context.unit.get(Post, appointment.post)
        _end(appointment, post, "term_over", context)


def _begin(
    appointment: Appointment, post: Post, others: Sequence[Appointment], context: Context
) -> None:
    """Let it be in force; who acted until a holder came acts no more."""
    former = post.holder
    appointment.begin()
    for other in others:
        if other.is_in_force and other.is_acting and not appointment.is_acting:
            context.unit.cancel(ENDS, other.id, context)
            other.end(context.today, "holder_began")
    post.change_hands(former, exercised_by((*others, appointment)))


def _end(appointment: Appointment, post: Post, reason: str, context: Context) -> None:
    appointment.end(context.today, reason)
    # The very records that this unit has changed, so the one that ended is none of them any more.
    post.change_hands(appointment.holder, exercised_by(_open_appointments(post, context)))


def _beginning_of(day: date) -> datetime:
    return datetime.combine(day, time(), CHINA)


# Accounts of officials


def draw_password(order: OpenAccount, context: Context) -> tuple[str, str]:
    """A new password and its hash, made before the transaction because hashing takes long."""
    password = context.new_id()
    return password, passwords.hashed(password)


def show_password(reply: FirstPassword, context: Context) -> FirstPassword:
    """Tell the password to whoever had the account opened, this once: it is stored nowhere, and a
    repeat of the order has drawn another one."""
    password, hashed = context.facts or ("", "")
    # What is committed: this unit may hold an account that was not written.
    rows = context.unit.rows(
        sa.select(Account.id).where(Account.id == reply.account, Account.password_hash == hashed)
    )
    return FirstPassword(account=reply.account, password=password) if rows else reply


def refuse_taken_name(order: OpenAccount, context: Context) -> AccountNameTaken | None:
    """The error where there is such an account."""
    known = context.unit.find(Account, order.account)
    return AccountNameTaken(account=order.account) if known is not None else None


@handles(OpenAccount, gather=draw_password, present=show_password, taken=refuse_taken_name)
def open_account(order: OpenAccount, context: Context) -> FirstPassword:
    """Open an account without any authority; raises `AccountNameTaken`, and `NotAllowed` where the
    division went into one that is not the caller's."""
    if order.account.startswith(("service.", "system.")):
        raise AccountNameTaken(account=order.account)
    division = in_force_today(order.division, context)
    if not contains(context.actor.division, division):
        raise NotAllowed(action=order.ZH)
    _, hashed = context.facts
    account = context.unit.add(Account.opened(order.account, division, hashed))
    return FirstPassword(account=account.id)


@handles(CloseAccount)
def close_account(account: Account, order: CloseAccount, context: Context) -> None:
    """Close the account of an official; raises `NotAllowed` for the own one and for one with
    authority that the caller could not give, `NotAppointable`, `AccountHoldsPosts`."""
    within = context.actor.division
    if account.is_of(context.actor) or not all(
        is_grantable(role, division=account.division, within=within) for role in account.roles
    ):
        raise NotAllowed(action=order.ZH)
    held = context.unit.find_all(
        Appointment, Appointment.holder == account.principal_id, Appointment.state.in_(OPEN)
    )
    if held:
        raise AccountHoldsPosts(account=account.id)
    account.close(context.today)
