"""Second factors: enrolled with a code that is handed over in person, confirmed, removed."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import sqlalchemy as sa

from services.identity_data import keys
from services.identity_data.domain.second_factor import (
    ENROLMENT_WITHIN,
    FactorState,
    SecondFactorInUse,
    WrongCode,
    WrongEnrolmentCode,
    enrolment_code_from,
    enrolment_digest,
    otpauth_uri,
    secret_from,
    steps_of,
)
from services.identity_data.models import Account, FailedSignIns, SecondFactor
from services.identity_data.qr import svg_of
from shared.clocks import machine_now
from shared.context import Context
from shared.contracts.identity_data import (
    ConfirmSecondFactor,
    EnrolmentCode,
    EnrolSecondFactor,
    IssueEnrolmentCode,
    RemoveSecondFactor,
    SecondFactorOffered,
)
from shared.errors import InvalidInput, NotAllowed
from shared.handling import handles


def draw_enrolment_code(order: IssueEnrolmentCode, context: Context) -> str:
    """A new code, drawn before the transaction so that it can be told after it."""
    return enrolment_code_from(bytes.fromhex(context.new_id()))


def show_enrolment_code(reply: EnrolmentCode, context: Context) -> EnrolmentCode:
    """Tell the code to whoever hands it over, this once: it is stored nowhere, and a repeat of the
    order has drawn another one."""
    holder = context.unit.get(Account, reply.account).principal_id
    code = context.facts or ""
    # What is committed: this unit may hold a factor that was not written.
    rows = context.unit.rows(
        sa.select(SecondFactor.id).where(
            SecondFactor.id == holder,
            SecondFactor.invitation == enrolment_digest(holder, code),
        )
    )
    return replace(reply, code=code) if rows else reply


@handles(IssueEnrolmentCode, gather=draw_enrolment_code, present=show_enrolment_code)
def issue_enrolment_code(
    account: Account, order: IssueEnrolmentCode, context: Context
) -> EnrolmentCode:
    """Let the account's holder enrol; raises `SecondFactorInUse`, and `NotAllowed` for the own
    account and for one that no person signs in with."""
    if account.is_of(context.actor) or not account.is_guessable:
        raise NotAllowed(action=order.ZH)
    holder, now = account.principal_id, machine_now().replace(microsecond=0)
    factor = context.unit.find(SecondFactor, holder) or context.unit.add(
        SecondFactor(id=holder, division=account.division, label=account.id, sealed="")
    )
    factor.invite(enrolment_digest(holder, context.facts), now)
    return EnrolmentCode(account=account.id, expires_at=now + ENROLMENT_WITHIN)


def show_secret(reply: SecondFactorOffered, context: Context) -> SecondFactorOffered:
    """The secret for the authenticator, while it is not confirmed; what is stored has none."""
    factor = context.unit.get(SecondFactor, reply.factor_id)
    if factor.state != FactorState.PENDING:
        return reply
    secret = keys.open_secret(factor.sealed, factor.id)
    uri = otpauth_uri(secret, factor.label)
    return SecondFactorOffered(factor_id=factor.id, secret=secret, uri=uri, qr=svg_of(uri))


def check_right_to_enrol(order: EnrolSecondFactor, context: Context) -> list[int] | None:
    """The time steps of a right code of the factor in use; None where there is none and the
    enrolment code is right.

    Raises `SecondFactorInUse`, `WrongCode`, `WrongEnrolmentCode`, and counts a wrong code, because
    whoever has the password could guess.
    """
    factor = context.unit.find(SecondFactor, context.actor.id)
    if factor is not None and factor.is_in_use:
        if order.code is None:
            raise SecondFactorInUse()
        return _right_steps(factor, order.code, context)
    if order.enrolment_code is None:
        needed = "Give the code that an administrator or household registrar handed over."
        raise InvalidInput(fields={"enrolment_code": [needed]})
    if _waits(context.actor.id, context):
        raise WrongEnrolmentCode()
    try:
        _require_invited(factor, order)
    except WrongEnrolmentCode:
        context.keep(partial(_count_failure, context.actor.id, context.actor.division))
        raise
    return None


def _require_invited(factor: SecondFactor | None, order: EnrolSecondFactor) -> SecondFactor:
    if factor is None:
        raise WrongEnrolmentCode()
    digest = enrolment_digest(factor.id, order.enrolment_code or "")
    factor.require_invited(digest, machine_now())
    return factor


@handles(EnrolSecondFactor, gather=check_right_to_enrol, present=show_secret)
def enrol_second_factor(order: EnrolSecondFactor, context: Context) -> SecondFactorOffered:
    """Draw a secret for the caller; raises `WrongCode` and `WrongEnrolmentCode` for a code that was
    used meanwhile."""
    holder = context.actor.id
    if context.facts is None:
        factor = _require_invited(context.unit.find(SecondFactor, holder), order)
    else:
        factor = context.unit.get(SecondFactor, holder)
        factor.use(context.facts)
        factor.remove(lost=False)
    drawn = bytes.fromhex(context.new_id() + context.new_id())
    nonce = bytes.fromhex(context.new_id())
    factor.enrol(order.label, keys.seal_secret(secret_from(drawn), holder, nonce))
    return SecondFactorOffered(factor_id=holder)


def _steps_of(factor: SecondFactor, code: str) -> list[int]:
    return steps_of(keys.open_secret(factor.sealed, factor.id), code, machine_now())


@handles(ConfirmSecondFactor)
def confirm_second_factor(
    factor: SecondFactor, order: ConfirmSecondFactor, context: Context
) -> None:
    """Use the factor from now on."""
    factor.confirm(_steps_of(factor, order.code))


def check_code(order: RemoveSecondFactor, context: Context) -> list[int] | None:
    """The time steps of a right code, None for an operator who removes another's.

    Raises `WrongCode` and counts it, because whoever found a session open could guess.
    """
    factor = context.unit.find(SecondFactor, order.factor_id)
    if factor is None or not factor.is_in_use:
        return None
    if factor.principal != context.actor.id:
        if order.reason is None:
            raise InvalidInput(fields={"reason": ["Say why it is removed."]})
        return None
    if order.code is None:
        raise InvalidInput(fields={"code": ["Give a code of the authenticator."]})
    return _right_steps(factor, order.code, context)


def _right_steps(factor: SecondFactor, code: str, context: Context) -> list[int]:
    if not _waits(factor.id, context):
        steps = _steps_of(factor, code)
        if factor.accepts(steps):
            return steps
        context.keep(partial(_count_failure, factor.id, factor.division))
    raise WrongCode()


def _waits(holder: str, context: Context) -> bool:
    failed = context.unit.find(FailedSignIns, holder)
    return failed is not None and failed.is_waiting(machine_now())


def _count_failure(holder: str, division: str, context: Context) -> FailedSignIns:
    failed = context.unit.find(FailedSignIns, holder)
    if failed is None:
        failed = context.unit.add(FailedSignIns(id=holder, division=division))
    failed.count(machine_now())
    return failed


@handles(RemoveSecondFactor, gather=check_code)
def remove_second_factor(factor: SecondFactor, order: RemoveSecondFactor, context: Context) -> None:
    """Ask for a code no more; the reason stands in the audit's digest of the order."""
    if context.facts is not None:
        factor.use(context.facts)
    factor.remove(lost=factor.principal != context.actor.id)
