"""The second factor of a sign-in: a code that an authenticator shows (RFC 6238)."""

from __future__ import annotations

from typing import Annotated

from marshmallow import validate

from shared.contracts.base import Command, Contract, Done, Event, Label, Transition
from shared.contracts.fields import Identifier
from shared.contracts.identity_data.terms import OneTimeCode

FactorId = Annotated[Identifier, Label("绑定的主体", "the caller whose factor it is")]


class SecondFactorOffered(Contract):
    """What an authenticator needs, as text, as otpauth URI and as QR code; all are empty once the
    factor is confirmed."""

    factor_id: FactorId
    secret: Annotated[str, validate.Length(max=64), Label("密钥", "secret, base32")] = ""
    uri: Annotated[str, validate.Length(max=400)] = ""
    qr: Annotated[str, validate.Length(max=100_000), Label("二维码", "QR code, SVG")] = ""


class EnrolSecondFactor(Command[SecondFactorOffered], on="SecondFactor", zh="绑定动态口令"):
    """Draw a new secret for the caller, which counts from the first code on that confirms it.

    Raises `SecondFactorInUse` where one is confirmed already.
    """

    label: Annotated[
        str, validate.Length(min=1, max=60), Label("显示名称", "what the authenticator shows")
    ]


class SecondFactorEnrolled(Event, on="SecondFactor", key="factor_id", zh="动态口令待确认"):
    """A secret was drawn for the caller; signing in is as before until it is confirmed."""

    factor_id: Identifier


class ConfirmSecondFactor(Transition[Done], on="SecondFactor", key="factor_id", zh="确认动态口令"):
    """Show by a code that the authenticator has the secret; signing in needs a code from then on.

    Raises `SecondFactorNotPending`, `WrongCode`.
    """

    factor_id: FactorId
    code: OneTimeCode


class SecondFactorConfirmed(Event, on="SecondFactor", key="factor_id", zh="动态口令已启用"):
    """The caller signs in with a code from now on."""

    factor_id: Identifier


class RemoveSecondFactor(Transition[Done], on="SecondFactor", key="factor_id", zh="解除动态口令"):
    """Let signing in need no code any more: with a code, or, where the authenticator is lost, by an
    operator with a `reason`.

    A wrong code counts as a failed sign-in. Raises `SecondFactorNotInUse`, `WrongCode`.
    """

    factor_id: FactorId
    code: OneTimeCode | None = None
    reason: Annotated[
        str | None, validate.Length(min=4, max=200), Label("解除原因", "why an operator removes it")
    ] = None


class SecondFactorRemoved(Event, on="SecondFactor", key="factor_id", zh="动态口令已解除"):
    """The caller signs in by password alone again; `lost` where an operator removed it."""

    factor_id: Identifier
    lost: bool
