"""The second factor of a sign-in: a code that an authenticator shows (RFC 6238)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from marshmallow import validate

from shared.contracts.base import Command, Contract, Done, Event, Label, Secret, Transition
from shared.contracts.fields import Identifier
from shared.contracts.identity_data.terms import AccountName, OneTimeCode

FactorId = Annotated[Identifier, Label("绑定的主体", "the caller whose factor it is")]


class EnrolmentCode(Contract):
    """A code with which the account's holder enrols a second factor, once, until then (machine
    clock). It is empty when the order is repeated, because it is kept nowhere."""

    account: AccountName
    expires_at: datetime
    code: Annotated[str, validate.Length(max=40), Secret(), Label("绑定码", "enrolment code")] = ""


class IssueEnrolmentCode(Transition[EnrolmentCode], on="Account", key="account", zh="发放绑定码"):
    """Draw a code, good once and for half an hour, to be handed over in person to the account's
    holder, whose identity is checked then. A code that was drawn before is good no more.

    Raises `SecondFactorInUse` where the holder has a second factor.
    """

    account: AccountName


class SecondFactorOffered(Contract):
    """What an authenticator needs, as text, as otpauth URI and as QR code; all are empty once the
    factor is confirmed."""

    factor_id: FactorId
    secret: Annotated[str, validate.Length(max=64), Label("密钥", "secret, base32")] = ""
    uri: Annotated[str, validate.Length(max=400)] = ""
    qr: Annotated[str, validate.Length(max=100_000), Label("二维码", "QR code, SVG")] = ""


class EnrolSecondFactor(Command[SecondFactorOffered], on="SecondFactor", zh="绑定动态口令"):
    """Draw a new secret for the caller, which counts from the first code on that confirms it.

    It needs the code of `IssueEnrolmentCode`, because whoever stole a password alone could enrol
    otherwise, or, where a factor is in use, a code of that, which is in use no more from then on.
    A wrong one counts as a failed sign-in. Raises `WrongEnrolmentCode`, `WrongCode`, and
    `SecondFactorInUse` where a factor is in use and no code of it is given.
    """

    label: Annotated[
        str, validate.Length(min=1, max=60), Label("显示名称", "what the authenticator shows")
    ]
    enrolment_code: Annotated[
        str | None,
        validate.Length(min=1, max=40),
        Secret(),
        Label("绑定码", "enrolment code, handed over in person"),
    ] = None
    code: OneTimeCode | None = None


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
