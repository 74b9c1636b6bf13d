"""Second factors: enrolled, confirmed by a code, removed."""

from __future__ import annotations

from functools import partial

from services.identity_data import keys
from services.identity_data.domain.second_factor import (
    FactorState,
    WrongCode,
    otpauth_uri,
    secret_from,
    steps_of,
)
from services.identity_data.models import FailedSignIns, SecondFactor
from services.identity_data.qr import svg_of
from shared.clocks import machine_now
from shared.context import Context
from shared.contracts.identity_data import (
    ConfirmSecondFactor,
    EnrolSecondFactor,
    RemoveSecondFactor,
    SecondFactorOffered,
)
from shared.errors import InvalidInput
from shared.handling import handles


def show_secret(reply: SecondFactorOffered, context: Context) -> SecondFactorOffered:
    """The secret for the authenticator, while it is not confirmed; what is stored has none."""
    factor = context.unit.get(SecondFactor, reply.factor_id)
    if factor.state != FactorState.PENDING:
        return reply
    secret = keys.open_secret(factor.sealed, factor.id)
    uri = otpauth_uri(secret, factor.label)
    return SecondFactorOffered(factor_id=factor.id, secret=secret, uri=uri, qr=svg_of(uri))


@handles(EnrolSecondFactor, present=show_secret)
def enrol_second_factor(order: EnrolSecondFactor, context: Context) -> SecondFactorOffered:
    """Draw a secret for the caller; raises `SecondFactorInUse`."""
    holder = context.actor.id
    drawn = bytes.fromhex(context.new_id() + context.new_id())
    nonce = bytes.fromhex(context.new_id())
    sealed = keys.seal_secret(secret_from(drawn), holder, nonce)
    factor = context.unit.find(SecondFactor, holder) or context.unit.add(
        SecondFactor(id=holder, division=context.actor.division, label=order.label, sealed=sealed)
    )
    factor.enrol(order.label, sealed)
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
    failed = context.unit.find(FailedSignIns, factor.id)
    if failed is None or not failed.is_waiting(machine_now()):
        steps = _steps_of(factor, order.code)
        if factor.accepts(steps):
            return steps
        context.keep(partial(_count_failure, factor))
    raise WrongCode()


def _count_failure(factor: SecondFactor, context: Context) -> FailedSignIns:
    failed = context.unit.find(FailedSignIns, factor.id)
    if failed is None:
        failed = context.unit.add(FailedSignIns(id=factor.id, division=factor.division))
    failed.count(machine_now())
    return failed


@handles(RemoveSecondFactor, gather=check_code)
def remove_second_factor(factor: SecondFactor, order: RemoveSecondFactor, context: Context) -> None:
    """Ask for a code no more; the reason stands in the audit's digest of the order."""
    if context.facts is not None:
        factor.use(context.facts)
    factor.remove(lost=factor.principal != context.actor.id)
